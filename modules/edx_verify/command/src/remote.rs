//! Reads what an application server has written down, over an SSH connection. Nothing of it is stored here.

use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use edx_layout::ThisHost;
use ssh::{Connection, Hop};

use crate::error::Error;

/// The most bytes that are taken of a server's settings: a native install has less than one MB of them.
const MAX_ARCHIVE: usize = 64 * 1024 * 1024;
/// The most bytes of a command's words.
const MAX_WORDS: usize = 64 * 1024;

/// Prints the settings files, and the other files that follow, as a tar archive. Links are followed, as Open edX does;
/// what is absent is left out, and folders whose name ends in .yml are no settings.
const ARCHIVE: &str = r#"
folder=$1
shift
{
  find "$folder/" -maxdepth 1 \( -name '*.yml' -o -name '*.yaml' \) ! -name '.*' ! -type d -print
  for file in "$@"; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
} | tar --create --file=- --dereference --no-recursion --absolute-names --ignore-failed-read --files-from=-
"#;

/// What was read.
pub struct Archive {
    /// Each file, under its name on the server.
    pub files: Vec<(PathBuf, Vec<u8>)>,
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
    let here = this_host(server, time)?;
    let mut command = String::from("sh -s -- ");
    let is_root = words(server, "id -u", time)?.trim() == "0";
    if !is_root {
        // Its own words, when it fails: they say that a password is needed.
        command.insert_str(0, "sudo -n ");
    }
    for path in std::iter::once(folder).chain(others.iter().map(PathBuf::as_path)) {
        command.push_str(&quoted(path));
        command.push(' ');
    }
    let output = server.run(&command, ARCHIVE.as_bytes(), Instant::now() + time, MAX_ARCHIVE).map_err(Error::Ssh)?;
    let files = unpack(&output.stdout);
    if files.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(if said.contains("sudo") {
            Error::Sudo { server: hop.to_string(), said }
        } else {
            Error::NoSettings { server: hop.to_string(), folder: folder.to_owned(), said }
        });
    }
    Ok(Archive { files, here })
}

fn this_host(server: &Connection, time: Duration) -> Result<ThisHost, Error> {
    let name = words(server, "uname -n", time)?.trim().to_owned();
    let addresses: Vec<IpAddr> =
        words(server, "hostname -I", time)?.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    Ok(ThisHost { addresses, name: Some(name).filter(|name| !name.is_empty()) })
}

fn words(server: &Connection, command: &str, time: Duration) -> Result<String, Error> {
    let output = server.run(command, b"", Instant::now() + time, MAX_WORDS).map_err(Error::Ssh)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(quoted(Path::new("/edx/etc")), "'/edx/etc'");
        assert_eq!(quoted(Path::new("/it's $HOME")), r"'/it'\''s $HOME'");
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
