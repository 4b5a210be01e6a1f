//! The document against the package's own start script: both see the same command line.
//!
//! The script is read from where the package installed it, and runs a recorder in memcached's
//! place. Skipped with a message where the package or Perl is missing, or without root, which the
//! script demands.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use memcached::conf::Document;
use memcached::{ExtraOption, Settings};

const SCRIPT: &str = "/usr/share/memcached/scripts/systemd-memcached-wrapper";

/// The arguments that the package's start script hands to memcached for this file.
fn arguments(configuration: &[u8]) -> Option<Vec<String>> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let Some(script) = fs::read_to_string(SCRIPT).ok().filter(|_| is_root) else {
        println!("skipped: needs root and {SCRIPT}");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let recorder = folder.path().join("recorder");
    fs::write(&recorder, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").unwrap();
    fs::set_permissions(&recorder, fs::Permissions::from_mode(0o755)).unwrap();
    let copy = folder.path().join("wrapper");
    let script = script.replace("/usr/bin/memcached", recorder.to_str().unwrap());
    fs::write(&copy, script).unwrap();
    let file = folder.path().join("memcached.conf");
    fs::write(&file, configuration).unwrap();
    let Ok(output) = Command::new("perl").args([copy.as_path(), Path::new(&file)]).output() else {
        println!("skipped: perl is not installed");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

fn settings() -> Settings {
    Settings {
        listen: vec!["10.0.0.5".parse().unwrap(), "::1".parse().unwrap()],
        memory_mb: 512,
        extra: ["-F", "-o hash_algorithm=murmur3,no_hashexpand", "-D /"]
            .map(|text| ExtraOption::parse(text).unwrap())
            .to_vec(),
        ..Settings::default()
    }
}

#[test]
fn the_start_script_hands_every_setting_of_a_fresh_file_to_memcached() {
    let document = Document::fresh(&settings()).unwrap();
    let Some(seen) = arguments(document.bytes()) else {
        return;
    };
    assert_eq!(
        seen.join(" "),
        "-P /var/run/memcached/memcached.pid -u memcache -l 10.0.0.5,::1 -p 11211 -U 0 -m 512 \
         -c 1024 -t 4 -I 1m -F -o hash_algorithm=murmur3,no_hashexpand -D /"
    );
}

#[test]
fn the_script_and_the_document_agree_on_what_counts() {
    for (file, counts) in [
        (&b"-m 64 # -m 1\n# -m 2\n#-m 3\n"[..], &["64"][..]),
        (b"  -m 64\r\n\t-m65\n\n-m 66", &["64", "65", "66"]),
        (b"-d -m 1\n-hm 2\nlogfile -m 3\n#\n##\n-m 64 ## -m 5\n", &["64"]),
        (b"# caf\xe9 -m 1\n-m 64#-m 2\n", &["64"]),
        (b"--memory-limit=64\n-vm 65 -F\n", &["64", "65"]),
    ] {
        let document = Document::parse(file).unwrap();
        assert_eq!(document.values('m'), counts);
        let Some(seen) = arguments(file) else {
            return;
        };
        // Read again, as one line: what the script hands over sets the same values.
        let handed = Document::parse(seen.join(" ")).unwrap();
        assert_eq!(handed.values('m'), counts, "{seen:?}");
    }
}

/// The holes for which a file is refused are real.
#[test]
fn what_the_document_refuses_would_reach_the_shell() {
    let Some(seen) = arguments(b"-m 64; echo injected\n") else {
        return;
    };
    assert_eq!(seen, ["-m", "64", "injected"]);
    assert_eq!(arguments(b"-m 64\nstray\n").unwrap(), ["-m", "64", "stray"]);
    assert_eq!(arguments(b"-m 64\n# see \\#5\n-p 1\n").unwrap(), ["-m", "64", "#5", "-p", "1"]);
    for refused in [&b"-m 64; echo injected\n"[..], b"-m 64\nstray\n", b"-m 64\n# see \\#5\n-p 1\n"] {
        assert!(Document::parse(refused).is_err());
    }
}
