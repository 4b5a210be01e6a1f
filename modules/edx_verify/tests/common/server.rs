//! An application server's files, in a folder of the test's own.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use ansible_protocol::{Value, json};
use tempfile::TempDir;

use super::{Run, verify};

/// Where the caches of a moved server point. Nothing connects to it: that needs the option `memcached`.
pub const NEW: &str = "172.31.5.10:11211";

/// What stands in every file, and must be seen nowhere.
pub const SECRET: &str = "pw-never-shown";

/// `/edx` below a root of its own.
pub struct Server {
    root: TempDir,
}

impl Server {
    /// With nothing on it.
    pub fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["edx/etc", "edx/app/edxapp", "edx/app/edx_ansible"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// A native install with some of its services, as its roles render it by default.
    pub fn fresh() -> Self {
        Self::with(["localhost:11211", "localhost:11211", "memcache", "memcache", "127.0.0.1:11211"])
    }

    /// The same with every cache at [`NEW`], and the variables that reproduce that.
    pub fn moved() -> Self {
        let server = Self::with([NEW; 5]);
        server.set_vars(&moved_vars());
        server
    }

    fn with([edxapp, ecommerce, discovery, analytics_api, insights]: [&str; 5]) -> Self {
        let server = Self::empty();
        server.write("edx/etc/lms.yml", &edxapp_file(edxapp));
        server.write("edx/etc/studio.yml", &edxapp_file(edxapp));
        for (name, endpoint) in [
            ("ecommerce", ecommerce),
            ("discovery", discovery),
            ("analytics_api", analytics_api),
            ("insights", insights),
        ] {
            server.write(&format!("edx/etc/{name}.yml"), &service_file(endpoint));
        }
        server.write("edx/etc/xqueue.yml", &format!("SESSION_COOKIE_SECURE: false\nPASSWORD: {SECRET}\n"));
        server
    }

    /// A path below the root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A path below the root, as a check shows it.
    pub fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file below the root.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Replaces text in a file below the root, which must be there.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// Writes server-vars.yml.
    pub fn set_vars(&self, text: &str) {
        self.write("edx/app/edx_ansible/server-vars.yml", text);
    }

    /// Looks at the files only.
    pub fn verify_files(&self) -> Run {
        self.verify_with(&json!({}))
    }

    /// Looks at the files and at server-vars.yml.
    pub fn verify(&self) -> Run {
        self.verify_with(&json!({"server_vars": self.path("edx/app/edx_ansible/server-vars.yml")}))
    }

    /// Looks at the files with further options. No secret may be seen, and no file changed.
    pub fn verify_with(&self, options: &Value) -> Run {
        let mut all = json!({"path": self.path("edx/etc"), "release": "maple"});
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        let run = verify(&all);
        assert!(!run.result.to_string().contains("pw-"), "a secret is shown: {}", run.result);
        run
    }
}

/// LMS and Studio: several caches with the same servers.
fn edxapp_file(endpoint: &str) -> String {
    let mut text = "CACHES:\n".to_owned();
    for name in ["course_structure_cache", "default", "general"] {
        let _ = write!(
            text,
            "    {name}:\n        BACKEND: django.core.cache.backends.memcached.MemcachedCache\n        KEY_PREFIX: {name}\n        \
             LOCATION:\n        - {endpoint}\n"
        );
    }
    let _ = write!(text, "DATABASES:\n    default:\n        HOST: localhost\n        PASSWORD: {SECRET}\n");
    text
}

fn service_file(endpoint: &str) -> String {
    format!(
        "---\n# This file is created and updated by ansible, edit at your peril\n\nCACHES:\n    default:\n        BACKEND: \
         django.core.cache.backends.memcached.MemcachedCache\n        LOCATION:\n        - {endpoint}\nSECRET_KEY: {SECRET}\n"
    )
}

/// The variables that reproduce [`Server::moved`].
pub fn moved_vars() -> String {
    let mut text = format!("---\nEDXAPP_EDXAPP_SECRET_KEY: {SECRET}\nEDXAPP_ENABLE_MEMCACHE: false\n");
    for variable in VARIABLES {
        let _ = writeln!(text, "{variable}: [\"{NEW}\"]");
    }
    text
}

/// Those of them that hold servers.
pub const VARIABLES: [&str; 5] =
    ["edx_django_service_memcache", "EDXAPP_MEMCACHE", "ECOMMERCE_MEMCACHE", "DISCOVERY_MEMCACHE", "INSIGHTS_MEMCACHE"];
