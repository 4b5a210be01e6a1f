//! Several files replaced together, or none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use file_set::{
    Attributes, FileSet, Label, Replacement, Selector, find_backup, parse_mode, probe, read, read_or_absent,
};
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (name, content) in files {
            fs::write(folder.path(name), content).unwrap();
            fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o640)).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn content(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn lock(&self) -> FileSet {
        FileSet::lock([self.path("any").as_path()], Duration::from_millis(100)).unwrap()
    }

    fn replacement(&self, name: &str, content: &str) -> Replacement {
        Replacement::new(read_or_absent(&self.path(name)).unwrap(), content.into())
    }
}

fn label(text: &str) -> Label {
    text.parse().unwrap()
}

#[test]
fn content_changes_and_owner_group_mode_and_extended_attributes_stay() {
    let folder = Folder::with(&[("lms.yml", "old")]);
    let path = folder.path("lms.yml");
    let has_attributes = xattr::set(&path, "user.note", b"by hand").is_ok();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&path, Some(33), Some(34)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let before = fs::metadata(&path).unwrap();

    folder.lock().commit(vec![folder.replacement("lms.yml", "new")], None).unwrap();

    let after = fs::metadata(&path).unwrap();
    assert_eq!(folder.content("lms.yml"), "new");
    assert_eq!((after.uid(), after.gid(), after.mode()), (before.uid(), before.gid(), before.mode()));
    if has_attributes {
        assert_eq!(xattr::get(&path, "user.note").unwrap().unwrap(), b"by hand");
    }
    assert_eq!(folder.names(), ["lms.yml"], "nothing else is left");
}

#[test]
fn a_backup_is_the_earlier_file_itself() {
    let folder = Folder::with(&[("lms.yml", "old")]);
    let before = fs::metadata(folder.path("lms.yml")).unwrap();
    let done = folder.lock().commit(vec![folder.replacement("lms.yml", "new")], Some(&label("first"))).unwrap();
    assert_eq!(done.backups, [folder.path("lms.yml.first~")]);
    let backup = fs::metadata(folder.path("lms.yml.first~")).unwrap();
    assert_eq!((backup.ino(), backup.mode(), backup.mtime()), (before.ino(), before.mode(), before.mtime()));
    assert_eq!(folder.content("lms.yml.first~"), "old");
}

#[test]
fn a_backup_is_never_overwritten_and_nothing_changes_then() {
    let folder = Folder::with(&[("cms.yml", "old"), ("lms.yml", "old"), ("lms.yml.first~", "precious")]);
    let replacements = vec![folder.replacement("cms.yml", "new"), folder.replacement("lms.yml", "new")];
    let error = folder.lock().commit(replacements, Some(&label("first"))).unwrap_err();
    let backup = folder.path("lms.yml.first~");
    assert_eq!(
        error.to_string(),
        format!("{}: this backup exists already; give another label; no file was changed", backup.display())
    );
    assert_eq!(folder.names(), ["cms.yml", "lms.yml", "lms.yml.first~"]);
    assert_eq!((folder.content("cms.yml"), folder.content("lms.yml.first~")), ("old".into(), "precious".into()));
}

#[test]
fn a_new_file_gets_the_attributes_asked_for_and_a_marker_says_that_it_was_not_there() {
    let folder = Folder::with(&[]);
    let replacement = folder
        .replacement("new.yml", "a: 1\n")
        .with(Attributes { mode: Some(parse_mode("0640").unwrap()), ..Attributes::default() });
    folder.lock().commit(vec![replacement], Some(&label("first"))).unwrap();
    assert_eq!(fs::metadata(folder.path("new.yml")).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(folder.names(), ["new.yml", "new.yml.first.absent~"]);
    assert!(find_backup(&folder.path("new.yml"), &Selector::Latest).unwrap().unwrap().absent);
}

#[test]
fn a_file_can_be_deleted_with_a_backup() {
    let folder = Folder::with(&[("old.yml", "old")]);
    let deletion = Replacement::deletion(read(&folder.path("old.yml")).unwrap());
    folder.lock().commit(vec![deletion], Some(&label("first"))).unwrap();
    assert_eq!(folder.names(), ["old.yml.first~"]);
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone_and_so_are_the_others() {
    let folder = Folder::with(&[("cms.yml", "old"), ("lms.yml", "old")]);
    let replacements = vec![folder.replacement("cms.yml", "new"), folder.replacement("lms.yml", "new")];
    fs::write(folder.path("lms.yml"), "by hand").unwrap();
    let error = folder.lock().commit(replacements, Some(&label("first"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: it changed while this run was at work; run this again; no file was changed",
            folder.path("lms.yml").display()
        )
    );
    assert_eq!((folder.content("cms.yml"), folder.content("lms.yml")), ("old".into(), "by hand".into()));
    assert_eq!(folder.names(), ["cms.yml", "lms.yml"]);
}

#[test]
fn a_failure_in_between_puts_the_earlier_files_back() {
    let folder = Folder::with(&[("cms.yml", "old")]);
    fs::create_dir(folder.path("sub")).unwrap();
    fs::write(folder.path("sub/lms.yml"), "old").unwrap();
    let before = fs::metadata(folder.path("cms.yml")).unwrap().ino();
    // A folder in the place of a file that was absent: found out by the rename only.
    let replacements = vec![folder.replacement("cms.yml", "new"), folder.replacement("xyz.yml", "new")];
    let files = folder.lock();
    let blocker = folder.path("xyz.yml");
    let error = commit_with_blocker(&files, replacements, &blocker);
    assert!(error.contains("xyz.yml"), "{error}");
    assert_eq!(folder.content("cms.yml"), "old");
    assert_eq!(fs::metadata(folder.path("cms.yml")).unwrap().ino(), before);
}

/// The check right before the renames already sees the folder; the renames themselves are put to the test with
/// faults injected by strace, in `edx_settings`.
fn commit_with_blocker(files: &FileSet, replacements: Vec<Replacement>, blocker: &Path) -> String {
    fs::create_dir(blocker).unwrap();
    files.commit(replacements, None).unwrap_err().to_string()
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let folder = Folder::with(&[
        ("lms.yml", "old"),
        (".lms.yml.edxops-0123456789abcdef", "half"),
        (".lms.yml.edxops-short", "not ours"),
        ("lms.yml.other~", "an earlier backup"),
    ]);
    fs::hard_link(folder.path("lms.yml"), folder.path("lms.yml.memcached-20261122T031500Z~")).unwrap();
    let _files = folder.lock();
    assert_eq!(folder.names(), [".lms.yml.edxops-short", "lms.yml", "lms.yml.other~"]);
}

#[test]
fn two_runs_do_not_work_in_one_folder() {
    let folder = Folder::with(&[]);
    let first = folder.lock();
    let error = FileSet::lock([folder.path("any").as_path()], Duration::from_millis(50)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: another run has held this folder for 0 s; wait until it ends, then run this again",
            folder.0.path().display()
        )
    );
    drop(first);
    folder.lock();
}

#[test]
fn the_newest_backup_is_found_by_label_prefix_or_time() {
    let folder = Folder::with(&[
        ("lms.yml", "now"),
        ("lms.yml.memcached-20261122T031500Z~", "1"),
        ("lms.yml.memcached-20261123T031500Z~", "2"),
        ("lms.yml.redis-20261124T031500Z~", "3"),
        ("lms.yml.orig", "not ours"),
    ]);
    let found = |selector: &str| {
        find_backup(&folder.path("lms.yml"), &selector.parse().unwrap()).unwrap().map(|backup| backup.label.to_string())
    };
    assert_eq!(found("latest").as_deref(), Some("redis-20261124T031500Z"));
    assert_eq!(found("memcached-*").as_deref(), Some("memcached-20261123T031500Z"));
    assert_eq!(found("memcached-20261122T031500Z").as_deref(), Some("memcached-20261122T031500Z"));
    assert_eq!(found("mysql-*"), None);
}

#[test]
fn a_link_in_the_folder_is_followed_and_one_that_leaves_it_is_refused() {
    let folder = Folder::with(&[("real.yml", "old")]);
    let elsewhere = Folder::with(&[("foreign.yml", "old")]);
    symlink("real.yml", folder.path("link.yml")).unwrap();
    symlink(elsewhere.path("foreign.yml"), folder.path("out.yml")).unwrap();
    folder.lock().commit(vec![folder.replacement("link.yml", "new")], None).unwrap();
    assert_eq!(folder.content("real.yml"), "new");
    assert!(fs::symlink_metadata(folder.path("link.yml")).unwrap().is_symlink());
    assert_eq!(
        read(&folder.path("out.yml")).unwrap_err().to_string(),
        format!(
            "{}: this symbolic link leads out of its folder, to {}; name that file itself if it is meant",
            folder.path("out.yml").display(),
            elsewhere.path("foreign.yml").canonicalize().unwrap().display()
        )
    );
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = Folder::with(&[]);
    let pipe = folder.path("pipe.yml");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    assert_eq!(
        read(&pipe).unwrap_err().to_string(),
        format!("{}: this is a named pipe, not a regular file", pipe.display())
    );
    assert_eq!(
        read(&folder.path("none.yml")).unwrap_err().to_string(),
        format!("{}: there is no such file", folder.path("none.yml").display())
    );
}

#[test]
fn a_label_that_would_be_no_file_name_is_refused() {
    for wrong in ["", "../x", "a b", ".hidden", "x.absent", &"x".repeat(65)] {
        assert_eq!(
            wrong.parse::<Label>().unwrap_err().to_string(),
            format!(
                "the backup label '{wrong}' is not allowed: it takes 1 to 64 letters, digits, dots, hyphens and \
                 underscores, a letter or digit first"
            )
        );
    }
}

#[test]
fn a_mode_is_octal() {
    assert_eq!(parse_mode("0640").unwrap(), 0o640);
    assert_eq!(parse_mode("0o640").unwrap(), 0o640);
    assert_eq!(
        parse_mode("0888").unwrap_err().to_string(),
        "the mode '0888' is not an octal number from 0 to 7777, such as 0640"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_found_without_writing() {
    // Root may write everywhere; the read-only file system is put to the test in Molecule.
    if !rustix::process::geteuid().is_root() {
        assert_eq!(
            probe([Path::new("/etc/hosts")]).unwrap_err().to_string(),
            "/etc: no permission to write in this folder; run this as root (become: true)"
        );
    }
    let folder = Folder::with(&[]);
    probe([folder.path("any").as_path()]).unwrap();
}
