//! Where else the old server, or its port, may still stand.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};

use edx_layout::{Endpoint, ThisHost};

use crate::content::Content;
use crate::service::Words;

/// More mentions than this in one file are counted, not listed.
const LISTED_PER_FILE: usize = 20;

/// The texts that mean a server that is no longer used.
#[derive(Debug)]
pub struct Needles {
    service: &'static Words,
    ports: Vec<String>,
    names: Vec<String>,
    /// The servers to be used, which are no leftovers.
    current: Vec<String>,
}

/// A place that was found.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// The file.
    pub file: PathBuf,
    /// Its line, counted from 1.
    pub line: usize,
    /// The setting that stands there; none in a comment, a key or a file that
    /// is not a settings file.
    pub key_path: Option<String>,
    /// The port or name that stands there.
    pub needle: String,
    /// Whose server that was.
    pub service: &'static Words,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// The first places.
    pub listed: Vec<Leftover>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if let Some(key_path) = &self.key_path {
            write!(f, "{key_path}: ")?;
        }
        write!(
            f,
            "\"{}\" stands here outside of {}, so it was left alone; change it by hand if it means the old {}",
            self.needle, self.service.place, self.service.layer
        )
    }
}

impl Needles {
    /// The port of every server in `old` and the service's own, and the names
    /// that stand without a port; `current` are the servers to be used.
    pub fn new(service: &'static Words, old: &[(String, Endpoint)], current: &[Endpoint]) -> Self {
        let mut ports = vec![service.port.to_string()];
        let mut names: Vec<String> = service.role_name.into_iter().map(str::to_owned).collect();
        let nowhere = ThisHost::default();
        for (text, endpoint) in old {
            match (endpoint, endpoint.port()) {
                (Endpoint::Unix(path), _) => add(&mut names, path.clone()),
                (_, Some(port)) if text.ends_with(&format!(":{port}")) => add(&mut ports, port.to_string()),
                // Each file has a dozen places that rightly say localhost.
                _ if nowhere.is_local(endpoint) => {}
                _ => add(&mut names, text.clone()),
            }
        }
        let current = current.iter().map(ToString::to_string).collect();
        Self { service, ports, names, current }
    }

    /// The offsets of all needles in `text`, in order, each with the number of
    /// its needle.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let in_number = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        let in_name = |c: u8| c.is_ascii_alphanumeric() || b"_.-/".contains(&c);
        for (number, needle) in self.ports.iter().chain(&self.names).enumerate() {
            let is_port = number < self.ports.len();
            let in_word: &dyn Fn(u8) -> bool = if is_port { &in_number } else { &in_name };
            for (at, _) in text.match_indices(needle.as_str()) {
                let end = at + needle.len();
                let is_another =
                    if is_port { self.is_current(&text[..end]) } else { self.has_other_port(&text[end..]) };
                if is_whole(text, at..end, in_word) && !is_another {
                    found.push((at, number));
                }
            }
        }
        found.sort_unstable();
        found
    }

    fn needle(&self, number: usize) -> &str {
        self.ports.iter().chain(&self.names).nth(number).map_or("", String::as_str)
    }

    /// Whether `rest`, which follows a name, says that another kind of server of that host is meant.
    fn has_other_port(&self, rest: &str) -> bool {
        let number = rest.strip_prefix(':').unwrap_or_default();
        let number = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
        !number.is_empty() && !self.ports.iter().any(|port| port == number)
    }

    fn is_current(&self, text: &str) -> bool {
        self.current.iter().any(|server| {
            text.strip_suffix(server.as_str())
                .is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_alphanumeric() || ".-_".contains(c)))
        })
    }

    /// Whether names are among them, which other kinds of servers may have, too.
    pub fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// The places in a settings file, without those in `spans` (the bytes of
    /// the values by which the service's servers are named, in order) and those
    /// at or below one of the key paths `others`, which name other servers.
    pub fn in_content(&self, file: &Path, content: &Content, spans: &[(usize, usize)], others: &[String]) -> Leftovers {
        let is_other = |key_path: &String| {
            let rest = |other: &String| key_path.strip_prefix(other.as_str());
            others.iter().filter_map(rest).any(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let source = content.source();
        let mut places = self.find(source);
        places.retain(|(at, _)| {
            let next = spans.partition_point(|(start, _)| start <= at);
            next.checked_sub(1).is_none_or(|index| *at >= spans[index].1)
        });
        let offsets: Vec<usize> = places.iter().map(|(at, _)| *at).collect();
        let mut key_paths = content.key_paths(&offsets);
        let mut found = Leftovers::default();
        let (mut line, mut counted, mut last) = (1, 0, 0);
        for (at, number) in places {
            line += source[counted..at].matches('\n').count();
            counted = at;
            if line != last {
                last = line;
                let key_path = key_paths.remove(&at);
                if key_path.as_ref().is_some_and(is_other) {
                    continue;
                }
                found.add(Leftover {
                    file: file.to_path_buf(),
                    line,
                    key_path,
                    needle: self.needle(number).to_owned(),
                    service: self.service,
                });
            }
        }
        found
    }

    /// The places in a file that is not a settings file. It is read line by
    /// line, so that its size does not matter.
    pub fn in_file(&self, file: &Path) -> io::Result<Leftovers> {
        let mut reader = BufReader::new(File::open(file)?);
        let mut found = Leftovers::default();
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            if reader.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            if let Some((_, number)) = self.find(&String::from_utf8_lossy(&bytes)).first() {
                let needle = self.needle(*number).to_owned();
                let file = file.to_path_buf();
                found.add(Leftover { file, line, key_path: None, needle, service: self.service });
            }
        }
        Ok(found)
    }
}

impl Leftovers {
    fn add(&mut self, place: Leftover) {
        if self.listed.len() < LISTED_PER_FILE {
            self.listed.push(place);
        } else {
            self.more += 1;
        }
    }

    /// A warning for each place; one more says how many are not listed.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let more = self.listed.last().filter(|_| self.more > 0).map(|last| {
            format!(
                "{}: {} more lines after line {} name the old {} or its port",
                last.file.display(),
                self.more,
                last.line,
                last.service.layer
            )
        });
        self.listed.iter().map(ToString::to_string).chain(more)
    }
}

fn add(texts: &mut Vec<String>, text: String) {
    if !texts.contains(&text) {
        texts.push(text);
    }
}

/// Whether neither neighbour of `at` continues the word.
fn is_whole(text: &str, at: Range<usize>, in_word: &dyn Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let before = at.start.checked_sub(1).and_then(|index| bytes.get(index));
    let after = bytes.get(at.end);
    !before.is_some_and(|byte| in_word(*byte)) && !after.is_some_and(|byte| in_word(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edx_layout::Layer;

    static MEMCACHED: Words = Words {
        name: "memcached",
        layer: Layer::Memcached,
        port: 11211,
        role_name: Some("memcache"),
        example: "",
        user: "cache",
        user_in_full: "memcached cache",
        values: "cache locations",
        place: "a cache's LOCATION",
        field: "caches",
        shares_hosts: false,
        no_login: "",
        once: "",
    };

    fn needles() -> Needles {
        let old = ["localhost:11212", "oldcache"].map(|text| (text.to_owned(), text.parse().unwrap()));
        Needles::new(&MEMCACHED, &old, &["172.31.5.10:11211".parse().unwrap()])
    }

    fn found(text: &str) -> Vec<String> {
        let needles = needles();
        needles.find(text).iter().map(|(at, number)| format!("{at} {}", needles.needle(*number))).collect()
    }

    #[test]
    fn ports_are_found_as_whole_numbers() {
        assert_eq!(found("localhost:11211 -p 11212"), ["10 11211", "19 11212"]);
        assert!(found("pw11211 112110 0x11211 a_11211 11213").is_empty());
    }

    #[test]
    fn names_are_found_as_whole_names() {
        assert_eq!(found("host=memcache oldcache"), ["5 memcache", "14 oldcache"]);
        assert!(found("util.memcache.safe_key memcached /memcache/x my-oldcache").is_empty());
        assert_eq!(found("oldcache:11212 oldcache:3306 oldcache: 1"), ["0 oldcache", "9 11212", "29 oldcache"]);
    }

    #[test]
    fn the_new_server_is_not_a_leftover() {
        assert!(found("see 172.31.5.10:11211").is_empty());
        assert_eq!(found("see 1172.31.5.10:11211"), ["17 11211"]);
    }

    #[test]
    fn a_place_has_its_line_and_key_path() {
        let content = Content::parse(
            Path::new("lms.yml"),
            "A:\n  B: [x, 'tcp://h:11211/']\n# 11211\n11211: 1\nC: |\n  x\n  11211\nD: 11211 11211\n",
        )
        .unwrap();
        let leftovers = needles().in_content(Path::new("lms.yml"), &content, &[], &["C.x".to_owned()]);
        let shown: Vec<_> = leftovers.listed.iter().map(|place| (place.line, place.key_path.as_deref())).collect();
        assert_eq!(shown, [(2, Some("A.B[1]")), (3, None), (4, None), (7, Some("C")), (8, Some("D"))]);
        assert_eq!(
            leftovers.listed[0].to_string(),
            "lms.yml:2: A.B[1]: \"11211\" stands here outside of a cache's LOCATION, so it was left alone; change it by hand if it means the old memcached"
        );
    }

    #[test]
    fn many_places_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.txt");
        std::fs::write(&file, "port 11211\n".repeat(25)).unwrap();
        let leftovers = needles().in_file(&file).unwrap();
        let warnings: Vec<_> = leftovers.warnings().collect();
        assert_eq!(warnings.len(), 21);
        assert_eq!(
            warnings[20],
            format!("{}: 5 more lines after line 20 name the old memcached or its port", file.display())
        );
    }

    #[test]
    fn a_file_of_any_bytes_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("core");
        std::fs::write(&file, b"\xff\xfe\n\xff 11211\n").unwrap();
        assert_eq!(needles().in_file(&file).unwrap().listed[0].line, 2);
    }
}
