//! The command line: what is refused, how the command ends, and what it prints.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use common::{Files, Run, SECRET, binary, command, command_in, free_port, hop, known, memcached, run, run_in, words};
use serde_json::json;
use sshd::Lab;

#[test]
fn a_wrong_command_line_ends_with_2_and_says_what_is_wrong() {
    for (arguments, says) in [
        (&["memcached", "127.77.20.1:9", "--timeout", "0"][..], "option 'timeout' must be 0.1 to 3600 seconds"),
        (&["platform"], "nothing to look at: give --heartbeats, or --lms-url and --login-user"),
        (
            &["status", "--expect-remote", "nope"],
            "expect_remote: \"nope\" is no data layer; these are: mysql, mongodb, memcached, redis, rabbitmq, \
             elasticsearch, files",
        ),
        (
            &["memcached", "127.77.20.1:9", "--app-server", "x@127.0.0.1:9,y@127.0.0.1:9"],
            "give one --app-server: this looks from one place",
        ),
        (
            &["memcached", "127.77.20.1:9", "--via", "x@127.0.0.1:9", "--identity", "/nope"],
            "--identity /nope: No such file or directory (os error 2)",
        ),
        (
            &["memcached", "127.77.20.1:9", "--via", "x@127.0.0.1:9", "--known-hosts", "/tmp"],
            "--known-hosts /tmp: it is not a regular file",
        ),
        (
            &["platform", "--heartbeats", "nope"],
            "heartbeats: \"nope\" is not an address of a page: write it in full, as in \
             http://127.0.0.1:8000/heartbeat",
        ),
    ] {
        run(arguments).assert_refused(2, says);
        let as_json = run(&[arguments, &["--json"]].concat());
        assert_eq!(as_json.status, Some(2));
        assert_eq!(as_json.json(), json!({"failed": true, "msg": says}));
    }
}

#[test]
fn what_the_command_line_alone_rules_out_is_told_with_a_way_to_help() {
    for (arguments, says) in [
        (&["statu"][..], "error: unrecognized subcommand 'statu'\n\n  tip: a similar subcommand exists: 'status'\n"),
        (&["plan", "x"], "error: invalid value 'x' for '<ACTIVE USERS>': invalid digit found in string\n"),
        (
            &["status", "--via", "ops:s3cret@bastion"],
            "error: invalid value 'ops:s3cret@bastion' for '--via <USER@HOST[:PORT]>': not a host to log in to: no \
             password can be given here: logins are made with keys\n",
        ),
        (
            &["platform", "--login-user", "a@b"],
            "error: the following required arguments were not provided:\n  --lms-url <URL>\n",
        ),
    ] {
        for arguments in [arguments.to_vec(), [arguments, &["--json"]].concat()] {
            let run = run(&arguments);
            assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
            assert!(run.stderr.starts_with(says), "{}", run.stderr);
            assert!(run.stderr.ends_with("For more information, try '--help'.\n"), "{}", run.stderr);
        }
    }
}

#[test]
fn memcached_is_asked_through_one_host_and_through_two() {
    let Some(lab) = Lab::new() else { return };
    let Some(cache) = memcached("127.77.21.1") else { return };
    let (first, second) = (known(&lab, "first", ""), known(&lab, "second", "LogLevel DEBUG1"));
    let one = run_in(&lab, &["memcached", &cache.endpoint, "--json", "--via", &hop(&first)]);
    assert_eq!((one.status, one.json()["failed"].clone()), (Some(0), json!(false)));
    let chain = format!("{},{}", hop(&first), hop(&second));
    let two = run_in(&lab, &["memcached", &cache.endpoint, "--json", "--via", &chain]);
    assert_eq!((two.status, two.json()["failed"].clone()), (Some(0), json!(false)));
    let (host, port) = cache.endpoint.split_once(':').unwrap();
    assert!(second.log().contains(&format!("target {host} port {port}")), "{}", second.log());

    let table = run_in(&lab, &["memcached", &cache.endpoint, "--via", &hop(&first)]);
    assert_eq!((table.status, table.stderr.as_str()), (Some(0), ""));
    let reachable = table.stdout.lines().find(|line| line.contains("memcached.reachable")).unwrap();
    assert!(reachable.starts_with("ok       ") && reachable.contains(&cache.endpoint), "{}", table.stdout);
    let gone = format!("127.77.21.2:{}", free_port("127.77.21.2"));
    let none = run_in(&lab, &["memcached", &gone, "--json", "--via", &hop(&first)]);
    assert_eq!(none.status, Some(1));
    assert!(none.stdout.contains("nothing listens at"), "{}", none.stdout);
}

#[test]
fn a_unix_socket_of_another_host_cannot_be_reached() {
    let Some(lab) = Lab::new() else { return };
    let sshd = known(&lab, "sshd", "");
    let run = run_in(&lab, &["memcached", "/run/cache.sock", "--json", "--via", &hop(&sshd)]);
    assert_eq!(run.status, Some(1));
    assert!(run.stdout.contains("the unix socket /run/cache.sock cannot be reached through SSH"), "{}", run.stdout);
}

/// A platform that says it is well, and nothing else.
fn healthy() -> u16 {
    let listener = TcpListener::bind(("127.77.22.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = request.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let body =
                r#"{"modulestore": {"status": true, "message": "OK"}, "sql": {"status": true, "message": "OK"}}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    port
}

#[test]
fn heartbeats_are_heard_through_a_host() {
    let Some(lab) = Lab::new() else { return };
    let sshd = known(&lab, "sshd", "LogLevel DEBUG1");
    let port = healthy();
    let url = format!("http://127.77.22.1:{port}/heartbeat");
    let run = run_in(&lab, &["platform", "--heartbeats", &url, "--json", "--via", &hop(&sshd)]);
    assert_eq!((run.status, run.json()["failed"].clone()), (Some(0), json!(false)), "{}", run.stdout);
    assert!(sshd.log().contains(&format!("target 127.77.22.1 port {port}")), "{}", sshd.log());
}

#[test]
fn data_ports_that_answer_are_found_through_a_host() {
    let Some(lab) = Lab::new() else { return };
    let sshd = known(&lab, "sshd", "");
    let Some(cache) = common::memcached_on("127.77.23.1", 11211) else { return };
    let run = run_in(&lab, &["exposure", "127.77.23.1", "--json", "--via", &hop(&sshd)]);
    let result = run.json();
    assert_eq!((run.status, result["checks"][0]["status"].clone()), (Some(1), json!("failed")), "{result}");
    assert_eq!(result["checks"][0]["subject"], json!("127.77.23.1:11211"));
    assert!(result["checks"][0]["seen"].as_str().unwrap().starts_with("memcached is open"), "{result}");
    drop(cache);
}

#[test]
fn a_plan_needs_no_server() {
    let table = run(&["plan", "20000", "--grades-code"]);
    assert_eq!((table.status, table.stderr.as_str()), (Some(0), ""));
    let result = run(&["plan", "20000", "--json"]).json();
    assert_eq!(result["plan"]["active_users"], json!(20000), "{result}");
}

#[test]
fn a_host_that_is_not_known_or_has_changed_is_refused() {
    let Some(lab) = Lab::new() else { return };
    fs::write(lab.known_hosts(), "").unwrap();
    let mut sshd = lab.sshd("sshd", &["ed25519"], "");
    let ask = |sshd: &sshd::Sshd| run_in(&lab, &["memcached", "127.77.24.1:9", "--via", &hop(sshd)]);
    let print = |sshd: &sshd::Sshd| sshd::fingerprint(&sshd.host_keys[0]);
    let (name, port, user, file) = (hop(&sshd), sshd.port, sshd::user(), lab.known_hosts().display().to_string());
    ask(&sshd).assert_refused(
        3,
        &format!(
            "ssh {name}: this host is not known: its ssh-ed25519 key has the fingerprint {}, which is not in {file}. \
             Check it with whoever runs the host, and connect once with 'ssh -p {port} {user}@127.0.0.1', or add the \
             line of 'ssh-keyscan -p {port} 127.0.0.1' to that file",
            print(&sshd)
        ),
    );
    lab.know(&sshd);
    sshd.change_keys();
    ask(&sshd).assert_refused(
        3,
        &format!(
            "ssh {name}: THE HOST'S KEY IS NOT THE KNOWN ONE. Somebody may be between you and it, or it was set up \
             anew. It shows a ssh-ed25519 key with the fingerprint {}; {file} line 1 says otherwise. Nothing was sent. \
             Only when whoever runs the host confirms the new fingerprint, remove that line",
            print(&sshd)
        ),
    );
}

#[test]
fn a_silent_bastion_is_left_in_time() {
    let Some(lab) = Lab::new() else { return };
    fs::write(lab.known_hosts(), "").unwrap();
    let silent = TcpListener::bind(("127.77.25.1", 0)).unwrap();
    let via = format!("ops@127.77.25.1:{}", silent.local_addr().unwrap().port());
    common::run_for(&lab, "1", &["memcached", "127.77.25.2:9", "--via", &via])
        .assert_refused(3, &format!("ssh {via}: no answer within 1s"));
}

/// What arguments a sign-in has, but for the password.
fn sign_in(url: &str) -> Vec<String> {
    ["platform", "--lms-url", url, "--login-user", "staff@example.com"].map(str::to_owned).into()
}

#[test]
fn a_password_comes_from_a_file_from_standard_input_or_from_the_environment_and_is_never_shown() {
    let gone = format!("http://127.77.26.1:{}", free_port("127.77.26.1"));
    let base = sign_in(&gone);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    let shown = file.display().to_string();
    for way in ["file", "-", "environment"] {
        let mut command = command(&words(&base));
        command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
        match way {
            "file" => drop(command.args(["--login-password-file", &shown])),
            "-" => drop(command.args(["--login-password-file", "-"]).stdin(Stdio::piped())),
            _ => drop(command.env("EDX_VERIFY_LOGIN_PASSWORD", SECRET)),
        }
        let mut process = command.spawn().unwrap();
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(format!("{SECRET}\n").as_bytes()).unwrap();
        }
        let run = Run::of(process.wait_with_output().unwrap());
        assert_eq!(run.status, Some(1), "{way}: {run:?}");
        assert!(run.stdout.contains("Connection refused"), "{way}: {}", run.stdout);
    }
}

#[test]
fn a_command_that_waits_for_its_password_has_no_more_on_its_command_line_than_was_typed() {
    let base = sign_in("http://127.77.27.1:9");
    let mut command = command(&words(&base));
    command.args(["--login-password-file", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let line = loop {
        let line = fs::read(format!("/proc/{}/cmdline", process.id())).unwrap();
        if line.starts_with(binary().as_os_str().as_encoded_bytes()) {
            break String::from_utf8(line).unwrap();
        }
    };
    process.kill().unwrap();
    process.wait().unwrap();
    let mut typed = vec![binary().display().to_string()];
    typed.extend(base);
    typed.extend(["--login-password-file", "-"].map(str::to_owned));
    assert_eq!(line.trim_end_matches('\0').split('\0').collect::<Vec<_>>(), typed);
}

#[test]
fn without_a_password_and_a_terminal_to_ask_at_it_says_where_to_give_it() {
    run(&words(&sign_in("http://127.77.28.1:9"))).assert_refused(
        3,
        "there is no terminal to ask for the password of staff@example.com: give it in --login-password-file, or in \
         the environment variable EDX_VERIFY_LOGIN_PASSWORD",
    );
    let with = |file: &str| {
        let mut base = sign_in("http://127.77.28.1:9");
        base.extend(["--login-password-file", file].map(str::to_owned));
        run(&words(&base))
    };
    with("/nope").assert_refused(3, "--login-password-file /nope: No such file or directory (os error 2)");
    with("/dev/zero")
        .assert_refused(3, "--login-password-file /dev/zero: it has more than 4096 bytes, which is no password");
}

#[test]
fn a_reader_that_leaves_changes_nothing_of_the_ending() {
    let files = Files::new("127.77.29.1:9", "127.77.29.2:9");
    let healthy = files.status(&["--no-connect"]);
    let failing = files.status(&["--no-connect", "--expect-ready"]);
    for (arguments, status) in [(words(&healthy), Some(0)), (words(&failing), Some(1)), (vec!["man"], Some(0))] {
        let mut process = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(process.stdout.take());
        let mut said = String::new();
        process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((process.wait().unwrap().code(), said.as_str()), (status, ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    for arguments in [&["plan", "5000"][..], &["man"], &["completions", "bash"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let run = Run::of(command(arguments).stdout(full).output().unwrap());
        run.assert_refused(3, "No space left on device (os error 28)");
    }
}

#[test]
fn a_look_that_is_ended_leaves_no_session_behind() {
    let Some(lab) = Lab::new() else { return };
    let sshd = known(&lab, "sshd", "");
    let silent = TcpListener::bind(("127.77.30.1", 0)).unwrap();
    let endpoint = format!("127.77.30.1:{}", silent.local_addr().unwrap().port());
    let mut look = command_in(&lab, &["memcached", &endpoint, "--timeout", "60", "--via", &hop(&sshd)]);
    let mut process = look.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // It is there once the server behind the host is connected to.
    let (_stream, _) = silent.accept().unwrap();
    // Not SIGINT, which a shell without job control has its background processes, these tests
    // among them, ignore.
    let terminate = std::process::Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(terminate.success());
    assert_eq!(process.wait().unwrap().code(), None, "the signal ends it");
    for _ in 0..1000 {
        if sshd.log().contains("Connection closed by 127.0.0.1") || sshd.log().contains("Closing connection") {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the session stays: {}", sshd.log());
}

#[test]
fn a_report_is_written_where_it_was_asked_for_and_the_reason_is_told_where_it_is_not() {
    let files = Files::new("127.77.31.1:9", "127.77.31.2:9");
    let page = files.shown("report.html");
    let run_of = |page: &str| run(&words(&files.status(&["--no-connect", "--report", page])));
    assert_eq!(run_of(&page).status, Some(0));
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.starts_with("<!") && !text.contains(SECRET), "{text}");
    let nowhere = files.shown("gone/report.html");
    run_of(&nowhere).assert_refused(3, &format!("--report {nowhere}: No such file or directory (os error 2)"));
}
