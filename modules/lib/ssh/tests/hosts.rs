//! Which hosts are trusted, and who is let in, by real SSH servers and agents.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ssh::{Connection, Error, Hop, Settings};
use sshd::{Lab, Sshd, fingerprint};

const TIME: Duration = Duration::from_secs(20);

fn settings(lab: &Lab) -> Settings {
    Settings {
        known_hosts: vec![lab.known_hosts()],
        identities: vec![lab.file("id")],
        use_agent: false,
        agent: None,
        timeout: TIME,
    }
}

fn hop(sshd: &Sshd) -> Hop {
    Hop { user: Some(sshd::user()), host: "127.0.0.1".to_owned(), port: sshd.port }
}

fn try_with(sshd: &Sshd, settings: &Settings) -> Result<(), Error> {
    let connection = Connection::open(&[hop(sshd)], settings)?;
    let output = connection.run("echo in", b"", Instant::now() + TIME, 100)?;
    assert_eq!(output.stdout, b"in\n");
    Ok(())
}

fn refused(sshd: &Sshd, settings: &Settings) -> String {
    let error = try_with(sshd, settings).unwrap_err();
    assert!(!sshd.log().contains("Accepted"), "{}", sshd.log());
    error.to_string()
}

#[test]
fn an_unknown_host_is_refused_before_any_login_with_its_fingerprint_and_what_to_do() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    let (port, user, file) = (sshd.port, sshd::user(), lab.known_hosts());
    assert_eq!(
        refused(&sshd, &settings(&lab)),
        format!(
            "ssh {user}@127.0.0.1:{port}: this host is not known: its ssh-ed25519 key has the fingerprint {}, which is \
             not in {}. Check it with whoever runs the host, and connect once with 'ssh -p {port} {user}@127.0.0.1', or \
             add the line of 'ssh-keyscan -p {port} 127.0.0.1' to that file",
            fingerprint(&sshd.host_keys[0]),
            file.display()
        )
    );
    assert!(!sshd.log().contains("publickey"), "{}", sshd.log());
}

#[test]
fn a_changed_host_key_is_refused_with_the_place_of_the_known_one() {
    let Some(lab) = Lab::new() else { return };
    let mut sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    sshd.change_keys();
    assert_eq!(
        refused(&sshd, &settings(&lab)),
        format!(
            "ssh {}: THE HOST'S KEY IS NOT THE KNOWN ONE. Somebody may be between you and it, or it was set up anew. It \
             shows a ssh-ed25519 key with the fingerprint {}; {} line 1 says otherwise. Nothing was sent. Only when \
             whoever runs the host confirms the new fingerprint, remove that line",
            hop(&sshd),
            fingerprint(&sshd.host_keys[0]),
            lab.known_hosts().display()
        )
    );
    // With hashed names, too.
    lab.hash_known_hosts();
    assert!(refused(&sshd, &settings(&lab)).contains("THE HOST'S KEY IS NOT THE KNOWN ONE"));
}

#[test]
fn a_revoked_key_is_refused_although_it_is_known() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    let line = sshd.known_lines();
    fs::write(lab.known_hosts(), format!("{line}@revoked {line}")).unwrap();
    assert_eq!(
        refused(&sshd, &settings(&lab)),
        format!(
            "ssh {}: THE HOST SHOWS A REVOKED KEY, by {} line 2: {}. Do not use this host",
            hop(&sshd),
            lab.known_hosts().display(),
            fingerprint(&sshd.host_keys[0])
        )
    );
}

#[test]
fn the_key_of_an_authority_makes_no_host_known() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    fs::write(lab.known_hosts(), format!("@cert-authority {}", sshd.known_lines())).unwrap();
    assert!(refused(&sshd, &settings(&lab)).contains("this host is not known"));
}

#[test]
fn hashed_names_are_known() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    let other = lab.sshd("other", &["ed25519"], "");
    lab.know(&sshd);
    lab.hash_known_hosts();
    assert!(fs::read_to_string(lab.known_hosts()).unwrap().starts_with("|1|"));
    try_with(&sshd, &settings(&lab)).unwrap();
    assert!(refused(&other, &settings(&lab)).contains("this host is not known"));
}

#[test]
fn a_host_is_known_by_any_kind_of_its_keys() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519", "ecdsa", "rsa"], "");
    let lines = sshd.known_lines();
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        fs::write(lab.known_hosts(), line).unwrap();
        try_with(&sshd, &settings(&lab)).unwrap();
    }
}

#[test]
fn a_host_known_by_a_kind_of_key_that_it_has_no_more_is_not_known() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ecdsa"], "");
    let ed25519 = fs::read_to_string(lab.file("id.pub")).unwrap();
    fs::write(lab.known_hosts(), format!("[127.0.0.1]:{} {ed25519}", sshd.port)).unwrap();
    let said = refused(&sshd, &settings(&lab));
    let file = lab.known_hosts();
    let place =
        format!("which is not in {0} ({0} line 1 has only a key of the kind ssh-ed25519 of it)", file.display());
    assert!(said.contains(&place), "{said}");
}

#[test]
fn a_file_of_known_hosts_that_cannot_be_read_is_told() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    let folder = lab.file("folder");
    fs::create_dir(&folder).unwrap();
    let settings = Settings { known_hosts: vec![folder.clone()], ..settings(&lab) };
    let said = refused(&sshd, &settings);
    assert_eq!(said, format!("{}: cannot be read: Is a directory (os error 21)", folder.display()));
}

#[test]
fn every_common_kind_of_key_logs_in_from_its_file() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = lab.key(&format!("key_{kind}"), kind, "");
        fs::copy(key.with_extension("pub"), &sshd.authorized_keys).unwrap();
        try_with(&sshd, &Settings { identities: vec![key], ..settings(&lab) }).unwrap();
    }
}

#[test]
fn a_key_that_is_not_let_in_is_told_with_what_was_tried_and_what_the_server_takes() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    let (stranger, gone) = (lab.key("stranger", "ed25519", ""), PathBuf::from("/nowhere/id"));
    let public = lab.file("id.pub");
    let identities = vec![stranger.clone(), gone.clone(), public.clone()];
    assert_eq!(
        refused(&sshd, &Settings { identities, ..settings(&lab) }),
        format!(
            "ssh {}: cannot log in as {}: tried {}; {} (it cannot be read: No such file or directory (os error 2)); {} \
             (it is no private key); the server accepts publickey. Logins are made with keys only: have the public key \
             in that account's authorized_keys, or say which key to use",
            hop(&sshd),
            sshd::user(),
            stranger.display(),
            gone.display(),
            public.display()
        )
    );
    let mut text = fs::read(lab.file("id")).unwrap();
    text[100] ^= 1;
    fs::write(lab.file("broken"), text).unwrap();
    let identities = vec![lab.file("broken"), lab.file("id")];
    try_with(&sshd, &Settings { identities, ..settings(&lab) }).unwrap();
}

#[test]
fn an_encrypted_key_needs_the_agent_and_no_passphrase_is_ever_told() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    let key = lab.key("locked", "ed25519", "s3cret words");
    fs::copy(key.with_extension("pub"), &sshd.authorized_keys).unwrap();
    let alone = Settings { identities: vec![key.clone()], ..settings(&lab) };
    assert_eq!(
        refused(&sshd, &alone),
        format!(
            "ssh {}: cannot log in as {}: tried {1}; the server accepts publickey. Logins are made with keys only: have \
             the public key in that account's authorized_keys",
            hop(&sshd),
            sshd::user(),
        )
        .replace(
            &format!("tried {};", sshd::user()),
            &format!("tried {0} (it is encrypted: add it to an ssh-agent first, with 'ssh-add {0}');", key.display())
        )
    );
    let agent = lab.agent();
    let with_agent = Settings { use_agent: true, agent: Some(agent.socket.clone()), ..alone };
    let said = refused(&sshd, &with_agent);
    assert!(said.contains("tried the ssh-agent (it has no key: 'ssh-add FILE'); "), "{said}");
    // One that the server does not know comes first.
    agent.add(&lab.key("stranger", "rsa", ""), "");
    agent.add(&key, "s3cret words");
    try_with(&sshd, &with_agent).unwrap();
    for error in [said, format!("{with_agent:?}")] {
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_rsa_key_of_the_agent_logs_in() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    let (agent, key) = (lab.agent(), lab.key("large", "rsa", ""));
    fs::copy(key.with_extension("pub"), &sshd.authorized_keys).unwrap();
    agent.add(&key, "");
    let settings = Settings {
        use_agent: true,
        agent: Some(agent.socket.clone()),
        identities: vec![lab.file("none")],
        ..settings(&lab)
    };
    try_with(&sshd, &settings).unwrap();
}

#[test]
fn an_agent_that_is_gone_or_silent_keeps_nobody_waiting() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "");
    lab.know(&sshd);
    let gone = Settings { use_agent: true, agent: Some(lab.file("gone")), ..settings(&lab) };
    try_with(&sshd, &gone).unwrap();
    let _silent = std::os::unix::net::UnixListener::bind(lab.file("silent")).unwrap();
    let silent = Settings { agent: Some(lab.file("silent")), timeout: Duration::from_secs(2), ..gone };
    let error = try_with(&sshd, &silent).unwrap_err().to_string();
    assert_eq!(error, format!("ssh {}: the ssh-agent did not answer within 2s", hop(&sshd)));
}

#[test]
fn too_many_keys_for_the_server_are_told_as_such() {
    let Some(lab) = Lab::new() else { return };
    let sshd = lab.sshd("web", &["ed25519"], "MaxAuthTries 2");
    lab.know(&sshd);
    let keys: Vec<_> = (0..4).map(|at| lab.key(&format!("stranger{at}"), "ed25519", "")).collect();
    let identities = keys.iter().cloned().chain([lab.file("id")]).collect();
    let said = refused(&sshd, &Settings { identities, ..settings(&lab) });
    let expected = format!(
        "ssh {}: the connection broke: the host hung up after these were tried, of which it may want fewer: {}; ",
        hop(&sshd),
        keys[0].display()
    );
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn a_server_that_takes_passwords_only_is_told_as_such() {
    let Some(lab) = Lab::new() else { return };
    let extra = "PubkeyAuthentication no\nPasswordAuthentication yes";
    let sshd = lab.sshd("web", &["ed25519"], extra);
    lab.know(&sshd);
    let said = refused(&sshd, &settings(&lab));
    assert!(said.contains("tried no key (there is none); the server accepts password. "), "{said}");
}
