//! The module from its arguments to its result, on a host of stand-ins with a real memcached.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use common::{Host, has_memcached};
use serde_json::json;

const APT: &str = "apt-get -y -q -o DPkg::Lock::Timeout=0 -o Dpkg::Options::=--force-confold";

#[test]
fn a_fresh_host_gets_its_configuration_first_and_then_memcached() {
    if !has_memcached() {
        return;
    }
    let host = Host::fresh();
    let result = host.run(json!({"memory_mb": 100, "max_connections": 200, "extra": ["-F"]})).succeeds();

    assert_eq!(result["changed"], true);
    assert_eq!(result["installed"], true);
    assert_eq!(result["restarted"], false);
    assert_eq!(result["package"], json!({"memcached": "1.6.18-1"}));
    assert_eq!(result["endpoints"], json!([format!("127.0.0.1:{}", host.port)]));
    assert_eq!(
        result["actions"],
        json!([
            format!("write {}", host.config().display()),
            "install memcached",
            "enable the service memcached",
            "start the service memcached",
        ])
    );
    // The stand-in for apt-get would have noted a missing configuration.
    assert_eq!(
        host.calls(),
        [
            &format!("{APT} install --no-install-recommends memcached"),
            "systemctl enable memcached",
            "systemctl start memcached",
            "systemctl enable memcached",
            "systemctl start memcached",
        ]
    );
    let settings = host.client().settings().unwrap();
    assert_eq!(settings.maxbytes, Some(100 * 1024 * 1024));
    assert_eq!(settings.flush_enabled, Some(false));
    assert_eq!(result["settings"]["maxbytes"], 100 * 1024 * 1024);
    assert_eq!(result["settings"]["maxconns"], 200);
    assert_eq!(result["settings"]["flush_enabled"], false);
    assert_eq!(result["version"], host.client().version().unwrap());
    let mode = fs::metadata(host.config()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o644);
}

#[test]
fn check_mode_predicts_what_a_run_does_and_changes_nothing() {
    if !has_memcached() {
        return;
    }
    let host = Host::fresh();
    for options in
        [json!({"tools": true}), json!({"tools": true, "memory_mb": 96}), json!({"tools": true, "memory_mb": 96})]
    {
        host.forget_calls();
        let before = host.snapshot();
        let predicted = host.check(options.clone()).succeeds();
        assert_eq!(host.snapshot(), before);
        assert_eq!(host.calls(), [""; 0]);
        let done = host.run(options).succeeds();
        for key in ["changed", "actions", "installed", "restarted", "package", "endpoints", "config_file", "diff"] {
            assert_eq!(predicted[key], done[key], "{key}");
        }
    }
}

#[test]
fn a_second_run_changes_nothing_and_touches_no_file() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let before = host.snapshot();
    let result = host.run(json!({})).succeeds();
    assert_eq!(result["changed"], false);
    assert_eq!(result["actions"], json!([]));
    assert_eq!(result["settings"]["inter"], "127.0.0.1");
    assert_eq!(result.get("diff"), None);
    assert_eq!(host.snapshot(), before);
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_changed_setting_is_written_and_the_daemon_restarted() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let mut text = host.read("memcached.conf");
    text.push_str("# kept as it is\n");
    host.put("memcached.conf", &text);
    fs::set_permissions(host.config(), fs::Permissions::from_mode(0o640)).unwrap();

    let result = host.run(json!({"memory_mb": 96})).succeeds();
    assert_eq!(result["restarted"], true);
    assert_eq!(host.calls(), ["systemctl restart memcached"]);
    assert_eq!(host.read("memcached.conf"), text.replace("-m 64", "-m 96"));
    assert_eq!(fs::metadata(host.config()).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(host.client().settings().unwrap().maxbytes, Some(96 * 1024 * 1024));
    let path = host.config();
    let path = path.display();
    let diff = result["diff"][0]["prepared"].as_str().unwrap();
    assert!(diff.starts_with(&format!("--- before: {path}\n+++ after: {path}\n@@ ")), "{diff}");
    assert!(diff.contains("\n--m 64\n+-m 96\n"), "{diff}");
    assert!(!diff.contains("kept as it is"), "{diff}");
}

#[test]
fn a_daemon_that_still_runs_older_settings_is_restarted_although_the_file_matches() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let text = host.read("memcached.conf");
    host.put("memcached.conf", &text.replace("-m 64", "-m 96"));
    let result = host.run(json!({"memory_mb": 96})).succeeds();
    assert_eq!(result["actions"], json!(["restart the service memcached (memory_mb: wanted 96, running 64)"]));
    assert_eq!(result["settings"]["maxbytes"], 96 * 1024 * 1024);
    assert_eq!(result.get("diff"), None);
}

#[test]
fn an_option_that_the_daemon_does_not_take_is_named_and_the_earlier_file_put_back() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let text = host.read("memcached.conf");
    // The service reads another file than the one that the task names.
    host.put("other.conf", &text);
    let said = host.run(json!({"memory_mb": 96, "threads": 2}));
    assert_eq!(
        said.fails(),
        format!(
            "memcached did not take what was asked (memory_mb: wanted 96, running 64; threads: wanted 2, running 4); check \
             that the service memcached reads {}; the earlier configuration was put back, and memcached was started with \
             it",
            host.config().display()
        )
    );
    assert_eq!(
        said.result["mismatches"],
        json!([
            {"setting": "memory_mb", "wanted": "96", "running": "64"},
            {"setting": "threads", "wanted": "2", "running": "4"},
        ])
    );
    assert_eq!(said.result["changed"], true);
    assert_eq!(host.read("memcached.conf"), text);
    host.client().version().unwrap();
}

#[test]
fn a_daemon_that_does_not_start_is_told_with_its_last_words_and_the_earlier_file_put_back() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let text = host.read("memcached.conf");
    host.put("journal", "Illegal suboption \"(null)\"\nmemcached.service: Failed\n");
    let said = host.run(json!({"extra": ["-o no_such_option"]}));
    let message = said.fails();
    assert!(
        message.starts_with(&format!(
            "memcached did not answer within 10 s: 127.0.0.1:{}: cannot connect (Connection refused (os error 111));",
            host.port
        )),
        "{message}"
    );
    assert!(
        message.ends_with(
            "; its service says: Illegal suboption \"(null)\" / memcached.service: Failed; the earlier configuration was \
             put back, and memcached was started with it"
        ),
        "{message}"
    );
    assert_eq!(host.read("memcached.conf"), text);
    assert_eq!(
        host.calls(),
        ["systemctl restart memcached", "systemctl reset-failed memcached", "systemctl restart memcached"]
    );
}

#[test]
fn a_service_that_was_started_too_often_is_started_all_the_same() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    host.put("refuses", "Job for memcached.service failed because start of the service was attempted too often.\n");
    let said = host.run(json!({"memory_mb": 96}));
    assert_eq!(said.result["restarted"], true, "{}", said.result);
    assert_eq!(
        host.calls(),
        ["systemctl restart memcached", "systemctl reset-failed memcached", "systemctl restart memcached"]
    );
}

#[test]
fn another_process_on_the_port_is_named() {
    if !has_memcached() {
        return;
    }
    let host = Host::fresh();
    // It runs exactly as asked, and still it is not the service.
    let document = memcached::conf::Document::fresh(&memcached::Settings {
        port: host.port,
        user: "nobody".to_owned(),
        ..memcached::Settings::default()
    });
    let other = host.start_other(document.unwrap().bytes());
    let said = host.run(json!({"timeout": 1}));
    assert_eq!(
        said.fails(),
        format!(
            "127.0.0.1:{} is answered by process {}, which is not the service memcached; stop that process, or choose \
             another port",
            host.port,
            other.id()
        )
    );
}

#[test]
fn package_lists_are_read_anew_where_apt_does_not_know_the_package() {
    if !has_memcached() {
        return;
    }
    let host = Host::fresh();
    host.remove("candidate");
    let result = host.run(json!({})).succeeds();
    assert_eq!(result["actions"][1], "read the package lists anew");
    assert_eq!(
        host.calls()[..2],
        [format!("{APT} update"), format!("{APT} install --no-install-recommends memcached")]
    );
}

#[test]
fn latest_upgrades_the_package_and_restarts_the_daemon() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    host.put("candidate", "1.6.18-2\n");
    assert_eq!(host.run(json!({})).succeeds()["changed"], false);
    let result = host.run(json!({"state": "latest"})).succeeds();
    assert_eq!(
        result["actions"],
        json!(["install memcached", "restart the service memcached (its package is upgraded)"])
    );
    assert_eq!(result["package"]["memcached"], "1.6.18-2");
    assert_eq!(host.run(json!({"state": "latest"})).succeeds()["changed"], false);
}

#[test]
fn a_service_that_is_stopped_or_disabled_is_brought_back() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    host.remove("enabled");
    assert_eq!(host.run(json!({})).succeeds()["actions"], json!(["enable the service memcached"]));
    let pid = host.read("pid");
    Command::new("kill").arg(pid.trim()).status().unwrap();
    host.wait_until_silent();
    let result = host.run(json!({})).succeeds();
    assert_eq!(result["actions"], json!(["start the service memcached"]));
    assert_eq!(result["restarted"], false);
}

#[test]
fn absent_removes_the_package_and_purge_the_configuration_too() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let result = host.run(json!({"state": "absent"})).succeeds();
    assert_eq!(result["actions"], json!(["remove memcached"]));
    assert_eq!(result["package"], json!({"memcached": null}));
    assert_eq!(result.get("endpoints"), None);
    assert!(host.config().exists());
    assert_eq!(host.run(json!({"state": "absent"})).succeeds()["changed"], false);

    let result = host.run(json!({"state": "absent", "purge": true})).succeeds();
    assert_eq!(result["actions"], json!([format!("remove {}", host.config().display())]));
    assert!(!host.config().exists());
    assert_eq!(host.run(json!({"state": "absent", "purge": true})).succeeds()["changed"], false);
}

#[test]
fn purge_of_an_installed_memcached_takes_package_and_configuration() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let predicted = host.check(json!({"state": "absent", "purge": true})).succeeds();
    let result = host.run(json!({"state": "absent", "purge": true})).succeeds();
    assert_eq!(predicted["actions"], result["actions"]);
    assert_eq!(predicted["package"], result["package"]);
    assert_eq!(host.calls()[0], format!("{APT} purge memcached"));
    assert!(!host.config().exists());
}

#[test]
fn a_failure_of_apt_says_what_apt_said_and_what_to_do() {
    let host = Host::fresh();
    for (said, advice) in [
        (
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)",
            "another program installs packages: wait for it, or raise lock_timeout",
        ),
        (
            "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.",
            "run dpkg --configure -a, and then the task again",
        ),
        (
            "E: Unable to locate package memcached",
            "apt's sources do not have the package: check /etc/apt/sources.list and sources.list.d",
        ),
        ("E: something else", "run the command on the host to see all that it says"),
    ] {
        host.put("apt-fails", &format!("Reading package lists...\n{said}\n"));
        let result = host.run(json!({}));
        assert_eq!(result.fails(), format!("{APT} install --no-install-recommends memcached failed: {said}; {advice}"));
    }
}

#[test]
fn a_host_whose_archives_have_no_memcached_is_told() {
    let host = Host::fresh();
    host.remove("candidate");
    host.put(
        "bin/apt-get",
        "#!/bin/sh\ncase \"$*\" in *install*) echo 'E: Unable to locate package memcached' >&2; exit 100;; esac\n",
    );
    assert!(host.run(json!({})).fails().ends_with(
        "E: Unable to locate package memcached; apt's sources do not have the package: check /etc/apt/sources.list and \
         sources.list.d"
    ));
}

#[test]
fn a_host_without_dpkg_is_told() {
    let host = Host::fresh();
    // Another dpkg-query may be on this machine, so the stand-in cannot just be taken away.
    if std::path::Path::new("/usr/bin/dpkg-query").exists() {
        println!("skipped: this machine has dpkg-query");
        return;
    }
    host.remove("bin/dpkg-query");
    assert_eq!(
        host.run(json!({})).fails(),
        "dpkg-query is not on this host; memcached_install works on Debian and Ubuntu"
    );
}

#[test]
fn a_file_with_a_line_for_the_shell_is_refused_and_left_alone() {
    let host = Host::fresh();
    host.put("memcached.conf", "-m 64\n-p 11211; id\n");
    let before = host.snapshot();
    let said = host.run(json!({}));
    assert_eq!(
        said.fails(),
        format!(
            "{}: line 2: the character ';' is handed to a shell run as root by memcached's start script, so the line is \
             not just options; rewrite it without that character",
            host.config().display()
        )
    );
    assert_eq!(said.result["changed"], false);
    assert_eq!(host.snapshot(), before);
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn a_symlink_that_leaves_the_folder_is_refused() {
    let host = Host::fresh();
    fs::create_dir(host.path("elsewhere")).unwrap();
    host.put("elsewhere/memcached.conf", "-m 64\n");
    symlink("elsewhere/memcached.conf", host.config()).unwrap();
    assert_eq!(
        host.run(json!({})).fails(),
        format!(
            "{}: this symbolic link leads out of its folder, to {}; name that file itself if it is meant",
            host.config().display(),
            fs::canonicalize(host.path("elsewhere/memcached.conf")).unwrap().display()
        )
    );
    assert_eq!(host.read("elsewhere/memcached.conf"), "-m 64\n");
}

#[test]
fn a_masked_service_is_refused() {
    let host = Host::fresh();
    host.put("masked", "");
    assert_eq!(
        host.run(json!({})).fails(),
        "the service memcached is masked, so it cannot be started; if that is not wanted any more: systemctl unmask memcached"
    );
    assert!(!host.config().exists());
}

#[test]
fn a_backup_is_kept_when_asked_for() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let text = host.read("memcached.conf");
    let result = host.run(json!({"memory_mb": 96, "backup": true})).succeeds();
    let backup = result["backup_file"].as_str().unwrap();
    assert!(backup.starts_with(host.config().to_str().unwrap()), "{backup}");
    assert_eq!(fs::read_to_string(backup).unwrap(), text);
    assert_eq!(host.run(json!({"memory_mb": 96, "backup": true})).succeeds().get("backup_file"), None);
}

#[test]
fn without_systemd_the_init_scripts_are_used() {
    if !has_memcached() {
        return;
    }
    let host = Host::fresh();
    host.put("offline", "");
    let result = host.run(json!({})).succeeds();
    assert_eq!(result["changed"], true);
    assert!(host.calls().contains(&"update-rc.d memcached defaults".to_owned()));
    assert!(host.calls().contains(&"service memcached start".to_owned()));
    host.client().version().unwrap();
}

#[test]
fn every_refused_option_is_named_and_nothing_is_touched() {
    let host = Host::fresh();
    for (options, message) in [
        (json!({"port": 0}), "port: 0 is not between 1 and 65535"),
        (json!({"port": 70000}), "port: 70000 is not between 1 and 65535"),
        (json!({"threads": 65}), "threads: 65 is not between 1 and 64"),
        (json!({"timeout": 0}), "timeout: 0 is not between 1 and 3600"),
        (
            json!({"max_connections": 10}),
            "max_connections: \"10\" is not valid; at least 44 with 4 threads, since memcached's own open files count",
        ),
        (
            json!({"max_item_size": "40m"}),
            "max_item_size: \"40m\" is not valid; memcached takes at most half of its memory (32m of memory_mb 64); lower \
             it, or raise memory_mb",
        ),
        (
            json!({"listen": ["localhost"]}),
            "listen: \"localhost\" is not valid; an IPv4 or IPv6 address of this host, without a port",
        ),
        (json!({"extra": ["-l 0.0.0.0"]}), "extra: \"-l 0.0.0.0\" cannot be used; it is set by listen"),
        (json!({"service": "a b"}), "service: \"a b\" is no service's name"),
        (json!({"service": "--now"}), "service: \"--now\" is no service's name"),
        (json!({"config_file": "memcached.conf"}), "config_file: memcached.conf is not an absolute path"),
        (json!({"lissen": 1}), "memcached_install has no option 'lissen', did you mean 'listen'?"),
    ] {
        let said = host.run(options);
        assert!(said.fails().starts_with(message), "{}", said.fails());
    }
    for (option, value) in [
        ("user", json!("a;id")),
        ("listen", json!(["127.0.0.1;id"])),
        ("max_item_size", json!("1m;id")),
        ("extra", json!(["-o a;id"])),
    ] {
        let said = host.run(json!({option: value}));
        let message = said.fails();
        assert!(message.starts_with(option) && message.contains("holds the character ';'"), "{message}");
    }
    assert!(!host.config().exists());
    assert_eq!(host.calls(), [""; 0]);
}

#[test]
fn an_address_of_another_host_is_refused_before_anything_changes() {
    let host = Host::fresh();
    assert!(host.run(json!({"listen": ["203.0.113.77"]})).fails().starts_with(
        "listen: 203.0.113.77 is no address of this host, the daemon would not start with it; its addresses: "
    ));
    assert!(!host.config().exists());
}

#[test]
fn a_drop_in_that_is_not_needed_any_more_is_removed() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    fs::create_dir_all(host.path("etc/systemd/system/memcached.service.d")).unwrap();
    let file = "etc/systemd/system/memcached.service.d/memcached_install.conf";
    host.put(file, "# from when memcached listened elsewhere\n");
    let result = host.run(json!({})).succeeds();
    assert_eq!(result["actions"], json!([format!("remove {}", host.path(file).display())]));
    assert_eq!(result["restarted"], false);
    assert_eq!(host.calls(), ["systemctl daemon-reload"]);
    assert!(!host.path(file).exists());
    assert_eq!(host.run(json!({})).succeeds()["changed"], false);
}

/// In check mode only: the test talks to loopback alone.
#[test]
fn an_address_of_the_network_gets_a_drop_in_that_waits_for_it() {
    let host = Host::fresh();
    let Some(address) =
        if_addrs::get_if_addrs().unwrap().iter().map(if_addrs::Interface::ip).find(|ip| !ip.is_loopback())
    else {
        println!("skipped: this machine has no address but loopback");
        return;
    };
    let result = host.check(json!({"listen": [address.to_string(), "127.0.0.1"]})).succeeds();
    let file = host.path("etc/systemd/system/memcached.service.d/memcached_install.conf");
    assert_eq!(
        result["actions"],
        json!([
            format!("write {}", host.config().display()),
            format!("write {}", file.display()),
            "install memcached",
            "enable the service memcached",
            "start the service memcached",
        ])
    );
    let diff = result["diff"][1]["prepared"].as_str().unwrap();
    assert!(diff.contains("\n+After=network-online.target\n"), "{diff}");
    // Without systemd there is nothing to wait for it.
    host.put("offline", "");
    let result = host.check(json!({"listen": [address.to_string(), "127.0.0.1"]})).succeeds();
    assert_eq!(result["actions"][1], "install memcached");
}

#[test]
fn a_failure_before_the_restart_puts_the_file_back_and_leaves_the_daemon_alone() {
    if !has_memcached() {
        return;
    }
    let host = Host::installed();
    let text = host.read("memcached.conf");
    let pid = host.client().stats().unwrap().pid;
    host.put("apt-fails", "E: something else\n");
    assert_eq!(
        host.run(json!({"memory_mb": 96, "tools": true})).fails(),
        format!(
            "{APT} install --no-install-recommends libmemcached-tools failed: E: something else; run the command on the host \
             to see all that it says; the earlier configuration was put back, and memcached went on running"
        )
    );
    assert_eq!(host.read("memcached.conf"), text);
    assert_eq!(host.client().stats().unwrap().pid, pid);
}

#[test]
fn every_address_is_listened_on_only_when_asked_for_and_with_a_warning() {
    let host = Host::fresh();
    let result = host.check(json!({"listen": ["0.0.0.0"]})).succeeds();
    assert_eq!(
        result["warnings"],
        json!([
            "listen: 0.0.0.0 is every address of this host, public ones too; memcached asks for no password, so a firewall \
             must let only the application servers reach it"
        ])
    );
    assert!(result["diff"][0]["prepared"].as_str().unwrap().contains("\n+-l 0.0.0.0\n"));
}

#[test]
fn a_share_of_the_machines_memory_is_turned_into_megabytes() {
    let host = Host::fresh();
    let result = host.check(json!({"memory_mb": "10%"})).succeeds();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let kilobytes: u64 = meminfo.split_whitespace().nth(1).unwrap().parse().unwrap();
    let line = format!("\n+-m {}\n", kilobytes / 1024 / 10);
    assert!(result["diff"][0]["prepared"].as_str().unwrap().contains(&line));
}

#[test]
fn a_person_can_run_it_with_flags() {
    let host = Host::fresh();
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", host.path("bin").display());
    let output = assert_cmd::Command::cargo_bin("memcached_install")
        .unwrap()
        .env("PATH", path)
        .env("HOST", host.path(""))
        .args(["--listen", "127.0.0.1", "--memory-mb", "96", "--check", "--extra=-F -R 40"])
        .arg("--config-file")
        .arg(host.config())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        format!(
            "write {}\ninstall memcached\nenable the service memcached\nstart the service memcached\nendpoints: \
             127.0.0.1:11211\nmemcached_install: changed\n",
            host.config().display()
        )
    );
}
