//! LMS and Studio on loopback: the Django site that stands in for Open edX on Molecule's hosts, with a real memcached.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use ansible_protocol::{Value, json};
use tempfile::TempDir;

use super::daemon::{Daemon, memcached};

/// The password of every user of the site.
pub const PASSWORD: &str = "not-for-output-staff";

const GUNICORN: &str = "/usr/bin/gunicorn";
const DJANGO: &str = "/usr/lib/python3/dist-packages/django";
const PORT: u16 = 18000;

/// What LMS and Studio share, and what they are told.
pub struct Platform {
    folder: TempDir,
    /// The default cache's server.
    pub cache: Daemon,
    /// The LMS's own address.
    pub lms: String,
    /// Studio's own address.
    pub studio: String,
    /// What `lms.yml` holds.
    pub lms_settings: Value,
    /// What `studio.yml` holds.
    pub studio_settings: Value,
    /// A certificate, and its key, for those that are asked with https://.
    certificate: Option<[PathBuf; 2]>,
}

/// A running LMS or Studio.
pub struct Program(Child);

/// How Studio signs in.
#[derive(Clone, Copy)]
pub enum Form {
    /// With the LMS's session, up to Lilac.
    Shared,
    /// By OAuth, from Maple on.
    OAuth,
}

/// An address that no other test uses, so that each server is a host of its own with its own cookies.
pub fn host() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let pid = process::id();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("127.{}.{}.{number}", 64 + (pid >> 8) % 128, pid % 256)
}

impl Platform {
    /// One that works, not running yet; none, with a message, where something that it takes is not installed.
    pub fn new(form: Form) -> Option<Self> {
        for needed in [GUNICORN, DJANGO] {
            if !Path::new(needed).exists() {
                println!("skipped: {needed} is not installed");
                return None;
            }
        }
        let cache = memcached(&[])?;
        // Up to Lilac one session cookie is for both hosts; here, both are the same host.
        let (lms_host, studio_host) = (host(), host());
        let lms = format!("http://{lms_host}:{PORT}");
        let studio = match form {
            Form::OAuth => format!("http://{studio_host}:{PORT}"),
            Form::Shared => format!("http://{lms_host}:{}", PORT + 1),
        };
        let common = json!({
            "CACHES": {"default": default_cache(&cache.endpoint())},
            "CSRF_COOKIE_SECURE": false,
            "LMS_ROOT_URL": lms,
            "SECRET_KEY": "not-for-output-django",
            "SESSION_COOKIE_DOMAIN": "",
            "SESSION_COOKIE_NAME": "sessionid",
            "SESSION_COOKIE_SECURE": false,
            "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
            "SESSION_SAVE_EVERY_REQUEST": false,
        });
        let mut platform = Self {
            folder: tempfile::tempdir().unwrap(),
            cache,
            lms_settings: common.clone(),
            studio_settings: common,
            lms,
            studio,
            certificate: None,
        };
        if matches!(form, Form::OAuth) {
            platform.set_up_oauth();
        }
        Some(platform)
    }

    fn set_up_oauth(&mut self) {
        let secret = "not-for-output-studio-sso";
        self.lms_settings["STANDIN_OAUTH_CLIENTS"] = json!({
            "studio-sso-key": {"secret": secret, "redirect_uris": [format!("{}/complete/edx-oauth2/", self.studio)]},
        });
        for (name, value) in [
            ("SESSION_COOKIE_NAME", "studio_sessionid"),
            ("SOCIAL_AUTH_EDX_OAUTH2_KEY", "studio-sso-key"),
            ("SOCIAL_AUTH_EDX_OAUTH2_PUBLIC_URL_ROOT", self.lms.as_str()),
            ("SOCIAL_AUTH_EDX_OAUTH2_SECRET", secret),
            ("SOCIAL_AUTH_EDX_OAUTH2_URL_ROOT", self.lms.as_str()),
        ] {
            self.studio_settings[name] = value.into();
        }
    }

    /// Gives Studio the host of the LMS, and another port.
    pub fn put_studio_on_the_host_of_the_lms(&mut self) {
        self.studio = self.lms.replace(&format!(":{PORT}"), &format!(":{}", PORT + 1));
        self.set_up_oauth();
    }

    /// LMS and Studio speak TLS, and give cookies for TLS only. `certificate` makes a certificate for these names, and its
    /// key.
    pub fn put_behind_tls(&mut self, certificate: impl FnOnce(&str) -> [PathBuf; 2]) {
        let with_tls = |url: &str| url.replace("http://", "https://");
        (self.lms, self.studio) = (with_tls(&self.lms), with_tls(&self.studio));
        let names = [&self.lms, &self.studio].map(|url| format!("IP:{}", url.split(['/', ':']).nth(3).unwrap()));
        self.certificate = Some(certificate(&names.join(",")));
        for settings in [&mut self.lms_settings, &mut self.studio_settings] {
            *settings = serde_json::from_str(&with_tls(&settings.to_string())).unwrap();
            settings["CSRF_COOKIE_SECURE"] = json!(true);
            settings["SESSION_COOKIE_SECURE"] = json!(true);
        }
    }

    /// Starts the LMS and Studio.
    pub fn start(&self) -> [Program; 2] {
        [self.start_lms(), self.start_studio()]
    }

    /// Starts the LMS.
    pub fn start_lms(&self) -> Program {
        self.run("lms", &self.lms, &self.lms_settings)
    }

    /// Starts Studio.
    pub fn start_studio(&self) -> Program {
        self.run("cms", &self.studio, &self.studio_settings)
    }

    /// Starts another LMS with settings of its own: its host, at the LMS's port.
    pub fn start_another_lms(&self, settings: &Value) -> (String, Program) {
        let host = host();
        let program = self.run("lms", &format!("http://{host}:{PORT}"), settings);
        (host, program)
    }

    /// The options of a login, for LMS and Studio.
    pub fn options(&self) -> Value {
        json!({
            "lms_url": self.lms, "studio_url": self.studio,
            "login_user": "staff@example.com", "login_password": PASSWORD,
        })
    }

    /// The options of a login, for the LMS alone.
    pub fn lms_options(&self) -> Value {
        json!({"lms_url": self.lms, "login_user": "staff@example.com", "login_password": PASSWORD})
    }

    fn run(&self, variant: &str, url: &str, settings: &Value) -> Program {
        let (scheme, address) = url.split_once("://").unwrap();
        // JSON is YAML, too.
        let file: PathBuf = self.folder.path().join(format!("{variant}-{address}.yml"));
        fs::write(&file, settings.to_string()).unwrap();
        let site = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../molecule/shared/roles/openedx_native_host/files/edx-platform");
        let mut command = Command::new(GUNICORN);
        if let Some([certificate, key]) = self.certificate.as_ref().filter(|_| scheme == "https") {
            command.arg("--certfile").arg(certificate).arg("--keyfile").arg(key);
        }
        let child = command
            .args(["--bind", address, "--log-level", "critical", "--graceful-timeout", "1", "standin.wsgi"])
            .current_dir(site)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SERVICE_VARIANT", variant)
            .env(if variant == "lms" { "LMS_CFG" } else { "STUDIO_CFG" }, &file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = Program(child);
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "{url} does not come up");
            thread::sleep(Duration::from_millis(50));
        }
        program
    }
}

/// A cache on the memcached at this endpoint.
pub fn default_cache(endpoint: &str) -> Value {
    json!({
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "KEY_FUNCTION": "common.djangoapps.util.memcache.safe_key",
        "KEY_PREFIX": "default",
        "LOCATION": [endpoint],
        "VERSION": "1",
    })
}

/// A cache that keeps nothing.
pub fn forgetful_cache() -> Value {
    json!({"BACKEND": "django.core.cache.backends.dummy.DummyCache"})
}

impl Drop for Program {
    /// Ends it with its workers, which a SIGKILL would leave behind.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}
