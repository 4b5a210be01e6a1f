//! A real nginx in front of a platform, with files and addresses of the test's own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU8, Ordering};

use super::daemons::{Daemon, is_installed, start};

const PROGRAM: &str = "/usr/sbin/nginx";
const HTTP: u16 = 8080;
const HTTPS: u16 = 8443;

/// Answers `/heartbeat` as Open edX's does: from a file while that is there, else from the platform.
pub const HEARTBEAT: &str = "location /heartbeat { try_files /maintenance_heartbeat.txt @lms; }";

/// What it is to do.
pub struct Settings<'a> {
    /// The port of 127.0.0.1 at which the platform is.
    pub platform: u16,
    /// Its address.
    pub host: Ipv4Addr,
    /// A certificate and its key; without, it speaks plain HTTP only.
    pub certificate: Option<(&'a Path, &'a Path)>,
    /// What stands in its `server` block besides; `@lms` is the platform.
    pub server: &'a str,
}

/// One that runs. It ends with the test.
pub struct Nginx {
    daemon: Daemon,
    host: Ipv4Addr,
}

/// An address of loopback that no other test has, so that every port of it is free.
pub fn own_address() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = process::id().to_be_bytes();
    Ipv4Addr::new(127, high.clamp(1, 254), low, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Starts it with the static files `server-static` in its folder; none, with a message, where it is not installed.
pub fn nginx(settings: &Settings<'_>) -> Option<Nginx> {
    if !is_installed(PROGRAM) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("server-static")).unwrap();
    fs::write(folder.path().join("nginx.conf"), text(settings)).unwrap();
    let mut command = Command::new(PROGRAM);
    // Paths in its settings begin at the prefix.
    command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf"));
    let daemon = start(folder, SocketAddrV4::new(settings.host, HTTP), Vec::new(), &mut command);
    Some(Nginx { daemon, host: settings.host })
}

fn text(Settings { platform, host, certificate, server }: &Settings<'_>) -> String {
    // Its workers would be another user, who cannot read the folder. Only root may, and has to, name one.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let folders: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {kind};\n")).concat();
    let tls = certificate.map_or_else(String::new, |(path, key)| {
        let (path, key) = (path.display(), key.display());
        format!("listen {host}:{HTTPS} ssl; ssl_certificate {path}; ssl_certificate_key {key};")
    });
    format!(
        "daemon off; {user} worker_processes 1; pid pid; lock_file lock; error_log stderr;
         events {{ worker_connections 64; }}
         http {{
             access_log off; types {{ text/html html; text/plain txt; }}
             {folders}
             upstream lms {{ server 127.0.0.1:{platform} fail_timeout=0; }}
             server {{
                 listen {host}:{HTTP}; {tls}
                 root server-static;
                 location @lms {{ proxy_pass http://lms; proxy_read_timeout 1s; }}
                 {server}
             }}
         }}"
    )
}

impl Nginx {
    /// The platform's heartbeat, by plain HTTP.
    pub fn http(&self) -> String {
        format!("http://{}:{HTTP}/heartbeat", self.host)
    }

    /// The platform's heartbeat, by TLS.
    pub fn https(&self) -> String {
        format!("https://{}:{HTTPS}/heartbeat", self.host)
    }

    /// The heartbeat asked for with plain HTTP of the port for TLS, or the other way round.
    pub fn crossed(&self) -> [String; 2] {
        [format!("http://{}:{HTTPS}/heartbeat", self.host), format!("https://{}:{HTTP}/heartbeat", self.host)]
    }

    /// Its address.
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// Its port for plain HTTP, and the one for TLS.
    pub fn places(&self) -> (String, String) {
        (format!("{}:{HTTP}", self.host), format!("{}:{HTTPS}", self.host))
    }

    /// A static file of it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.daemon.folder.path().join("server-static").join(name)
    }
}
