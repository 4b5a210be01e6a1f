//! Reads what an application server has written down, over an SSH connection. Nothing of it is stored here.

use std::ffi::OsStr;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use edx_layout::{MAX_FILE, ReadError, RefusedReason, ThisHost};
use ssh::{Connection, Hop};

use crate::error::Error;

/// The most bytes that are taken of a server's settings: a native install has less than one MB of them.
const MAX_ARCHIVE: usize = 64 * 1024 * 1024;
/// The most bytes of a command's words.
const MAX_WORDS: usize = 64 * 1024;
/// So much of what a server says is shown.
const LONGEST_WORDS: usize = 300;

/// Runs what follows as root: as it is where the user is root, otherwise with sudo, whose own words tell when it wants
/// a password. One word for any login shell.
const AS_ROOT: &str = r#"sh -c 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n "$@"; fi' sh"#;
/// Prints a mark, then the settings files and the other files that follow as a tar archive. What is listed of a
/// folder, and under which name, is what a look on the server itself lists: a link to a file of the folder stands for
/// that file, and what is neither a file nor a broken link is no settings file. Standard error tells of each, between
/// zero bytes.
const ARCHIVE: &str = r#"
LC_ALL=C
export LC_ALL
folder=${1%/} most=$2
shift 2
printf '\0edx_verify\0'
cd "$folder/" || exit
real=$(pwd -P)
tell() { printf '\0%s %s %s\0' "$1" "$2" "$3" >&2; }
give() {
  if [ ! -e "$1" ]; then
    if [ -L "$1" ]; then tell dangling 0 "$1"; fi
    return
  fi
  if [ ! -f "$1" ]; then
    if [ "$2" = named ]; then tell special 0 "$1"; fi
    return
  fi
  file=$1
  if [ -L "$file" ] && [ "$2" = listed ]; then
    target=$(readlink -f "$file")
    case $target in "$real"/*) file=$folder/${target#"$real"/} ;; esac
  fi
  size=$(stat -L -c %s "$file")
  if [ "$size" -gt "$most" ]; then
    tell large "$size" "$file"
  else
    tell file "$size" "$file"
    printf '%s\0' "$file"
  fi
}
{
  for file in "$folder"/*; do case $file in *.yml | *.yaml) give "$file" listed ;; esac done
  for file in "$@"; do give "$file" named; done
} | tar --create --file=- --dereference --hard-dereference --no-recursion --absolute-names --ignore-failed-read \
  --null --files-from=-
"#;
/// Prints a mark, the server's name, and its addresses; the status is that of the last. What a shell does not find is
/// told on standard error.
const KNOWN_BY: &str = r"
LC_ALL=C
export LC_ALL
printf '\0edx_verify\0'
uname -n
ip -o addr show || hostname -I
";
/// What comes before the answer: a login shell's own files may have said something before.
pub const MARK: &[u8] = b"\0edx_verify\0";

/// What was read.
pub struct Archive {
    /// Each file, under its name on the server, or why it was not read.
    pub files: Vec<(PathBuf, Result<Vec<u8>, String>)>,
    /// What the server is known by.
    pub here: ThisHost,
}

/// Reads the settings of `folder`, and `others`, as root.
pub fn read(
    server: &Connection,
    hop: &Hop,
    folder: &Path,
    others: &[PathBuf],
    time: Duration,
) -> Result<Archive, Error> {
    let here = this_host(server, hop, time)?;
    let mut command = format!("{AS_ROOT} sh -s -- {} {MAX_FILE}", quoted(&folder.display().to_string()));
    for path in others {
        command.push(' ');
        command.push_str(&quoted(&path.display().to_string()));
    }
    let output = server.run(&command, ARCHIVE.as_bytes(), Instant::now() + time, MAX_ARCHIVE).map_err(Error::Ssh)?;
    let (told, said) = told(&output.stderr);
    let Some(archive) = after(&output.stdout, MARK) else {
        return Err(Error::Sudo { server: hop.to_string(), said });
    };
    let files = put_together(&unpack(archive), told, &said);
    if files.iter().all(|(path, content)| content.is_err() || !path.starts_with(folder)) {
        return Err(Error::NoSettings { server: hop.to_string(), folder: folder.to_owned(), said });
    }
    Ok(Archive { files, here })
}

/// What the server is known by. Without its own addresses, a data server on it would count as one elsewhere.
fn this_host(server: &Connection, hop: &Hop, time: Duration) -> Result<ThisHost, Error> {
    let output = server.run("sh -s", KNOWN_BY.as_bytes(), Instant::now() + time, MAX_WORDS).map_err(Error::Ssh)?;
    let words = String::from_utf8_lossy(after(&output.stdout, MARK).unwrap_or_default()).into_owned();
    let (name, listed) = words.split_once('\n').unwrap_or_default();
    let addresses = if output.status == Some(0) { own_addresses(listed, &hop.host) } else { Vec::new() };
    if addresses.is_empty() {
        return Err(Error::Addresses { server: hop.to_string(), said: plain(&output.stderr) });
    }
    Ok(ThisHost { addresses, name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()) })
}

/// What is listed, and what the session leads to: where a firewall translates addresses, no interface has that one.
fn own_addresses(listed: &str, host: &str) -> Vec<IpAddr> {
    let mut all = addresses(listed);
    let of_session = host.parse().ok().filter(is_its_own);
    all.extend(of_session.filter(|address| !all.contains(address)));
    all
}

/// The addresses of `ip -o addr show` (`2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 ...`) or `hostname -I` (addresses
/// alone), without loopback ones.
fn addresses(listed: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in listed.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let own = match words.iter().position(|word| matches!(*word, "inet" | "inet6")) {
            Some(at) => words.get(at + 1..at + 2).unwrap_or_default(),
            None => &words,
        };
        let parsed = own.iter().filter_map(|word| word.split('/').next()?.parse().ok());
        found.extend(parsed.filter(is_its_own));
    }
    found
}

fn is_its_own(address: &IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified()
}

/// What a server said, short, and fit for a terminal.
fn plain(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    said.trim().chars().take(LONGEST_WORDS).map(printable).collect()
}

/// What follows the mark.
pub fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some(&bytes[at + mark.len()..])
}

/// A file that the server told of.
struct Told {
    path: PathBuf,
    /// Why it is not in the archive.
    refused: Option<String>,
}

/// What standard error tells of files, broken links and the like last, and what else was said there.
fn told(stderr: &[u8]) -> (Vec<Told>, String) {
    let (mut files, mut broken, mut said) = (Vec::new(), Vec::new(), String::new());
    for piece in stderr.split(|byte| *byte == 0) {
        let text = String::from_utf8_lossy(piece);
        match one(&text, piece) {
            Some((file, true)) => files.push(file),
            Some((file, false)) => broken.push(file),
            None => said.push_str(&text),
        }
    }
    files.extend(broken);
    (files, said.trim().to_owned())
}

/// One file, and whether it is a regular one.
fn one(text: &str, piece: &[u8]) -> Option<(Told, bool)> {
    let mut words = text.splitn(3, ' ');
    let (kind, size) = (words.next()?, words.next()?.parse().ok()?);
    let name = piece.get(kind.len() + 1 + text[kind.len() + 1..].find(' ')? + 1..)?;
    let refused = match kind {
        "file" => None,
        "large" => Some(ReadError::TooLarge { size }.to_string()),
        "dangling" => Some(RefusedReason::Dangling.to_string()),
        "special" => Some(RefusedReason::NotAFile.to_string()),
        _ => return None,
    };
    let is_regular = matches!(kind, "file" | "large");
    Some((Told { path: PathBuf::from(OsStr::from_bytes(name)), refused }, is_regular))
}

/// Each file that was told of, once, with what came of it.
fn put_together(came: &[(PathBuf, Vec<u8>)], told: Vec<Told>, said: &str) -> Vec<(PathBuf, Result<Vec<u8>, String>)> {
    let content = |path: &Path, refused: Option<String>| {
        if let Some(reason) = refused {
            return Err(reason);
        }
        if let Some((_, content)) = came.iter().find(|(known, _)| known == path) {
            return Ok(content.clone());
        }
        let name = path.display().to_string();
        let line = said.lines().find(|line| line.contains(&name)).unwrap_or("the server did not send it");
        Err(format!("it cannot be read: {line}"))
    };
    told.into_iter().map(|Told { path, refused }| (path.clone(), content(&path, refused))).collect()
}

/// The regular files of an archive. One that breaks off gives what came before.
fn unpack(archive: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut archive = tar::Archive::new(archive);
    let Ok(entries) = archive.entries() else { return Vec::new() };
    entries
        .map_while(Result::ok)
        .filter(|entry| entry.header().entry_type().is_file())
        .filter_map(|mut entry| {
            let path = entry.path().ok()?.into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).ok()?;
            Some((path, content))
        })
        .collect()
}

/// For a POSIX shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_for_a_shell() {
        assert_eq!(quoted("/edx/etc"), "'/edx/etc'");
        assert_eq!(quoted("/it's $HOME"), r"'/it'\''s $HOME'");
    }

    #[test]
    fn a_server_s_own_addresses_are_read_from_either_list() {
        let ip = "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n\
            1: lo    inet6 ::1/128 scope host \n\
            2: eth0    inet 10.0.1.10/24 brd 10.0.1.255 scope global eth0\\       valid_lft forever\n\
            2: eth0    inet6 fd00::2/64 scope global \n\
            3: tun0    inet 10.8.0.2 peer 10.8.0.1/32 scope global tun0\n";
        let read = |listed| addresses(listed).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read(ip), ["10.0.1.10", "fd00::2", "10.8.0.2"]);
        assert_eq!(read("10.0.1.10 fd00::2 \n"), ["10.0.1.10", "fd00::2"]);
        let with_session = |host| own_addresses("10.0.1.10 \n", host).len();
        assert_eq!(["203.0.113.7", "10.0.1.10", "127.0.0.1", "app1"].map(with_session), [2, 1, 1, 1]);
        assert!(read("1: lo    inet 127.0.0.1/8 scope host lo\n").is_empty() && read("\n").is_empty());
    }

    #[test]
    fn a_file_that_was_told_of_and_did_not_come_has_the_reason() {
        let stderr = b"\0file 3 /e/a.yml\0tar: /e/b c.yml: Cannot open: Permission denied\n\0file 9 /e/b c.yml\0\
            \0dangling 0 /e/d.yml\0\0large 99 /e/e.yml\0\0file 1 /e/f.yml\0sudo: a lecture\n";
        let (told, said) = told(stderr);
        assert_eq!(said, "tar: /e/b c.yml: Cannot open: Permission denied\nsudo: a lecture");
        let files = put_together(&[(PathBuf::from("/e/a.yml"), b"a: ".to_vec())], told, &said);
        let expected = [
            ("/e/a.yml", Ok(b"a: ".to_vec())),
            ("/e/b c.yml", Err("it cannot be read: tar: /e/b c.yml: Cannot open: Permission denied")),
            ("/e/e.yml", Err("it has 99 bytes, more than any settings file (16777216); see what it is")),
            ("/e/f.yml", Err("it cannot be read: the server did not send it")),
            ("/e/d.yml", Err("it is a symbolic link that leads nowhere; remove it")),
        ];
        assert_eq!(files, expected.map(|(path, content)| (PathBuf::from(path), content.map_err(str::to_owned))));
    }

    #[test]
    fn what_a_login_shell_says_before_the_mark_is_passed_over() {
        assert_eq!(after(b"Welcome\n\0edx_verify\0rest", MARK), Some(&b"rest"[..]));
        assert_eq!(after(b"sh: sudo: not found", MARK), None);
    }

    #[test]
    fn an_archive_that_breaks_off_gives_what_came_before() {
        let mut builder = tar::Builder::new(Vec::new());
        for name in ["edx/etc/lms.yml", "edx/etc/studio.yml"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(3);
            header.set_cksum();
            builder.append_data(&mut header, name, &b"a: "[..]).unwrap();
        }
        let archive = builder.into_inner().unwrap();
        assert_eq!(unpack(&archive).len(), 2);
        let names: Vec<PathBuf> = unpack(&archive[..1024 + 100]).into_iter().map(|(path, _)| path).collect();
        assert_eq!(names, ["edx/etc/lms.yml"].map(PathBuf::from));
        assert!(unpack(b"bash: tar: command not found").is_empty());
    }
}
