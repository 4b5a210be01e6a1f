//! Completions and the man page.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use common::run;

fn page(arguments: &[&str]) -> String {
    let run = run(arguments);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    run.stdout
}

/// What bash offers for the last of these words.
fn offered(script: &Path, words: &[&str]) -> String {
    let line = format!(
        "source '{}' && COMP_WORDS=({}) && COMP_CWORD={} && _edx_verify edx_verify '{}' '{}' && \
         echo \"${{COMPREPLY[*]}}\"",
        script.display(),
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = Command::new("bash").args(["--norc", "-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn bash_completes_subcommands_and_their_options() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("edx_verify.bash");
    std::fs::write(&script, page(&["completions", "bash"])).unwrap();
    for (words, expected) in [
        (&["edx_verify", "st"][..], "status"),
        (&["edx_verify", "status", "--exp"], "--expect-remote --expect-ready"),
        (&["edx_verify", "memcached", "--vi"], "--via"),
        (&["edx_verify", "platform", "--login-p"], "--login-password-file"),
    ] {
        assert_eq!(offered(&script, words), expected, "{words:?}");
    }
}

#[test]
fn the_completions_of_other_shells_are_theirs() {
    for (shell, begins, holds) in
        [("zsh", "#compdef edx_verify\n", "--app-server="), ("fish", "# Print an optspec", "-l app-server")]
    {
        let script = page(&["completions", shell]);
        assert!(script.starts_with(begins) && script.contains(holds), "{shell}");
        if Path::new("/usr/bin").join(shell).exists() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("script");
            std::fs::write(&file, &script).unwrap();
            assert!(Command::new(shell).arg("-n").arg(&file).status().unwrap().success(), "{shell}");
        }
    }
}

const SUBCOMMANDS: [&str; 8] = ["status", "memcached", "redis", "platform", "exposure", "plan", "completions", "man"];

/// The options that a help text lists.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--"))).map(str::to_owned).collect()
}

#[test]
fn the_man_page_has_every_option_of_every_subcommand() {
    let man = page(&["man"]).replace("\\-", "-");
    for subcommand in SUBCOMMANDS {
        let help = page(&[subcommand, "--help"]);
        let options = options(&help);
        assert!(options.len() >= 8, "{help}");
        for option in options {
            assert!(man.contains(&format!("{option}\\fR")) || man.contains(&format!("{option} ")), "{option}");
        }
        assert!(man.contains(&format!(".SH \"{}\"", subcommand.to_uppercase())), "{subcommand}");
    }
}

#[test]
fn groff_has_nothing_to_say_of_the_man_page() {
    if !Path::new("/usr/bin/groff").exists() {
        println!("skipped: groff (package groff-base) is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("edx_verify.1");
    std::fs::write(&file, page(&["man"])).unwrap();
    let mut groff = Command::new("groff");
    let output = groff.args(["-man", "-ww", "-Tascii"]).arg(&file).stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("0 all is as it should be, 1 a check failed"), "{text}");
}
