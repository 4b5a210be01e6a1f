//! What can be told of a private key's file before libssh2 gets it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::base64;

/// No key's file is larger.
const LARGEST: u64 = 64 << 10;

/// Whether a key can be used as it is; else why not.
pub fn look(file: &Path) -> Result<(), String> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    opened.map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8_lossy(&bytes);
    if !text.contains("-----BEGIN ") || !text.contains("PRIVATE KEY-----") {
        return Err("is no private key".to_owned());
    }
    if is_encrypted(&text) {
        return Err("is encrypted: add it to an ssh-agent first, with 'ssh-add FILE'".replace("FILE", &shown(file)));
    }
    Ok(())
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn is_encrypted(text: &str) -> bool {
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return true;
    }
    let body = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----").and_then(|(_, rest)| rest.split_once("-----END"));
    let Some(bytes) = body.and_then(|(body, _)| base64::decode(body)) else { return false };
    // The name of the cipher is the first thing in it.
    bytes.strip_prefix(b"openssh-key-v1\0").is_some_and(|rest| !rest.starts_with(b"\0\0\0\x04none"))
}
