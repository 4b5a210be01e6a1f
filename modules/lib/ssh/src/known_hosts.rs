//! The keys that a host is known by.
//!
//! Lines are read here, as `sshd(8)` says what they mean; only whether a hashed name is that of the host is asked of
//! libssh2, which reads neither patterns nor markers.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ssh2::{CheckResult, KnownHostFileKind, Session};

use crate::{Error, base64};

/// No file of known hosts is larger.
const LARGEST: u64 = 16 << 20;
/// Stands for a key, where only a name is looked for.
const ANY_KEY: (&str, &[u8]) = ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &[0; 24]);

/// What the files say of one host.
#[derive(Debug)]
pub struct KnownHost {
    /// Under its name and port.
    exact: Vec<Entry>,
    /// Under its name alone, where it listens on a port of its own: `ssh` takes these too, as long as the key is right
    /// and no other one of its kind is known for the port.
    by_name: Vec<Entry>,
    revoked: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    kind: String,
    key: Vec<u8>,
    file: PathBuf,
    line: usize,
}

impl Entry {
    fn place(&self) -> String {
        format!("{} line {}", self.file.display(), self.line)
    }
}

/// What is to be thought of a key that a host shows.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Known,
    /// Nothing is known of it, or only keys of another kind, and where.
    Unknown(Option<String>),
    /// Another key is known, and where.
    Changed(String),
    /// It shall not be used any more, and where that stands.
    Revoked(String),
}

impl KnownHost {
    /// Reads what `files` have of a host.
    pub fn read(session: &Session, files: &[PathBuf], host: &str, port: u16) -> Result<Self, Error> {
        let plain = host.to_lowercase();
        let with_port = if port == crate::Hop::PORT { plain.clone() } else { format!("[{plain}]:{port}") };
        let mut known = Self { exact: Vec::new(), by_name: Vec::new(), revoked: Vec::new() };
        for file in files {
            let text = read(file).map_err(|source| Error::KnownHosts { file: file.clone(), source })?;
            for (at, line) in text.lines().enumerate() {
                let Some(line) = Line::read(line) else { continue };
                let is_exact = line.is_of(session, &with_port);
                if !is_exact && !line.is_of(session, &plain) {
                    continue;
                }
                let entry = Entry { kind: line.kind.to_owned(), key: line.key, file: file.clone(), line: at + 1 };
                match line.marker {
                    Some("@revoked") => known.revoked.push(entry),
                    // A certificate authority's key is no host's, and what a marker of tomorrow means is not known.
                    Some(_) => {}
                    None if is_exact => known.exact.push(entry),
                    None => known.by_name.push(entry),
                }
            }
        }
        Ok(known)
    }

    /// The kinds of key that it is known by, in the order of the files.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds = Vec::new();
        for entry in self.exact.iter().chain(&self.by_name) {
            if !kinds.contains(&entry.kind.as_str()) {
                kinds.push(&entry.kind);
            }
        }
        kinds
    }

    /// Judges the key that it shows.
    pub fn judge(&self, key: &[u8]) -> Verdict {
        let same = |entry: &&Entry| entry.key == key;
        if let Some(entry) = self.revoked.iter().find(same) {
            return Verdict::Revoked(entry.place());
        }
        if self.exact.iter().any(|entry| same(&entry)) {
            return Verdict::Known;
        }
        let kind = kind_of(key);
        if let Some(entry) = self.exact.iter().find(|entry| Some(entry.kind.as_str()) == kind.as_deref()) {
            return Verdict::Changed(entry.place());
        }
        // Only where nothing is known of the port: otherwise whoever has the key of the host's own sshd would pass for
        // what listens on another port.
        if self.by_name.iter().any(|entry| same(&entry)) {
            return Verdict::Known;
        }
        let other = self.exact.first();
        Verdict::Unknown(
            other.map(|entry| format!("{} has only a key of the kind {} of it", entry.place(), entry.kind)),
        )
    }
}

/// The kind of a key, as the key itself says it.
pub fn kind_of(key: &[u8]) -> Option<String> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    let name = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    String::from_utf8(name.to_vec()).ok().filter(|name| name.chars().all(|c| c.is_ascii_graphic()))
}

/// A file that is not there holds nothing.
fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match File::open(file) {
        Ok(file) => file.take(LARGEST).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

struct Line<'a> {
    marker: Option<&'a str>,
    names: &'a str,
    kind: &'a str,
    key: Vec<u8>,
}

impl<'a> Line<'a> {
    /// None where the line holds no key.
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let names = words.next().filter(|names| !names.starts_with('#'))?;
        let kind = words.next()?;
        let key = base64::decode(words.next()?)?;
        Some(Self { marker, names, kind, key })
    }

    fn is_of(&self, session: &Session, name: &str) -> bool {
        if self.names.starts_with('|') {
            return is_hash_of(session, self.names, name);
        }
        let mut is_of = false;
        for pattern in self.names.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if fits(&pattern.to_lowercase(), name) => return false,
                Some(_) => {}
                None => is_of |= fits(&pattern.to_lowercase(), name),
            }
        }
        is_of
    }
}

fn is_hash_of(session: &Session, hash: &str, name: &str) -> bool {
    let Ok(mut hosts) = session.known_hosts() else { return false };
    let line = format!("{hash} ssh-ed25519 {}\n", ANY_KEY.0);
    hosts.read_str(&line, KnownHostFileKind::OpenSSH).is_ok()
        && !name.contains('\0')
        && matches!(hosts.check(name, ANY_KEY.1), CheckResult::Match)
}

/// Whether a name fits a pattern with `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star stood, and how much of the name it takes.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const OTHER: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn judge(text: &str, host: &str, port: u16) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        std::fs::write(&file, text).unwrap();
        let known = KnownHost::read(&Session::new().unwrap(), &[file, "/nowhere".into()], host, port).unwrap();
        let cut = |place: String| place.replace(&format!("{}/", folder.path().display()), "");
        match known.judge(&base64::decode(KEY).unwrap()) {
            Verdict::Known => Verdict::Known,
            Verdict::Unknown(place) => Verdict::Unknown(place.map(cut)),
            Verdict::Changed(place) => Verdict::Changed(cut(place)),
            Verdict::Revoked(place) => Verdict::Revoked(cut(place)),
        }
    }

    #[test]
    fn a_host_is_known_by_its_names_and_patterns() {
        for names in ["web", "WEB", "10.0.0.5,web", "w*", "w?b", "*", "*b*,!db"] {
            assert_eq!(judge(&format!("{names} ssh-ed25519 {KEY} comment\n"), "web", 22), Verdict::Known, "{names}");
        }
        for names in ["web2", "w", "w?", "*,!web", "[web]:2222", "we*b*c", "#web"] {
            let verdict = judge(&format!("{names} ssh-ed25519 {KEY}\n"), "web", 22);
            assert_eq!(verdict, Verdict::Unknown(None), "{names}");
        }
    }

    #[test]
    fn a_port_of_its_own_is_part_of_the_name() {
        assert_eq!(judge(&format!("[web]:2222 ssh-ed25519 {KEY}\n"), "web", 2222), Verdict::Known);
        assert_eq!(judge(&format!("[web]:2223 ssh-ed25519 {KEY}\n"), "web", 2222), Verdict::Unknown(None));
        // As ssh does it: the name alone is good enough for the right key, and says nothing of another one.
        assert_eq!(judge(&format!("web ssh-ed25519 {KEY}\n"), "web", 2222), Verdict::Known);
        assert_eq!(judge(&format!("web ssh-ed25519 {OTHER}\n"), "web", 2222), Verdict::Unknown(None));
    }

    #[test]
    fn another_key_for_the_port_is_a_change_whatever_is_known_by_the_name_alone() {
        for text in [
            format!("web ssh-ed25519 {KEY}\n[web]:2222 ssh-ed25519 {OTHER}\n"),
            format!("w* ssh-ed25519 {KEY}\n[web]:2222 ssh-ed25519 {OTHER}\n"),
        ] {
            assert_eq!(judge(&text, "web", 2222), Verdict::Changed("known_hosts line 2".to_owned()), "{text}");
        }
        // A key of another kind for the port says nothing of this one.
        let text = format!("web ssh-ed25519 {KEY}\n[web]:2222 ssh-rsa AAAAB3NzaC1yc2E=\n");
        assert_eq!(judge(&text, "web", 2222), Verdict::Known);
    }

    #[test]
    fn another_key_of_the_same_kind_is_a_change() {
        let text = format!("# hosts\n\nweb ssh-ed25519 {OTHER}\n");
        assert_eq!(judge(&text, "web", 22), Verdict::Changed("known_hosts line 3".to_owned()));
        assert_eq!(judge(&format!("{text}web ssh-ed25519 {KEY}\n"), "web", 22), Verdict::Known);
    }

    #[test]
    fn a_key_of_another_kind_makes_no_host_known() {
        let said = "known_hosts line 1 has only a key of the kind ssh-rsa of it".to_owned();
        assert_eq!(judge("web ssh-rsa AAAAB3NzaC1yc2E=\n", "web", 22), Verdict::Unknown(Some(said)));
    }

    #[test]
    fn a_revoked_key_is_never_good() {
        let text = format!("web ssh-ed25519 {KEY}\n@revoked * ssh-ed25519 {KEY}\n");
        assert_eq!(judge(&text, "web", 22), Verdict::Revoked("known_hosts line 2".to_owned()));
        assert_eq!(judge(&text, "web", 2222), Verdict::Revoked("known_hosts line 2".to_owned()));
    }

    #[test]
    fn an_authority_s_key_is_no_host_s() {
        for marker in ["@cert-authority", "@of-tomorrow"] {
            assert_eq!(judge(&format!("{marker} * ssh-ed25519 {KEY}\n"), "web", 22), Verdict::Unknown(None));
        }
    }

    #[test]
    fn lines_of_rubbish_are_passed_over() {
        let text = format!("web\nweb ssh-ed25519\nweb ssh-ed25519 ***\n|1|x|y ssh-ed25519 {KEY}\n|1| a {KEY}\n\0\n|\n");
        assert_eq!(judge(&text, "web", 22), Verdict::Unknown(None));
    }
}
