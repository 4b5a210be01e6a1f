//! A small native host in a temporary folder, and the module run on it.

#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses a part, and stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ansible_protocol::{Value, json};
use tempfile::TempDir;

pub const MYSQL: &str = "172.31.5.12";
pub const MONGO: &str = "172.31.5.13";

/// LMS settings as a native install writes them, cut to what has to do with data.
pub const LMS: &str = "CONTENTSTORE:
    DOC_STORE_CONFIG:
        db: edxapp
        host: localhost
        password: lms-mongo-secret
        port: 27017
    OPTIONS:
        host: localhost
        port: 27017
DATABASES:
    default:
        ENGINE: django.db.backends.mysql
        HOST: localhost
        NAME: edxapp
        PASSWORD: lms-db-secret
        PORT: '3306'
        USER: edxapp001
    read_replica:
        ENGINE: django.db.backends.mysql
        HOST: localhost
        PORT: '3306'
MODULESTORE:
    default:
        OPTIONS:
            stores:
            -   DOC_STORE_CONFIG:
                    host:
                    - localhost
                NAME: split
SECRET_KEY: lms-key-secret
";

/// An IDA's settings, with a comment and a port that is a number.
pub const XQUEUE: &str = "---
# The queue of the graders; see the handbook.
DATABASES:
    default: {ENGINE: django.db.backends.mysql, HOST: localhost, PASSWORD: xqueue-db-secret, PORT: 3306}
";

/// Forum's settings, as its role writes them.
pub const FORUM: &str = "export SEARCH_SERVER=\"http://localhost:9200\"
export MONGOHQ_URL=\"mongodb://cs_comments_service:forum-secret@localhost:27017/cs_comments_service\"

eval \"$(rbenv init -)\"
";

/// Where it is.
pub const FORUM_ENV: &str = "/edx/app/forum/forum_env";

pub struct Host(pub TempDir);

impl Host {
    /// An empty host.
    pub fn new() -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(host.etc()).unwrap();
        host
    }

    /// A host with LMS, xqueue and forum.
    pub fn native() -> Self {
        Self::new().with("lms.yml", LMS).with("xqueue.yml", XQUEUE).with(FORUM_ENV, FORUM)
    }

    /// With one more file in `/edx/etc`, or elsewhere below the root.
    pub fn with(self, name: &str, content: &str) -> Self {
        self.put(name, content);
        self
    }

    pub fn put(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Says which release is installed.
    pub fn with_release(self, name: &str) -> Self {
        self.with("/edx/app/edxapp/edx-platform/openedx/core/release.py", &format!("RELEASE_LINE = \"{name}\"\n"))
    }

    pub fn etc(&self) -> PathBuf {
        self.0.path().join("edx/etc")
    }

    /// A file of `/edx/etc`, or with a leading slash one below the root.
    pub fn path(&self, name: &str) -> PathBuf {
        match name.strip_prefix('/') {
            Some(below) => self.0.path().join(below),
            None => self.etc().join(name),
        }
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the module on this host and returns its result, the host's own
    /// folder written as ROOT.
    pub fn run(&self, options: Value) -> Value {
        let mut options = options;
        options["path"] = self.etc().display().to_string().into();
        let output = module(&options);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(text.lines().count(), 1, "one line: {text}");
        serde_json::from_str(&text.replace(&self.0.path().display().to_string(), "ROOT")).unwrap()
    }

    /// A run that has to succeed.
    pub fn succeed(&self, options: Value) -> Value {
        let result = self.run(options);
        assert_eq!(result.get("failed"), None, "{result:#}");
        result
    }

    /// The message of a run that has to fail, and must not change anything.
    pub fn refuse(&self, options: Value) -> String {
        let before = self.snapshot();
        let result = self.run(options);
        assert_eq!(result["failed"], json!(true), "{result:#}");
        assert_eq!(result["changed"], json!(false), "{result:#}");
        assert_eq!(self.snapshot(), before, "a refused run changes nothing");
        result["msg"].as_str().unwrap().to_owned()
    }

    /// Every database, or every store, to one server.
    pub fn point(&self, service: &str, endpoint: &str) -> Value {
        self.succeed(json!({"service": service, "endpoints": [endpoint], "backup": format!("before-{service}")}))
    }

    /// A line of a file.
    pub fn line(&self, name: &str, number: usize) -> String {
        self.read(name).lines().nth(number - 1).unwrap_or_default().to_owned()
    }

    /// Every file below the root: name, content, mode and time of change.
    pub fn snapshot(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(self.0.path(), &mut found);
        found.sort();
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            collect(&path, found);
        } else {
            let content = if metadata.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
            let content = String::from_utf8_lossy(&content).into_owned();
            found.push(format!("{} {:?} {:?} {content}", path.display(), metadata.permissions(), metadata.modified()));
        }
    }
}

/// Runs the module as Ansible does: a JSON file's path as the only argument.
pub fn module(options: &Value) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), options.to_string()).unwrap();
    Command::new(env!("CARGO_BIN_EXE_edx_data_endpoint")).arg(file.path()).output().unwrap()
}

/// The strings of a list.
pub fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}
