//! A host to run the module on, without touching this machine.
//!
//! apt-get, apt-cache, dpkg-query and systemctl are stand-ins: small scripts first on the PATH that
//! keep their state in files and write down how they were called. memcached itself is the real one,
//! started by the stand-in for systemctl with the options of the configuration file, on loopback.

#![allow(dead_code)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use memcached::{Client, Endpoint};
use serde_json::{Value, json};
use tempfile::TempDir;

const MEMCACHED: &str = "/usr/bin/memcached";

/// Starts as Debian's start script would, but through no shell. `wrapper` stands for a service that
/// reads another file.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "systemctl $*" >> "$HOST/calls"
runs() {
    [ -e "$HOST/pid" ] && grep -q '^State:.[^Z]' "/proc/$(cat "$HOST/pid")/status" 2>/dev/null
}
start() {
    runs && return
    [ -e "$HOST/refuses" ] && { cat "$HOST/refuses" >&2; exit 1; }
    file="$HOST/memcached.conf"
    [ -e "$HOST/other.conf" ] && file="$HOST/other.conf"
    options=$(sed -e 's/#.*//' -e '/^-[dh]/d' -e '/^-/!d' "$file")
    /usr/bin/memcached $options >/dev/null 2>&1 &
    echo $! > "$HOST/pid"
}
stop() {
    [ -e "$HOST/pid" ] || return
    pid=$(cat "$HOST/pid")
    rm "$HOST/pid"
    kill "$pid" 2>/dev/null
    while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
}
case "$1" in
is-system-running)
    if [ -e "$HOST/offline" ]; then echo offline; exit 1; fi
    echo running ;;
show)
    [ "$3" = UnitPath ] && { echo "UnitPath=/run/systemd/transient $HOST/etc/systemd/system /lib/systemd/system"; exit; }
    load=not-found; active=inactive; file=; pid=0
    [ -e "$HOST/memcached.deb" ] && load=loaded && file=disabled
    [ -e "$HOST/enabled" ] && file=enabled
    [ -e "$HOST/masked" ] && load=masked && file=masked
    if [ -e "$HOST/pid" ]; then
        if runs; then active=active pid=$(cat "$HOST/pid"); else active=failed; fi
    fi
    printf 'LoadState=%s\nActiveState=%s\nUnitFileState=%s\nMainPID=%s\n' $load $active "$file" "$pid" ;;
enable) touch "$HOST/enabled" ;;
start) start ;;
restart) stop; start ;;
stop) stop ;;
reset-failed) grep -q 'too often' "$HOST/refuses" 2>/dev/null && rm "$HOST/refuses" ;;
esac
"#;

/// The package enables and starts its service, as Debian's does.
const APT_GET: &str = r#"#!/bin/sh
echo "apt-get $*" >> "$HOST/calls"
while [ "$1" = -y ] || [ "$1" = -q ] || [ "$1" = -o ]; do
    [ "$1" = -o ] && shift
    shift
done
[ -e "$HOST/apt-fails" ] && { cat "$HOST/apt-fails" >&2; exit 100; }
action=$1
shift
case "$action" in
update) echo 1.6.18-1 > "$HOST/candidate" ;;
install)
    shift
    for package; do
        [ -e "$HOST/candidate" ] || { echo "E: Unable to locate package $package" >&2; exit 100; }
        if [ "$package" = memcached ]; then
            [ -e "$HOST/memcached.conf" ] || echo "no configuration at the time of installation" >> "$HOST/calls"
            [ -e "$HOST/memcached.deb" ] || { systemctl enable memcached; systemctl start memcached; }
        fi
        cp "$HOST/candidate" "$HOST/$package.deb"
    done ;;
remove | purge)
    for package; do
        rm "$HOST/$package.deb"
        [ "$package" = memcached ] && { systemctl stop memcached; rm "$HOST/enabled"; }
        [ "$action$package" = purgememcached ] && rm -f "$HOST/memcached.conf"
    done ;;
esac
exit 0
"#;

const DPKG_QUERY: &str = r#"#!/bin/sh
if [ -e "$HOST/$4.deb" ]; then echo "installed $(cat "$HOST/$4.deb")"; exit 0; fi
echo "dpkg-query: no packages found matching $4" >&2
exit 1
"#;

const APT_CACHE: &str = r#"#!/bin/sh
[ -e "$HOST/candidate" ] || exit 0
printf '%s:\n  Installed: (none)\n  Candidate: %s\n' "$2" "$(cat "$HOST/candidate")"
"#;

const SERVICE: &str = r#"#!/bin/sh
echo "service $*" >> "$HOST/calls"
case "$2" in
status) [ -e "$HOST/pid" ] ;;
*) exec systemctl "$2" "$1" ;;
esac
"#;

const UPDATE_RC_D: &str = r#"#!/bin/sh
echo "update-rc.d $*" >> "$HOST/calls"
"#;

/// Says why a test that needs the daemon is skipped, where it is not installed.
pub fn has_memcached() -> bool {
    let there = Path::new(MEMCACHED).exists();
    if !there {
        println!("skipped: {MEMCACHED} is not installed");
    }
    there
}

pub struct Host {
    folder: TempDir,
    pub port: u16,
}

/// What the module said.
pub struct Said {
    pub result: Value,
}

impl Host {
    /// A host without memcached, that has package lists.
    pub fn fresh() -> Self {
        let host = Self { folder: tempfile::tempdir().unwrap(), port: free_port() };
        let programs = host.path("bin");
        fs::create_dir(&programs).unwrap();
        for (name, script) in [
            ("systemctl", SYSTEMCTL),
            ("apt-get", APT_GET),
            ("dpkg-query", DPKG_QUERY),
            ("apt-cache", APT_CACHE),
            ("service", SERVICE),
            ("update-rc.d", UPDATE_RC_D),
            ("journalctl", "#!/bin/sh\ncat \"$HOST/journal\" 2>/dev/null\n"),
        ] {
            let path = programs.join(name);
            fs::write(&path, script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        host.put("candidate", "1.6.18-1\n");
        host
    }

    /// A host where the module has installed memcached already.
    pub fn installed() -> Self {
        let host = Self::fresh();
        host.run(json!({})).succeeds();
        host.forget_calls();
        host
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("memcached.conf")
    }

    pub fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// How the stand-ins were called to change something, in order.
    pub fn calls(&self) -> Vec<String> {
        let reads = |line: &&str| {
            !["systemctl show", "systemctl is-system-running", "service memcached status"]
                .iter()
                .any(|read| line.starts_with(read))
        };
        self.read("calls").lines().filter(reads).map(str::to_owned).collect()
    }

    pub fn forget_calls(&self) {
        let _ = fs::remove_file(self.path("calls"));
    }

    /// Runs the module as Ansible does, on loopback and a free port unless told otherwise.
    pub fn run(&self, options: Value) -> Said {
        self.run_with(options, json!({"_ansible_diff": true}))
    }

    pub fn check(&self, options: Value) -> Said {
        self.run_with(options, json!({"_ansible_diff": true, "_ansible_check_mode": true}))
    }

    fn run_with(&self, options: Value, how: Value) -> Said {
        let mut given = json!({
            "listen": ["127.0.0.1"],
            "port": self.port,
            "user": "nobody",
            "config_file": self.config(),
            "timeout": 10,
            "lock_timeout": 0,
        });
        for (name, value) in [options, how].iter().flat_map(|map| map.as_object().unwrap()) {
            given[name] = value.clone();
        }
        let arguments = self.path("arguments.json");
        fs::write(&arguments, given.to_string()).unwrap();
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.path("bin").display());
        let output = assert_cmd::Command::cargo_bin("memcached_install")
            .unwrap()
            .env("PATH", path)
            .env("HOST", self.folder.path())
            .arg(&arguments)
            .output()
            .unwrap();
        fs::remove_file(&arguments).unwrap();
        let result = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)));
        Said { result }
    }

    pub fn client(&self) -> Client {
        let endpoint = Endpoint::tcp("127.0.0.1", self.port);
        Client::connect(&endpoint, Duration::from_secs(5)).unwrap()
    }

    /// Starts a memcached that is not the service, with the options of a configuration file.
    pub fn start_other(&self, configuration: &[u8]) -> Other {
        let text = String::from_utf8(configuration.to_vec()).unwrap();
        let options: Vec<&str> =
            text.lines().filter(|line| line.starts_with('-')).flat_map(str::split_whitespace).collect();
        let process = Command::new(MEMCACHED).args(options).spawn().unwrap();
        self.wait_until(true);
        Other(process)
    }

    pub fn wait_until_silent(&self) {
        self.wait_until(false);
    }

    fn wait_until(&self, answers: bool) {
        let endpoint = Endpoint::tcp("127.0.0.1", self.port);
        while Client::connect(&endpoint, Duration::from_secs(5)).is_ok() != answers {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every file with its bytes and time of change, the stand-ins' record left out.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file() && !path.ends_with("calls"))
            .map(|path| {
                let time = fs::metadata(&path).unwrap().modified().unwrap();
                (path.clone(), fs::read(&path).unwrap(), time)
            })
            .collect();
        files.sort();
        files
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let pid = self.read("pid");
        if !pid.trim().is_empty() {
            let _ = Command::new("kill").arg(pid.trim()).stderr(Stdio::null()).status();
        }
    }
}

/// A memcached that is ended with the test.
pub struct Other(Child);

impl Other {
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Said {
    #[track_caller]
    pub fn succeeds(self) -> Value {
        assert_eq!(self.result.get("failed"), None, "{:#}", self.result);
        self.result
    }

    /// The failure's message.
    #[track_caller]
    pub fn fails(&self) -> &str {
        assert_eq!(self.result["failed"], true, "{:#}", self.result);
        self.result["msg"].as_str().unwrap()
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
