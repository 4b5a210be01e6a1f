//! Which files of a settings folder are looked at.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use edx_layout::Listing;
use tempfile::TempDir;

struct Host(TempDir);

impl Host {
    fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(host.etc()).unwrap();
        host
    }

    fn root(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn etc(&self) -> PathBuf {
        self.0.path().join("edx/etc")
    }

    fn write(&self, name: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "A: 1\n").unwrap();
    }

    /// The paths below the root.
    fn names(&self, paths: &[PathBuf]) -> Vec<String> {
        let root = self.root();
        paths
            .iter()
            .map(|path| path.strip_prefix(&root).or(path.strip_prefix(self.0.path())).unwrap_or(path))
            .map(|path| path.display().to_string())
            .collect()
    }

    fn listing(&self) -> Listing {
        Listing::of(&self.etc()).unwrap()
    }

    fn refused(&self) -> Vec<String> {
        let root = self.root().display().to_string();
        self.listing().refused.iter().map(|refused| refused.to_string().replace(&root, "ROOT")).collect()
    }
}

#[test]
fn yaml_files_hold_settings_and_others_are_only_scanned() {
    let host = Host::new();
    for name in
        ["studio.yml", "lms.yml", "extra.yaml", "notes.txt", "lms.yml.20220101~", ".lms.yml.swp", "sub/deep.yml"]
    {
        host.write(&format!("edx/etc/{name}"));
    }
    let listing = host.listing();
    assert_eq!(host.names(&listing.settings), ["edx/etc/extra.yaml", "edx/etc/lms.yml", "edx/etc/studio.yml"]);
    assert_eq!(host.names(&listing.others), ["edx/etc/.lms.yml.swp", "edx/etc/notes.txt", "edx/etc/sub/deep.yml"]);
}

#[test]
fn the_json_files_of_lms_and_studio_belong_to_edx_etc() {
    let host = Host::new();
    host.write("edx/etc/lms.yml");
    host.write("edx/app/edxapp/cms.env.json");
    host.write("edx/app/edxapp/cms.auth.json");
    assert_eq!(host.names(&host.listing().settings), ["edx/etc/lms.yml", "edx/app/edxapp/cms.env.json"]);
}

#[test]
fn a_link_within_the_folder_stands_for_its_file() {
    let host = Host::new();
    host.write("edx/etc/lms.yml");
    symlink("lms.yml", host.etc().join("cms.yml")).unwrap();
    assert_eq!(host.names(&host.listing().settings), ["edx/etc/lms.yml"]);
}

#[test]
fn a_link_that_leaves_the_folder_is_refused() {
    let host = Host::new();
    host.write("edx/etc/lms.yml");
    host.write("edx/app/server-vars.yml");
    symlink("../app/server-vars.yml", host.etc().join("server-vars.yml")).unwrap();
    symlink("nowhere", host.etc().join("gone.yml")).unwrap();
    assert_eq!(
        host.refused(),
        [
            "ROOT/edx/etc/gone.yml: it is a symbolic link that leads nowhere; remove it",
            "ROOT/edx/etc/server-vars.yml: it is a symbolic link to ROOT/edx/app/server-vars.yml, outside of ROOT/edx/etc; name that file in `files` if it is the one to edit",
        ]
    );
}

#[test]
fn links_to_folders_are_left_alone() {
    let host = Host::new();
    host.write("edx/etc/lms.yml");
    host.write("edx/app/playbooks/edxapp.yml");
    symlink("../app/playbooks", host.etc().join("playbooks")).unwrap();
    let listing = host.listing();
    assert_eq!(host.names(&listing.settings), ["edx/etc/lms.yml"]);
    assert!(listing.others.is_empty() && listing.refused.is_empty());
}

#[test]
fn a_pipe_is_ignored_in_a_folder_and_refused_by_name() {
    let host = Host::new();
    host.write("edx/etc/lms.yml");
    let pipe = host.etc().join("pipe.yml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut listing = host.listing();
    assert_eq!(host.names(&listing.ignored), ["edx/etc/pipe.yml"]);
    listing.add_named(&pipe);
    assert_eq!(listing.refused[0].to_string(), format!("{}: it is not a regular file", pipe.display()));
}

#[test]
fn a_file_by_name_must_exist() {
    let mut listing = Listing::default();
    listing.add_named(Path::new("/no/such/lms.yml"));
    assert_eq!(
        listing.refused[0].to_string(),
        "/no/such/lms.yml: it cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn a_folder_without_settings_says_what_was_expected() {
    let host = Host::new();
    let etc = host.etc();
    assert_eq!(
        Listing::of(&etc).unwrap_err().to_string(),
        format!("{} holds no settings file (*.yml); a native Open edX has its settings in /edx/etc", etc.display())
    );
    let missing = etc.join("missing");
    assert_eq!(
        Listing::of(&missing).unwrap_err().to_string(),
        format!(
            "{} cannot be read (No such file or directory (os error 2)); a native Open edX has its settings in /edx/etc",
            missing.display()
        )
    );
}
