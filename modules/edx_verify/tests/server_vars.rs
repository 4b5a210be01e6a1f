//! The agreement of the files with what the next upgrade gets, each check in both directions.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::Run;
use common::server::{NEW, SECRET, Server, VARIABLES, moved_vars};

const OTHER: &str = "172.31.5.99:11211";

/// A moved server whose variables are changed so.
fn with_vars(from: &str, to: &str) -> (Server, Run) {
    let vars = moved_vars();
    assert!(vars.contains(from), "{from}");
    let server = Server::moved();
    server.set_vars(&vars.replace(from, to));
    let run = server.verify();
    (server, run)
}

fn line(variable: &str) -> String {
    format!("{variable}: [\"{NEW}\"]\n")
}

/// What a check of a variable saw, and what to do.
fn told(run: &Run, subject: &str) -> (String, String) {
    let check = run.checks().iter().find(|check| check["subject"] == subject).unwrap();
    let text = |key: &str| check[key].as_str().unwrap().to_owned();
    (text("seen"), text("advice"))
}

#[test]
fn variables_that_reproduce_the_files_pass() {
    let server = Server::moved();
    let run = server.verify();
    run.assert_only(&[], &[]);
    let expected: Vec<String> = VARIABLES.iter().map(|name| format!("server_vars.variable {name}")).collect();
    let ok = run.with("ok");
    for check in &expected {
        assert!(ok.contains(check), "{check}");
    }
    assert!(ok.contains(&"server_vars.switch EDXAPP_ENABLE_MEMCACHE".to_owned()));
    assert_eq!(run.seen("server_vars.file").1, "7 variables");
    assert_eq!(told(&run, "EDXAPP_MEMCACHE").0, "172.31.5.10:11211, as in the files");
}

#[test]
fn a_missing_variable_is_named_with_what_the_upgrade_would_bring_back() {
    let (_server, run) = with_vars(&line("EDXAPP_MEMCACHE"), "");
    run.assert_only(&["server_vars.variable EDXAPP_MEMCACHE"], &[]);
    assert_eq!(
        told(&run, "EDXAPP_MEMCACHE"),
        (
            "not set: the next upgrade brings back localhost:11211, and the files say 172.31.5.10:11211".to_owned(),
            "write EDXAPP_MEMCACHE: [\"172.31.5.10:11211\"]".to_owned()
        )
    );
}

#[test]
fn the_shared_variable_reproduces_the_services_of_its_kind() {
    let (_server, run) = with_vars(&line("ECOMMERCE_MEMCACHE"), "");
    run.assert_only(&[], &[]);
    assert_eq!(
        told(&run, "ECOMMERCE_MEMCACHE").0,
        "not set, and edx_django_service_memcache reproduces what the files say"
    );
    // insights is none of them.
    let (_server, run) = with_vars(&line("INSIGHTS_MEMCACHE"), "");
    run.assert_only(&["server_vars.variable INSIGHTS_MEMCACHE"], &[]);
}

#[test]
fn a_missing_shared_variable_is_needed_for_a_service_without_its_own() {
    let (_server, run) = with_vars(&line("edx_django_service_memcache"), "");
    run.assert_only(&["server_vars.variable edx_django_service_memcache"], &[]);
    assert_eq!(
        told(&run, "edx_django_service_memcache").0,
        "not set: the next upgrade brings back memcache, and the files say 172.31.5.10:11211"
    );
}

#[test]
fn a_string_in_the_place_of_a_list_fails() {
    let (_server, run) = with_vars(&line("EDXAPP_MEMCACHE"), &format!("EDXAPP_MEMCACHE: \"{NEW}\"\n"));
    run.assert_only(&["server_vars.variable EDXAPP_MEMCACHE"], &[]);
    assert_eq!(told(&run, "EDXAPP_MEMCACHE").0, "a string, but its role needs a list of strings");
}

#[test]
fn other_types_fail() {
    for (value, seen) in [
        ("", "null, but its role needs a list of strings"),
        ("[11211]", "a list with something else than strings, but its role needs a list of strings"),
        ("{host: a}", "a mapping, but its role needs a list of strings"),
        ("yes", "true or false, but its role needs a list of strings"),
        ("7", "neither a string nor a list, but its role needs a list of strings"),
    ] {
        let (_server, run) = with_vars(&line("INSIGHTS_MEMCACHE"), &format!("INSIGHTS_MEMCACHE: {value}\n"));
        run.assert_only(&["server_vars.variable INSIGHTS_MEMCACHE"], &[]);
        assert_eq!(told(&run, "INSIGHTS_MEMCACHE").0, seen);
    }
}

#[test]
fn another_server_than_in_the_files_is_named_with_both() {
    let (_server, run) = with_vars(&line("EDXAPP_MEMCACHE"), &format!("EDXAPP_MEMCACHE: [\"{OTHER}\"]\n"));
    run.assert_only(&["server_vars.variable EDXAPP_MEMCACHE"], &[]);
    assert_eq!(
        told(&run, "EDXAPP_MEMCACHE"),
        (
            "172.31.5.99:11211, but the files say 172.31.5.10:11211".to_owned(),
            "the next upgrade moves the caches there: write EDXAPP_MEMCACHE: [\"172.31.5.10:11211\"], or point the files \
             there"
                .to_owned()
        )
    );
}

#[test]
fn the_same_server_in_another_notation_is_the_same() {
    for value in ["[172.31.5.10]", "\n- '172.31.5.10:11211'", "[inet:172.31.5.10:11211]", "[!unsafe '172.31.5.10']"] {
        let (_server, run) = with_vars(&line("EDXAPP_MEMCACHE"), &format!("EDXAPP_MEMCACHE: {value}\n"));
        run.assert_only(&[], &[]);
    }
}

#[test]
fn a_value_that_the_shared_variable_beats_is_a_warning() {
    let (_server, run) = with_vars(&line("DISCOVERY_MEMCACHE"), &format!("DISCOVERY_MEMCACHE: [\"{OTHER}\"]\n"));
    run.assert_only(&[], &["server_vars.variable DISCOVERY_MEMCACHE"]);
    assert_eq!(
        told(&run, "DISCOVERY_MEMCACHE").0,
        "172.31.5.99:11211, which edx_django_service_memcache beats, and the files say 172.31.5.10:11211"
    );
}

#[test]
fn a_template_or_an_encrypted_value_is_a_warning() {
    for (value, what) in [
        ("\"{{ CACHE_SERVERS }}\"", "a template"),
        ("[\"{{ CACHE_HOST }}:11211\"]", "a template"),
        ("!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  616263\n", "encrypted with Ansible Vault"),
    ] {
        let (_server, run) = with_vars(&line("EDXAPP_MEMCACHE"), &format!("EDXAPP_MEMCACHE: {value}\n"));
        run.assert_only(&[], &["server_vars.variable EDXAPP_MEMCACHE"]);
        assert_eq!(
            told(&run, "EDXAPP_MEMCACHE").0,
            format!("{what}: what the next upgrade makes of it cannot be known here")
        );
    }
}

#[test]
fn a_switch_that_brings_the_local_memcached_back_fails() {
    let off = "EDXAPP_ENABLE_MEMCACHE: false\n";
    for (value, seen) in [
        ("", "not set, and true by default: the next upgrade installs memcached on this host again"),
        ("EDXAPP_ENABLE_MEMCACHE: true\n", "true: the next upgrade installs memcached on this host again"),
        ("EDXAPP_ENABLE_MEMCACHE: yes\n", "true: the next upgrade installs memcached on this host again"),
        (
            "EDXAPP_ENABLE_MEMCACHE: 'false'\n",
            "a string, which newer versions of Ansible take for true whatever it says",
        ),
        ("EDXAPP_ENABLE_MEMCACHE:\n", "null, but it needs true or false"),
    ] {
        let (_server, run) = with_vars(off, value);
        run.assert_only(&["server_vars.switch EDXAPP_ENABLE_MEMCACHE"], &[]);
        assert_eq!(
            told(&run, "EDXAPP_ENABLE_MEMCACHE"),
            (seen.to_owned(), "write EDXAPP_ENABLE_MEMCACHE: false".to_owned())
        );
    }
    let (_server, run) = with_vars(off, "EDXAPP_ENABLE_MEMCACHE: no\n");
    run.assert_only(&[], &[]);
    let (_server, run) = with_vars(off, "EDXAPP_ENABLE_MEMCACHE: \"{{ LOCAL }}\"\n");
    run.assert_only(&[], &["server_vars.switch EDXAPP_ENABLE_MEMCACHE"]);
}

#[test]
fn the_switch_is_not_needed_before_juniper() {
    let server = Server::moved();
    server.set_vars(&moved_vars().replace("EDXAPP_ENABLE_MEMCACHE: false\n", ""));
    let run = server.verify_with(&ansible_protocol::json!({
        "release": "ironwood", "server_vars": server.path("edx/app/edx_ansible/server-vars.yml"),
    }));
    run.assert_only(&[], &[]);
    assert_eq!(told(&run, "EDXAPP_ENABLE_MEMCACHE").0, "not set, and ironwood looks at EDXAPP_MEMCACHE instead");
}

#[test]
fn a_switch_that_is_off_too_early_is_a_warning() {
    let server = Server::fresh();
    server.set_vars("EDXAPP_ENABLE_MEMCACHE: false\n");
    let run = server.verify();
    assert_eq!(run.with("warning"), ["server_vars.switch EDXAPP_ENABLE_MEMCACHE"]);
    assert_eq!(told(&run, "EDXAPP_ENABLE_MEMCACHE").0, "false, while caches still use a memcached on this host");
}

#[test]
fn a_missing_file_fails_once_anything_has_moved() {
    let server = Server::moved();
    let file = server.path("edx/app/edx_ansible/server-vars.yml");
    std::fs::remove_file(&file).unwrap();
    let run = server.verify();
    run.assert_only(&[&format!("server_vars.file {}", file.display())], &[]);
    assert_eq!(
        told(&run, &file.display().to_string()),
        (
            "it does not exist, so the next upgrade points the caches back at this host".to_owned(),
            "write it with the role edx_server_vars; it needs edx_django_service_memcache, EDXAPP_MEMCACHE, \
             ECOMMERCE_MEMCACHE, DISCOVERY_MEMCACHE, INSIGHTS_MEMCACHE, EDXAPP_ENABLE_MEMCACHE"
                .to_owned()
        )
    );
}

#[test]
fn a_missing_file_is_fine_as_long_as_nothing_has_moved() {
    let run = Server::fresh().verify();
    assert_eq!(
        run.seen("server_vars.file"),
        ("ok", "it does not exist, and need not: every cache is where its role has it by default")
    );
    assert!(run.with("failed").iter().all(|name| name.starts_with("edx_etc.no_local_cache ")), "{}", run.result);
}

#[test]
fn a_file_that_the_upgrade_could_not_read_fails_with_its_line() {
    for (text, seen) in [
        (
            format!("A: {SECRET}\nEDXAPP_MEMCACHE: [a\nB: {SECRET}\n"),
            "line 3, column 2: not valid YAML: did not find expected ',' or ']' (while parsing a flow \
             sequence, which began on line 2)",
        ),
        (
            format!("A: {SECRET}\nEDXAPP_MEMCACHE: [\"{NEW}\"]\nEDXAPP_MEMCACHE: [\"{NEW}\"]\n"),
            "line 3: key `EDXAPP_MEMCACHE` stands a second time (first on line 2); remove one of the two",
        ),
        (format!("- {SECRET}\n"), "it is a list, not a mapping of variables"),
        ("$ANSIBLE_VAULT;1.1;AES256\n616263\n".to_owned(), "it is a string, not a mapping of variables"),
    ] {
        let server = Server::moved();
        server.set_vars(&text);
        let run = server.verify();
        let file = server.shown("edx/app/edx_ansible/server-vars.yml");
        run.assert_only(&[&format!("server_vars.file {file}")], &[]);
        assert_eq!(
            told(&run, &file),
            (
                seen.to_owned(),
                "the next upgrade stops at it, or reads something else than what is meant: correct the file".to_owned()
            )
        );
    }
}

#[test]
fn an_empty_file_sets_nothing() {
    let server = Server::moved();
    server.set_vars("---\n# nothing yet\n");
    let run = server.verify();
    assert_eq!(run.with("failed").len(), 6, "five variables and the switch");
    assert_eq!(run.seen("server_vars.file").1, "0 variables");
}

#[test]
fn a_variable_that_moves_a_service_away_from_its_default_fails() {
    let server = Server::fresh();
    server.set_vars(&format!("EDXAPP_MEMCACHE: [\"{NEW}\"]\nEDXAPP_ENABLE_MEMCACHE: true\n"));
    let run = server.verify();
    assert_eq!(told(&run, "EDXAPP_MEMCACHE").0, "172.31.5.10:11211, but the files say localhost:11211");
    let others = run.with("failed").into_iter().filter(|name| !name.starts_with("edx_etc.no_local_cache "));
    assert_eq!(others.collect::<Vec<_>>(), ["server_vars.variable EDXAPP_MEMCACHE"]);
}

#[test]
fn a_shared_variable_that_beats_a_services_own_fails_naming_the_files() {
    let server = Server::moved();
    // No service here needs the shared variable, and ecommerce has a server of its own.
    std::fs::remove_file(server.path("edx/etc/analytics_api.yml")).unwrap();
    server.replace("edx/etc/ecommerce.yml", NEW, OTHER);
    server
        .set_vars(&moved_vars().replace(&line("ECOMMERCE_MEMCACHE"), &format!("ECOMMERCE_MEMCACHE: [\"{OTHER}\"]\n")));
    let run = server.verify();
    run.assert_only(&["server_vars.shared_variable edx_django_service_memcache"], &[]);
    assert_eq!(
        told(&run, "edx_django_service_memcache"),
        (
            format!(
                "172.31.5.10:11211, which beats each service's own variable, but {} says 172.31.5.99:11211",
                server.shown("edx/etc/ecommerce.yml")
            ),
            "remove it, or point these files there".to_owned()
        )
    );
    // Without it each service gets its own.
    server.set_vars(
        &moved_vars()
            .replace(&line("ECOMMERCE_MEMCACHE"), &format!("ECOMMERCE_MEMCACHE: [\"{OTHER}\"]\n"))
            .replace(&line("edx_django_service_memcache"), ""),
    );
    server.verify().assert_only(&[], &[]);
}

#[test]
fn what_no_variable_can_say_fails_with_the_reason() {
    let server = Server::moved();
    server.replace("edx/etc/studio.yml", NEW, OTHER);
    let run = server.verify();
    assert!(
        run.with("failed")
            .contains(&format!("server_vars.expressible {} CACHES.default", server.shown("edx/etc/studio.yml"))),
        "{}",
        run.result
    );
    let seen = told(&run, &format!("{} CACHES.default", server.shown("edx/etc/studio.yml")));
    assert_eq!(
        seen.0,
        "EDXAPP_MEMCACHE feeds every cache of lms.yml and studio.yml, but lms.yml CACHES.default has other servers; give \
         them the same ones"
    );
}

#[test]
fn xqueues_caches_are_compared_with_the_variable_that_holds_all_of_them() {
    let cache = format!(
        "CACHES:\n  default:\n    BACKEND: django.core.cache.backends.memcached.MemcachedCache\n    LOCATION: [\"{NEW}\"]\n"
    );
    let server = Server::moved();
    server.write("edx/etc/xqueue.yml", &cache);
    let subject = format!("{} CACHES.default", server.shown("edx/etc/xqueue.yml"));
    server.verify().assert_only(&[&format!("server_vars.expressible {subject}")], &[]);

    let with = |endpoint: &str| format!("{}XQUEUE_CACHES: {{default: {{LOCATION: [\"{endpoint}\"]}}}}\n", moved_vars());
    server.set_vars(&with(NEW));
    let run = server.verify();
    run.assert_only(&[], &[]);
    assert_eq!(told(&run, &subject).0, "XQUEUE_CACHES says the same");
    server.set_vars(&with(OTHER));
    server.verify().assert_only(&[&format!("server_vars.expressible {subject}")], &[]);
}

#[test]
fn a_file_of_no_known_service_is_a_warning() {
    let server = Server::moved();
    server.write("edx/etc/plugin.yml", &std::fs::read_to_string(server.path("edx/etc/insights.yml")).unwrap());
    let subject = format!("{} CACHES.default", server.shown("edx/etc/plugin.yml"));
    server.verify().assert_only(&[], &[&format!("server_vars.expressible {subject}")]);
}
