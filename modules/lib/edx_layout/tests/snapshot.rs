//! A snapshot of a server's files, read here or brought from elsewhere.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use edx_layout::{FileError, MAX_FILE, ReadError, Release, Snapshot, ThisHost};
use tempfile::TempDir;

fn server(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("edx/etc")).unwrap();
    for (name, content) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

fn read(root: &TempDir, extra: &[PathBuf]) -> Snapshot {
    Snapshot::read(&root.path().join("edx/etc"), extra).unwrap()
}

fn names(snapshot: &Snapshot, root: &Path) -> Vec<String> {
    snapshot.files.iter().map(|file| file.path.strip_prefix(root).unwrap().display().to_string()).collect()
}

#[test]
fn the_folder_and_what_there_is_besides_it_are_read_each_once() {
    let root = server(&[
        ("edx/etc/lms.yml", "A: 1\n"),
        ("edx/etc/notes.txt", "no settings\n"),
        ("edx/app/edxapp/lms.auth.json", "{}"),
        ("edx/app/edxapp/lms.env.json", "{}"),
        ("edx/app/forum/forum_env", ""),
        ("edx/app/edx_ansible/server-vars.yml", "B: 2\n"),
        ("edx/app/edxapp/edx-platform/openedx/core/release.py", "RELEASE_LINE = \"ironwood\"\n"),
    ]);
    let snapshot = read(&root, &[root.path().join("edx/etc/lms.yml"), root.path().join("edx/etc/notes.txt")]);
    assert_eq!(
        names(&snapshot, root.path()),
        [
            "edx/etc/lms.yml",
            "edx/app/edxapp/lms.env.json",
            "edx/app/edxapp/lms.auth.json",
            "edx/app/forum/forum_env",
            "edx/etc/notes.txt"
        ]
    );
    assert_eq!(snapshot.files[0].content, Ok(b"A: 1\n".to_vec()));
    assert_eq!(snapshot.release, Some(Release::Ironwood));
    assert_eq!(snapshot.server_vars.unwrap().content, Ok(b"B: 2\n".to_vec()));
}

#[test]
fn a_folder_that_is_no_edx_etc_stands_alone() {
    let root = server(&[("copy/lms.yml", ""), ("app/forum/forum_env", "")]);
    let snapshot = Snapshot::read(&root.path().join("copy"), &[]).unwrap();
    assert_eq!(names(&snapshot, root.path()), ["copy/lms.yml"]);
    assert_eq!((snapshot.release, snapshot.server_vars), (None, None));
}

#[test]
fn a_link_out_of_the_folder_is_read_and_one_that_leads_nowhere_is_an_entry_with_the_reason() {
    let root = server(&[("elsewhere/lms.yml", "A: 1\n")]);
    let etc = root.path().join("edx/etc");
    symlink(root.path().join("elsewhere/lms.yml"), etc.join("lms.yml")).unwrap();
    symlink("gone.yml", etc.join("studio.yml")).unwrap();
    let snapshot = read(&root, &[]);
    assert_eq!(names(&snapshot, root.path()), ["edx/etc/lms.yml", "edx/etc/studio.yml"]);
    assert_eq!(snapshot.files[0].content, Ok(b"A: 1\n".to_vec()));
    let error = snapshot.files[1].content.clone().unwrap_err();
    assert_eq!(error.to_string(), "it is a symbolic link that leads nowhere; remove it");
}

#[test]
fn a_file_too_large_is_refused_with_its_size() {
    let root = server(&[("edx/etc/lms.yml", "")]);
    let path = root.path().join("edx/etc/lms.yml");
    fs::File::options().write(true).open(path).unwrap().set_len(MAX_FILE + 1).unwrap();
    let error = read(&root, &[]).files[0].content.clone().unwrap_err();
    assert_eq!(error, ReadError::TooLarge { size: MAX_FILE + 1 });
    assert_eq!(error.to_string(), "it has 16777217 bytes, more than any settings file (16777216); see what it is");
}

#[test]
fn an_extra_file_that_is_none_is_an_entry_with_the_reason() {
    let root = server(&[("edx/etc/lms.yml", "")]);
    let snapshot = read(&root, &[root.path().join("edx"), root.path().join("edx")]);
    assert_eq!(snapshot.files.len(), 2);
    assert_eq!(snapshot.files[1].content.clone().unwrap_err().to_string(), "it is not a regular file");
}

#[test]
fn files_alone_make_a_snapshot() {
    let root = server(&[("some.yml", "DATABASES: {default: {HOST: 10.0.0.5}}\n")]);
    let snapshot = Snapshot::read_files(&[root.path().join("some.yml")]);
    assert_eq!(snapshot.findings().settings[0].key, "DATABASES.default.HOST");
}

fn from_elsewhere(files: &[(&str, &str)], release: Option<Release>) -> Snapshot {
    let files = files.iter().map(|(path, content)| (PathBuf::from(path), Ok(content.as_bytes().to_vec()))).collect();
    Snapshot::of_files("/edx/etc", files, ThisHost::default(), release)
}

#[test]
fn what_came_from_another_host_is_sorted_by_its_paths() {
    let release = ("/edx/app/edxapp/edx-platform/openedx/core/release.py", "RELEASE_LINE = 'koa'\n");
    let files = [("/edx/etc/lms.yml", "{}"), ("/edx/app/edx_ansible/server-vars.yml", "A: 1"), release];
    let snapshot = from_elsewhere(&files, None);
    assert_eq!(snapshot.folder, Path::new("/edx/etc"));
    assert_eq!(names(&snapshot, Path::new("/")), ["edx/etc/lms.yml"]);
    assert_eq!(snapshot.server_vars.unwrap().path, Path::new("/edx/app/edx_ansible/server-vars.yml"));
    assert_eq!(snapshot.release, Some(Release::Koa));
    assert_eq!(from_elsewhere(&files, Some(Release::Maple)).release, Some(Release::Maple));
}

#[test]
fn what_to_bring_from_another_host_is_known() {
    let files = Snapshot::outside_files(Path::new("/edx/etc"));
    assert_eq!(files.len(), 10);
    assert_eq!(files[0], Path::new("/edx/app/edxapp/lms.env.json"));
    assert_eq!(files[4], Path::new("/edx/app/forum/forum_env"));
    assert_eq!(files[8], Path::new("/edx/app/edx_ansible/server-vars.yml"));
    assert_eq!(files[9], Path::new("/edx/app/edxapp/edx-platform/openedx/core/release.py"));
    assert_eq!(Snapshot::outside_files(Path::new("/srv/settings")), Vec::<PathBuf>::new());
}

#[test]
fn a_file_that_did_not_come_or_is_no_yaml_is_told_and_the_others_are_looked_at() {
    let files = vec![
        (PathBuf::from("/edx/etc/a.yml"), Err("permission denied".to_owned())),
        (PathBuf::from("/edx/etc/b.yml"), Ok(b"A: [1\n".to_vec())),
        (PathBuf::from("/edx/etc/c.yml"), Ok(b"BROKER_URL: redis://10.0.0.5\n".to_vec())),
        (PathBuf::from("/edx/etc/d.yml"), Ok(vec![b' '; usize::try_from(MAX_FILE).unwrap() + 1])),
    ];
    let findings = Snapshot::of_files("/edx/etc", files, ThisHost::default(), None).findings();
    let told: Vec<String> =
        findings.unreadable.iter().map(|(path, error)| format!("{}: {error}", path.display())).collect();
    assert_eq!(told[0], "/edx/etc/a.yml: permission denied");
    assert!(told[1].starts_with("/edx/etc/b.yml: line "), "{}", told[1]);
    assert!(matches!(findings.unreadable[1].1, FileError::Yaml(_)));
    assert!(told[2].starts_with("/edx/etc/d.yml: it has 16777217 bytes"), "{}", told[2]);
    assert_eq!(findings.settings.len(), 1);
}

#[test]
fn the_text_for_debugging_does_not_show_what_is_in_a_file() {
    let snapshot = from_elsewhere(&[("/edx/etc/lms.yml", "PASSWORD: hidden\n")], None);
    let text = format!("{snapshot:?}");
    assert!(text.contains("17 bytes") && !text.contains("hidden"), "{text}");
}

#[test]
fn the_bucket_of_a_class_in_env_json_stands_in_auth_json() {
    let env = ("/edx/app/edxapp/cms.env.json", r#"{"DEFAULT_FILE_STORAGE": "storages.backends.s3boto.S3BotoStorage"}"#);
    let auth = ("/edx/app/edxapp/cms.auth.json", r#"{"AWS_STORAGE_BUCKET_NAME": "media"}"#);
    assert_eq!(from_elsewhere(&[env, auth], None).findings().settings[0].places[0].shown, "media");
    let of_lms = ("/edx/app/edxapp/lms.auth.json", auth.1);
    let places = &from_elsewhere(&[env, of_lms], None).findings().settings[0].places;
    assert_eq!(places[0].shown, "storages.backends.s3boto.S3BotoStorage");
}
