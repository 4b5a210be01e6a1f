//! `status` of application servers over SSH.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use common::{Files, free_port, hop, known, memcached, redis, run, run_for, run_in, words};
use serde_json::{Value, json};
use sshd::Lab;

/// What a server is known by, which is not the same from both sides.
const NAMES: [&str; 3] = ["host", "name", "addresses"];

/// The result without what differs between a look on the server and one over SSH.
fn without_names(result: &Value) -> Value {
    let mut result = result.clone();
    for status in result["statuses"].as_array_mut().unwrap() {
        for key in NAMES {
            status.as_object_mut().unwrap().remove(key);
        }
    }
    result
}

fn checks(result: &Value) -> Vec<[&'static str; 4]> {
    let text = |check: &Value, key: &str| &*check[key].as_str().unwrap().to_owned().leak();
    let checks = result["checks"].as_array().unwrap().iter();
    checks.map(|check| ["name", "subject", "status", "seen"].map(|key| text(check, key))).collect()
}

fn seen<'a>(result: &'a Value, name: &str, subject: &str) -> (&'a str, &'a str) {
    let found: Vec<&Value> = result["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["name"] == name && check["subject"] == subject)
        .collect();
    assert_eq!(found.len(), 1, "{name} {subject} in {result}");
    (found[0]["status"].as_str().unwrap(), found[0]["seen"].as_str().unwrap())
}

#[test]
fn a_look_through_three_hosts_says_what_a_look_on_the_server_says() {
    let Some(lab) = Lab::new() else { return };
    let (Some(cache), Some(queue)) = (memcached("127.77.1.1"), redis("127.77.1.2")) else { return };
    let files = Files::new(&cache.endpoint, &queue.endpoint);
    let before = files.listing();
    let bastion = known(&lab, "bastion", "LogLevel DEBUG1");
    let inner = known(&lab, "inner", "LogLevel DEBUG1");
    let server = known(&lab, "server", "LogLevel DEBUG1");
    let way = format!("{},{}", hop(&bastion), hop(&inner));
    let there = run_in(&lab, &words(&files.status(&["--json", "--via", &way, "--app-server", &hop(&server)])));
    let here = run(&words(&files.status(&["--json"])));
    let (there_json, here_json) = (there.json(), here.json());
    // Only the words for a server that does not answer are SSH's.
    let comparable = |result: &Value| -> Vec<[&'static str; 4]> {
        let words = |[name, subject, status, seen]: [&'static str; 4]| {
            [name, subject, status, if status == "failed" { "" } else { seen }]
        };
        checks(result).into_iter().map(words).collect()
    };
    assert_eq!(comparable(&there_json), comparable(&here_json));
    assert_eq!((there.status, there_json["statuses"][0]["host"].as_str()), (here.status, Some("127.0.0.1")));

    let layers = there_json["statuses"][0]["layers"].to_string();
    assert!(layers.contains(&cache.endpoint) && layers.contains(&queue.endpoint), "{layers}");
    // The application server made the connections; each host before it only the one to the next.
    let target = |endpoint: &str| {
        let (host, port) = endpoint.split_once(':').unwrap();
        format!("target {host} port {port}")
    };
    for (at, only) in [(&bastion, inner.port), (&inner, server.port)] {
        let (log, only) = (at.log(), target(&format!("127.0.0.1:{only}")));
        let mut asked = log.lines().filter(|line| line.contains("server_request_direct_tcpip")).peekable();
        assert!(asked.peek().is_some() && asked.all(|line| line.contains(&only)), "{log}");
    }
    for endpoint in [&cache.endpoint, &queue.endpoint] {
        assert!(server.log().contains(&target(endpoint)), "{}", server.log());
    }
    assert_eq!(files.listing(), before, "nothing was written");
}

#[test]
fn what_releases_render_is_seen_alike_from_both_sides() {
    let shared = std::env::var_os("EDXOPS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        std::path::PathBuf::from,
    );
    let renderings = shared.join("edx-etc");
    let Some(lab) = Lab::new() else { return };
    let server = known(&lab, "server", "");
    for release in ["ironwood", "maple"] {
        let root = tempfile::tempdir().unwrap();
        if !renderings.join(release).is_dir() {
            println!("skipped: {} is not there", renderings.join(release).display());
            return;
        }
        fs::create_dir(root.path().join("edx")).unwrap();
        for name in ["etc", "app"] {
            let (from, to) = (renderings.join(release).join(name), root.path().join("edx").join(name));
            assert!(Command::new("cp").arg("-r").args([&from, &to]).status().unwrap().success());
        }
        assert!(Command::new("chmod").args(["-R", "u+w"]).arg(root.path()).status().unwrap().success());
        let folder = root.path().join("edx/etc").display().to_string();
        let vars = renderings.join(release).join("server-vars.yml").display().to_string();
        let asked =
            ["status", "--json", "--no-connect", "--path", &folder, "--server-vars", &vars, "--release", release];
        let (here, there) = (run(&asked), run_in(&lab, &[&asked[..], &["--app-server", &hop(&server)]].concat()));
        assert_eq!(checks(&there.json()), checks(&here.json()), "{release}");
        assert_eq!(without_names(&there.json())["statuses"], without_names(&here.json())["statuses"], "{release}");
        assert!(!there.stdout.contains("pw-"), "a secret of {release} is shown");
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_a_failed_check_beside_others_and_the_error_where_it_is_alone() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.2.1:9", "127.77.2.2:9");
    let server = known(&lab, "server", "");
    let gone = format!("{}@127.0.0.1:{}", sshd::user(), free_port("127.0.0.1"));
    let words_of_gone = format!("ssh {gone}: cannot connect: Connection refused (os error 111)");

    let asked = files.status(&["--no-connect", "--app-server", &gone]);
    run_in(&lab, &words(&asked)).assert_refused(3, &words_of_gone);
    let asked = files.status(&["--no-connect", "--app-server", &gone, "--json"]);
    let alone = run_in(&lab, &words(&asked));
    assert_eq!(alone.status, Some(3));
    assert_eq!(alone.json(), json!({"failed": true, "msg": words_of_gone}));

    let both = format!("{},{gone}", hop(&server));
    let beside = run_in(&lab, &words(&files.status(&["--no-connect", "--json", "--app-server", &both])));
    let result = beside.json();
    assert_eq!(beside.status, Some(1));
    assert_eq!(seen(&result, "host.reachable", &gone), ("failed", words_of_gone.as_str()));
    let hosts: Vec<&str> =
        result["statuses"].as_array().unwrap().iter().map(|status| status["host"].as_str().unwrap()).collect();
    assert_eq!(hosts, ["127.0.0.1", gone.as_str()]);
    assert_eq!(result["readiness"]["ready"], json!(false));
    let table = run_in(&lab, &words(&files.status(&["--no-connect", "--app-server", &both])));
    assert_eq!((table.status, table.stderr.as_str()), (Some(1), ""));
    assert!(table.stdout.contains("host.reachable") && table.stdout.contains("memcached"), "{}", table.stdout);
}

#[test]
fn odd_files_are_told_as_on_the_server_itself_and_hide_nothing() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.3.1:9", "127.77.3.2:9");
    let server = known(&lab, "server", "");
    let at = |name: &str| files.path("edx/etc").join(name);
    symlink("gone", at("dangling.yml")).unwrap();
    symlink("lms.yml", at("a_link_that_sorts_first.yml")).unwrap();
    fs::hard_link(at("lms.yml"), at("ecommerce.yml")).unwrap();
    fs::write(files.path("outside.yml"), "CACHES: {}\n").unwrap();
    symlink(files.path("outside.yml"), at("xqueue.yml")).unwrap();
    fs::create_dir(at("y.yml")).unwrap();
    assert!(Command::new("mkfifo").arg(at("x.yml")).status().unwrap().success());
    fs::File::create(at("huge.yml")).unwrap().set_len(100 << 20).unwrap();
    files.write("edx/etc/with\nline.yml", "a: 1\n");
    files.write("edx/etc/-C.yml", "a: 1\n");
    files.write("edx/etc/.hidden.yml", "a: [\n");
    files.write("edx/etc/broken.yml", "a: [\n");

    let here = run(&words(&files.status(&["--no-connect", "--json"]))).json();
    let run = run_in(&lab, &words(&files.status(&["--no-connect", "--json", "--app-server", &hop(&server)])));
    let there = run.json();
    assert_eq!(run.status, Some(1));
    assert_eq!(checks(&there), checks(&here));
    let subject = |name: &str| files.shown(&format!("edx/etc/{name}"));
    assert_eq!(
        seen(&there, "edx_etc.readable", &subject("dangling.yml")),
        ("failed", "it is a symbolic link that leads nowhere; remove it")
    );
    assert_eq!(
        seen(&there, "edx_etc.readable", &subject("huge.yml")),
        ("failed", "it has 104857600 bytes, more than any settings file (16777216); see what it is")
    );
}

#[test]
fn without_settings_it_says_what_is_missing_and_where() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.4.1:9", "127.77.4.2:9");
    let server = known(&lab, "server", "");
    let name = hop(&server);
    let look = |folder: &str| run_in(&lab, &["status", "--path", folder, "--app-server", &name]);
    let native = "a native Open edX has its settings in /edx/etc";
    let gone = files.shown("gone");
    let run = look(&gone);
    assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
    let begins = format!("edx_verify: {name}: no settings file (*.yml) was read from {gone} (sh: ");
    assert!(run.stderr.starts_with(&begins) && run.stderr.ends_with(&format!("); {native}\n")), "{}", run.stderr);
    let empty = files.shown("edx/app");
    look(&empty).assert_refused(3, &format!("{name}: no settings file (*.yml) was read from {empty}; {native}"));
}

/// A folder with the tools of a server, but for those left out.
fn tools_without(lab: &Lab, absent: &[&str]) -> String {
    let folder = lab.file(&format!("without-{}", absent.join("-")));
    fs::create_dir(&folder).unwrap();
    for name in ["sh", "id", "uname", "hostname", "getent", "timeout", "stat", "readlink", "tar", "bash"] {
        if !absent.contains(&name) {
            let path = ["/usr/bin", "/bin"].map(|bin| std::path::Path::new(bin).join(name));
            symlink(path.iter().find(|path| path.exists()).unwrap(), folder.join(name)).unwrap();
        }
    }
    folder.display().to_string()
}

fn script(path: &std::path::Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn a_server_without_tar_is_told_in_its_own_words() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.5.1:9", "127.77.5.2:9");
    let server = with_tools(&lab, &tools_without(&lab, &["tar"]));
    let run = run_in(&lab, &words(&files.status(&["--app-server", &hop(&server)])));
    assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
    assert!(run.stderr.contains("tar: not found") || run.stderr.contains("tar: command not found"), "{}", run.stderr);
}

/// A server on which only these programs are found.
fn with_tools(lab: &Lab, tools: &str) -> sshd::Sshd {
    let run = lab.file("run");
    script(&run, &format!("PATH={tools}; export PATH; exec sh -c \"$SSH_ORIGINAL_COMMAND\""));
    known(lab, "server", &format!("ForceCommand {}", run.display()))
}

/// A server whose user is not root, as far as `id -u` tells, with this for sudo.
fn as_other(lab: &Lab, sudo: Option<&str>) -> sshd::Sshd {
    let tools = tools_without(lab, &["id"]);
    let folder = std::path::Path::new(&tools);
    script(&folder.join("id"), "echo 1000");
    if let Some(sudo) = sudo {
        script(&folder.join("sudo"), sudo);
    }
    with_tools(lab, &tools)
}

#[test]
fn who_is_not_root_reads_with_sudo() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.6.1:9", "127.77.6.2:9");
    let server = as_other(&lab, Some(r#"[ "$1" = -n ] && shift && echo sudo: a lecture >&2 && exec "$@""#));
    let there = run_in(&lab, &words(&files.status(&["--no-connect", "--json", "--app-server", &hop(&server)])));
    let here = run(&words(&files.status(&["--no-connect", "--json"])));
    assert_eq!(checks(&there.json()), checks(&here.json()));
}

/// A server with these scripts in the place of its tools.
fn with_fakes(lab: &Lab, fakes: &[(&str, &str)]) -> sshd::Sshd {
    let names: Vec<&str> = fakes.iter().map(|(name, _)| *name).collect();
    let tools = tools_without(lab, &names);
    for (name, text) in fakes {
        script(&std::path::Path::new(&tools).join(name), text);
    }
    with_tools(lab, &tools)
}

#[test]
fn a_server_that_does_not_tell_its_addresses_is_not_judged() {
    let files = Files::new("127.77.12.1:9", "127.77.12.2:9");
    let no_ip = ": ip: not found)";
    for (hostname, said) in [
        // Loopback alone, and nothing at all: the status says that all is well.
        ("echo 127.0.0.1 ::1", no_ip),
        ("exit 0", no_ip),
        ("echo 10.77.12.9; echo 'hostname: out of order' >&2; exit 1", " hostname: out of order)"),
    ] {
        let Some(lab) = Lab::new() else { return };
        let server = with_fakes(&lab, &[("hostname", hostname)]);
        let run = run_in(&lab, &words(&files.status(&["--no-connect", "--app-server", &hop(&server)])));
        assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
        let begins = format!(
            "edx_verify: {}: it does not tell its own addresses, without which a data server on it would count as one \
             elsewhere (",
            hop(&server)
        );
        let ends = format!(
            "{said}; see that 'ip -o addr show' or 'hostname -I' works for this user there and names an address \
             besides loopback\n"
        );
        assert!(run.stderr.starts_with(&begins) && run.stderr.ends_with(&ends), "{}", run.stderr);
    }
}

#[test]
fn a_server_that_has_only_one_of_ip_and_hostname_tells_its_addresses_by_that() {
    let files = Files::new("10.77.13.9:9", "10.77.13.8:9");
    let ip = "echo '1: lo    inet 127.0.0.1/8 scope host lo'\n\
        echo '2: eth0    inet 10.77.13.9/24 brd 10.77.13.255 scope global eth0'";
    for fakes in [[("ip", ip), ("hostname", "exit 1")], [("ip", "exit 1"), ("hostname", "echo 10.77.13.9")]] {
        let Some(lab) = Lab::new() else { return };
        let server = with_fakes(&lab, &fakes);
        let asked = files.status(&["--no-connect", "--json", "--app-server", &hop(&server)]);
        let result = run_in(&lab, &words(&asked)).json();
        assert_eq!(result["statuses"][0]["addresses"], json!(["10.77.13.9"]));
        // The cache is on that address, and so on this server.
        let (status, told) = seen(&result, "memcached.place", "memcached");
        assert!(status == "ok" && told.starts_with("on this server: 10.77.13.9:9 at "), "{told}");
        let (status, told) = seen(&result, "redis.place", "Redis");
        assert!(status == "ok" && told.starts_with("elsewhere: 10.77.13.8:9"), "{told}");
    }
}

#[test]
fn what_a_name_leads_to_is_asked_of_the_server_and_judged_as_there() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("cache.test:9", "queue.test:9");
    let getent = "case $1.$2 in\n\
        ahosts.cache.test) echo '10.77.14.9      STREAM cache.test'; echo '10.77.14.9      DGRAM';;\n\
        ahosts.queue.test) echo '10.77.14.1 STREAM queue.test'; echo '10.77.14.2 STREAM';;\n\
        *) exit 2;;\n\
        esac";
    let server = with_fakes(&lab, &[("getent", getent), ("hostname", "echo 10.77.14.9")]);
    let asked = files.status(&["--no-connect", "--json", "--app-server", &hop(&server)]);
    let result = run_in(&lab, &words(&asked)).json();
    let (status, told) = seen(&result, "memcached.place", "memcached");
    assert!(status == "ok" && told.starts_with("on this server: cache.test:9 at "), "{told}");
    let (status, told) = seen(&result, "redis.place", "Redis");
    assert!(status == "ok" && told.starts_with("elsewhere: queue.test:9"), "{told}");
    let private = ("ok", "a private address: 10.77.14.1, 10.77.14.2");
    assert_eq!(seen(&result, "redis.address", "queue.test:9"), private);
}

#[test]
fn a_name_that_leads_to_a_public_address_or_nowhere_is_not_connected_to() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("cache.test:9", "queue.test:9");
    let getent = |queue: &str| {
        format!("case $2 in\ncache.test) echo '203.0.113.9 STREAM cache.test';;\nqueue.test) {queue};;\nesac")
    };
    for (queue, told) in [
        ("exit 2", "this host does not resolve the name: SERVER knows no address of it"),
        ("exec /bin/sleep 60", "the name was not resolved within 5s"),
        (
            "exit 127",
            "this host does not resolve the name: on SERVER, 'timeout 9 getent ahosts NAME' ended with status 127, so no \
             name is known there",
        ),
    ] {
        let server = with_fakes(&lab, &[("getent", &getent(queue))]);
        let run = run_for(&lab, "5", &words(&files.status(&["--json", "--app-server", &hop(&server)])));
        let result = run.json();
        assert_eq!(seen(&result, "memcached.address", "cache.test:9"), ("failed", "a public address: 203.0.113.9"));
        assert_eq!(
            seen(&result, "memcached.answers", "cache.test:9"),
            ("skipped", "not asked, as its address is public")
        );
        let told = told.replace("SERVER", &hop(&server));
        assert_eq!(seen(&result, "redis.answers", "queue.test:9"), ("failed", told.as_str()));
        fs::remove_dir_all(lab.file("without-getent")).unwrap();
        assert!(!server.log().contains(".test port"), "{}", server.log());
    }
}

#[test]
fn a_sudo_that_wants_a_password_or_is_not_there_is_told_with_what_to_do() {
    let files = Files::new("127.77.7.1:9", "127.77.7.2:9");
    for (sudo, said) in [
        (Some("echo 'sudo: a password is required' >&2; exit 1"), "sudo: a password is required"),
        (None, "sudo: not found"),
    ] {
        let Some(lab) = Lab::new() else { return };
        let server = as_other(&lab, sudo);
        let run = run_in(&lab, &words(&files.status(&["--app-server", &hop(&server)])));
        assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
        let begins = format!(
            "edx_verify: {}: the settings belong to several users, and sudo does not let this one read them (",
            hop(&server)
        );
        let ends = format!("{said}); sign in as root, or let sudo work without a password (NOPASSWD)\n");
        assert!(run.stderr.starts_with(&begins) && run.stderr.ends_with(&ends), "{}", run.stderr);
    }
}

#[test]
fn a_shell_that_greets_everybody_disturbs_nothing() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.8.1:9", "127.77.8.2:9");
    let greets = lab.file("greets");
    script(&greets, "echo Welcome to this host; echo 'mind the step' >&2; exec sh -c \"$SSH_ORIGINAL_COMMAND\"");
    let server = known(&lab, "server", &format!("ForceCommand {}", greets.display()));
    let there = run_in(&lab, &words(&files.status(&["--no-connect", "--json", "--app-server", &hop(&server)])));
    let here = run(&words(&files.status(&["--no-connect", "--json"])));
    assert_eq!(checks(&there.json()), checks(&here.json()));
}

#[test]
fn a_server_that_talks_without_an_end_is_left_in_time() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.9.1:9", "127.77.9.2:9");
    for (command, ends) in [
        ("while :; do echo x; sleep 0.05; done", "the command did not end within 1s\n"),
        ("cat /dev/zero", "the command said more than 65536 bytes, and was given up\n"),
        ("sleep 60", "the command did not end within 1s\n"),
    ] {
        let server = known(&lab, "server", &format!("ForceCommand {command}"));
        let run = run_for(&lab, "1", &words(&files.status(&["--app-server", &hop(&server)])));
        assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
        assert!(run.stderr.ends_with(ends), "{}", run.stderr);
    }
}

#[test]
fn a_file_of_the_next_upgrade_is_no_settings_file_wherever_it_is() {
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.10.1:9", "127.77.10.2:9");
    let server = known(&lab, "server", "");
    let elsewhere = files.shown("vars.yml");
    fs::copy(files.path("edx/app/edx_ansible/server-vars.yml"), &elsewhere).unwrap();
    let folder = files.shown("edx/etc");
    let asked = ["status", "--no-connect", "--json", "--path", &folder, "--server-vars", &elsewhere];
    let there = run_in(&lab, &[&asked[..], &["--app-server", &hop(&server)]].concat());
    let here = run(&asked);
    assert_eq!(checks(&there.json()), checks(&here.json()));
}

#[test]
fn settings_are_written_to_no_file_on_either_side() {
    if !std::path::Path::new("/usr/bin/strace").exists() {
        println!("skipped: strace is not installed");
        return;
    }
    let Some(lab) = Lab::new() else { return };
    let files = Files::new("127.77.11.1:9", "127.77.11.2:9");
    let temporary = lab.file("temporary");
    fs::create_dir(&temporary).unwrap();
    let there = lab.file("run");
    let trace = |name: &str| {
        let calls = "trace=open,openat,creat,mkdir,mkdirat,memfd_create,rename,renameat,renameat2,link,linkat";
        format!("strace -f -qq -e {calls} -o {}", lab.file(name).display())
    };
    // $$ is a number of its own for each command.
    script(
        &there,
        &format!(
            "TMPDIR={}; export TMPDIR; exec {} sh -c \"$SSH_ORIGINAL_COMMAND\"",
            temporary.display(),
            trace("there.$$")
        ),
    );
    let server = known(&lab, "server", &format!("ForceCommand {}", there.display()));
    let mut look = common::command_in(&lab, &words(&files.status(&["--no-connect", "--app-server", &hop(&server)])));
    look.env("TMPDIR", &temporary).current_dir(&temporary);
    let line = format!("exec {} \"$@\"", trace("here"));
    let mut look_here = Command::new("sh");
    look_here.args(["-c", &line, "sh"]).arg(look.get_program()).args(look.get_args()).current_dir(&temporary);
    look_here.env("TMPDIR", &temporary).env("HOME", "/nonexistent").env_remove("SSH_AUTH_SOCK");
    let output = look_here.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let folder = lab.file("here").parent().unwrap().to_owned();
    let traces: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| ["here", "there"].contains(&path.file_stem().unwrap().to_str().unwrap()))
        .collect();
    assert!(traces.len() >= 3, "{traces:?}");
    let mut read = false;
    for path in &traces {
        let text = fs::read_to_string(path).unwrap();
        read |= text.contains("edx/etc/lms.yml");
        for line in text.lines().filter(|line| !line.contains("\"/dev/") && !line.contains("ENOENT")) {
            let is_written =
                ["O_CREAT", "O_WRONLY", "O_RDWR", "O_TMPFILE", "creat(", "mkdir", "memfd", "rename", "link"];
            let call =
                line.split('"').next().unwrap_or_default().to_owned() + line.rsplit('"').next().unwrap_or_default();
            assert!(!is_written.iter().any(|word| call.contains(word)), "{line}");
        }
    }
    assert!(read, "the traces have nothing of the settings");
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
}
