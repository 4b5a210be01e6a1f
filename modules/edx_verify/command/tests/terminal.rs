//! What is different on a terminal: progress, colours, and a question.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{SECRET, binary, free_port, run};

/// The command on a terminal of its own, whose screen comes back; none where there is no script(1).
fn on_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let mut process = script(arguments, variables)?;
    drop(process.stdin.take());
    let mut screen = String::new();
    process.stdout.take().unwrap().read_to_string(&mut screen).unwrap();
    process.wait().unwrap();
    Some(screen)
}

fn script(arguments: &[&str], variables: &[(&str, &str)]) -> Option<std::process::Child> {
    if !Path::new("/usr/bin/script").exists() {
        println!("skipped: script (package bsdutils) is not installed");
        return None;
    }
    let quoted: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
    let line = format!("'{}' {}", binary().display(), quoted.join(" "));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR").env_remove("CLICOLOR");
    command.env_remove("EDX_VERIFY_LOGIN_PASSWORD").env_remove("CI").envs(variables.iter().copied());
    Some(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
}

fn nobody() -> String {
    format!("127.77.40.1:{}", free_port("127.77.40.1"))
}

const CLEAR: &str = "\r\x1b[2K";

#[test]
fn progress_is_shown_on_a_terminal_and_cleared_before_the_result() {
    let endpoint = nobody();
    let Some(screen) = on_terminal(&["memcached", &endpoint], &[]) else { return };
    let progress = screen.find(&format!("asking {endpoint}")).expect("progress is shown");
    let result = screen.find("memcached.address").unwrap();
    assert!(progress < result, "{screen:?}");
    let line = screen[..result].rfind(CLEAR).expect("it is cleared");
    assert!(!screen[line..].contains("asking"), "{screen:?}");

    let quiet = on_terminal(&["memcached", &endpoint, "--quiet"], &[]).unwrap();
    assert!(!quiet.contains("asking") && !quiet.contains(CLEAR), "{quiet:?}");
}

#[test]
fn words_have_colours_on_a_terminal_and_none_in_a_pipe_or_where_nobody_wants_them() {
    let endpoint = nobody();
    let asked = ["memcached", &endpoint, "--quiet"];
    let Some(screen) = on_terminal(&asked, &[]) else { return };
    for word in ["\x1b[32mok\x1b[0m       memcached.address", "\x1b[31mfailed\x1b[0m   memcached.reachable"] {
        assert!(screen.contains(word), "{screen:?}");
    }
    for plain in [on_terminal(&asked, &[("NO_COLOR", "1")]).unwrap(), run(&asked).stdout] {
        assert!(plain.contains("failed   memcached.reachable") && !plain.contains('\x1b'), "{plain:?}");
    }
}

/// Waits until the terminal below script(1) shows nothing of what is typed, which comes after the question.
fn wait_for_silence(script: u32) {
    for _ in 0..1000 {
        let children = std::fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
        let terminal = std::fs::read_link(format!("/proc/{}/fd/0", children.split(' ').next().unwrap())).unwrap();
        let settings = Command::new("stty").arg("-F").arg(terminal).arg("-a").output().unwrap();
        if String::from_utf8(settings.stdout).unwrap().contains(" -echo ") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the terminal still shows what is typed");
}

#[test]
fn a_password_is_asked_for_without_showing_it_and_without_progress_over_the_question() {
    let url = format!("http://{}", nobody());
    let Some(mut process) = script(&["platform", "--lms-url", &url, "--login-user", "staff@example.com"], &[]) else {
        return;
    };
    let (mut stdin, mut stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let mut screen = Vec::new();
    let mut byte = [0];
    while !screen.ends_with(b"Password of staff@example.com: ") {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "it ended: {}", String::from_utf8_lossy(&screen));
        screen.push(byte[0]);
    }
    assert_eq!(String::from_utf8_lossy(&screen), "Password of staff@example.com: ");
    wait_for_silence(process.id());
    stdin.write_all(format!("{SECRET}\n").as_bytes()).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    drop(stdin);
    process.wait().unwrap();
    assert!(rest.contains("Connection refused") && !rest.contains(SECRET), "{rest:?}");
}
