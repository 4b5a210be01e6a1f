//! Two real servers of the test's own, MariaDB's or, where this machine has that instead, MySQL's, one with a database like edx-platform's, and the module run on them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    dead_code,
    reason = "each test file uses a part, stops at the first surprise, and says what it skips"
)]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ansible_protocol::{Value, json};
use tempfile::TempDir;

pub const PLATFORM: &str = include_str!("platform.sql");

/// Settings files that name the databases.
const LMS: &str = "DATABASES:
    default: {ENGINE: django.db.backends.mysql, HOST: localhost, NAME: edxapp, PASSWORD: pw-edxapp, USER: edxapp001}
    student_module_history: {ENGINE: django.db.backends.mysql, HOST: localhost, NAME: edxapp_csmh, PASSWORD: pw-csmh, USER: edxapp_cmsh001}
";
const XQUEUE: &str = "DATABASES:
    default: {ENGINE: django.db.backends.mysql, HOST: localhost, NAME: xqueue, PASSWORD: 'pw-x''q\\u', USER: xqueue001}
";

/// The programs of one maker.
pub struct Programs {
    server: &'static str,
    pub client: &'static str,
    pub dump: &'static str,
}

const MARIADB: Programs = Programs { server: "/usr/sbin/mariadbd", client: "mariadb", dump: "mariadb-dump" };
const MYSQL: Programs = Programs { server: "/usr/sbin/mysqld", client: "mysql", dump: "mysqldump" };

/// MySQL's, where there is no MariaDB: see tools/on-mysql.
pub fn is_mysql() -> bool {
    !Path::new(MARIADB.server).exists() && Path::new(MYSQL.server).exists()
}

pub fn programs() -> &'static Programs {
    if is_mysql() { &MYSQL } else { &MARIADB }
}

/// Whether this machine has a server; else says that the test is skipped.
pub fn is_installed() -> bool {
    let is_installed = Path::new(programs().server).exists();
    if !is_installed {
        println!("skipped: mariadb-server is not installed");
    }
    is_installed
}

/// Makes a table of rows of 9600 bytes.
pub fn large_table(name: &str, rows: u32) -> String {
    let values: Vec<String> = (1..=rows).map(|id| format!("({id}, REPEAT(SHA2({id}, 256), 150))")).collect();
    format!(
        "CREATE TABLE {name} (id INT NOT NULL PRIMARY KEY, text LONGTEXT) ENGINE=InnoDB; INSERT INTO {name} VALUES {};",
        values.join(", ")
    )
}

pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A server, on a socket and on loopback.
pub struct Server {
    process: Option<Child>,
    folder: TempDir,
    pub port: u16,
    options: Vec<String>,
}

impl Server {
    pub fn start(options: &[&str]) -> Self {
        // Below /tmp, as the path of a socket may be only so long.
        let folder = tempfile::Builder::new().prefix("edxdb").tempdir_in("/tmp").unwrap();
        let mut install = if is_mysql() {
            let mut install = Command::new(MYSQL.server);
            install.args(["--no-defaults", "--initialize-insecure", "--user=root"]).args(options);
            install
        } else {
            let mut install = Command::new("mariadb-install-db");
            install.args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--user=root",
            ]);
            install
        };
        let installed = install
            .arg(format!("--datadir={}", folder.path().join("data").display()))
            .arg(format!("--tmpdir={}", folder.path().display()))
            .args(["--loose-innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"])
            .output()
            .unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self { process: None, folder, port: free_port(), options };
        server.run();
        server
    }

    /// Starts it, also after it was killed.
    pub fn run(&mut self) {
        let path = self.folder.path();
        let log = fs::File::create(path.join("log")).unwrap();
        let process = Command::new(programs().server)
            .args(["--no-defaults", "--user=root", "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0"])
            .args([
                "--innodb-buffer-pool-size=64M",
                "--loose-innodb-log-file-size=16M",
                "--loose-mysqlx=OFF",
                "--performance-schema=OFF",
            ])
            .arg(format!("--datadir={}", path.join("data").display()))
            .arg(format!("--socket={}", self.socket().display()))
            .arg(format!("--pid-file={}", path.join("pid").display()))
            .arg(format!("--tmpdir={}", path.display()))
            .arg(format!("--port={}", self.port))
            .args(["--max-allowed-packet=16M", "--sql-mode=STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let end = Instant::now() + Duration::from_secs(60);
        while !self.client().args(["-e", "SELECT 1"]).output().unwrap().status.success() {
            assert!(Instant::now() < end, "{}", fs::read_to_string(path.join("log")).unwrap());
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) -> bool {
        let Some(process) = &self.process else { return false };
        Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status().unwrap().success()
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn client(&self) -> Command {
        let mut command = Command::new(programs().client);
        command.args([
            "--no-defaults",
            "--user=root",
            "--default-character-set=utf8mb4",
            "--skip-column-names",
            "--batch",
        ]);
        command.arg(format!("--socket={}", self.socket().display()));
        command
    }

    /// Loads SQL.
    pub fn load(&self, sql: &str) {
        let mut child = self.client().stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), sql.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The output of one statement.
    pub fn ask(&self, sql: &str) -> String {
        let output = self.client().args(["-e", sql]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Whether an account gets in from loopback, and sees a database.
    pub fn lets_in(&self, user: &str, password: &str, sql: &str) -> Result<String, String> {
        let output = Command::new(programs().client)
            .args(["--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--skip-column-names", "--batch"])
            .arg(format!("--port={}", self.port))
            .arg(format!("--user={user}"))
            .args(["-e", sql])
            .env("MYSQL_PWD", password)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Everything in it, as its own dump program writes it.
    pub fn dump(&self, databases: &[&str]) -> String {
        let output = Command::new(programs().dump)
            .args([
                "--no-defaults",
                "--user=root",
                "--hex-blob",
                "--routines",
                "--events",
                "--triggers",
                "--skip-dump-date",
            ])
            .args(["--default-character-set=utf8mb4", "--order-by-primary"])
            .args(is_mysql().then_some("--set-gtid-purged=OFF"))
            .arg(format!("--socket={}", self.socket().display()))
            .arg("--databases")
            .args(databases)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // MySQL says of a column whether its character set was given, and its own dump gives one to each.
        let text = String::from_utf8(output.stdout).unwrap().replace(" CHARACTER SET utf8mb4 COLLATE", " COLLATE");
        text.lines().filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Both servers, and a host with settings files.
pub struct Move {
    pub source: Server,
    pub destination: Server,
    pub folder: TempDir,
}

impl Move {
    /// A platform, and an empty server that an administrator may reach from loopback.
    pub fn new() -> Self {
        Self::with(&[], &[])
    }

    pub fn with(source: &[&str], destination: &[&str]) -> Self {
        let (source, destination) = thread::scope(|scope| {
            let one = scope.spawn(|| Server::start(source));
            let other = Server::start(destination);
            (one.join().unwrap(), other)
        });
        source.load(PLATFORM);
        destination.load(
            "CREATE USER mover@127.0.0.1 IDENTIFIED BY 'pw-mover'; GRANT ALL ON *.* TO mover@127.0.0.1 WITH GRANT OPTION;",
        );
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("edx/etc")).unwrap();
        fs::create_dir_all(folder.path().join("conf.d")).unwrap();
        fs::write(folder.path().join("edx/etc/lms.yml"), LMS).unwrap();
        fs::write(folder.path().join("edx/etc/xqueue.yml"), XQUEUE).unwrap();
        Self { source, destination, folder }
    }

    pub fn options(&self, options: Value) -> Value {
        let mut all = json!({
            "source": format!("unix:{}", self.source.socket().display()),
            "destination": format!("127.0.0.1:{}", self.destination.port),
            "destination_username": "mover",
            "destination_password": "pw-mover",
            "path": self.folder.path().join("edx/etc"),
            "read_only_file": self.folder.path().join("conf.d/read-only.cnf"),
            "progress_file": self.folder.path().join("progress"),
            "parallel": 2,
            "stall_timeout": 30,
        });
        for (name, value) in options.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    }

    /// Runs the module and returns its result, each server's place written as SOURCE and DESTINATION.
    pub fn run(&self, options: Value) -> Value {
        let output = self.start(options).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(!text.contains("pw-"), "{text}");
        let text = text.replace(&self.source.socket().display().to_string(), "SOURCE");
        let text = text.replace(&format!("127.0.0.1:{}", self.destination.port), "DESTINATION");
        serde_json::from_str(&text.replace(&self.folder.path().display().to_string(), "ROOT")).unwrap()
    }

    /// Starts the module.
    pub fn start(&self, options: Value) -> Child {
        let file = self.folder.path().join("arguments.json");
        fs::write(&file, self.options(options).to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_edx_databases"));
        command.arg(file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// A run that has to succeed.
    pub fn succeed(&self, options: Value) -> Value {
        let result = self.run(options);
        assert_eq!(result.get("failed"), None, "{result:#}");
        result
    }

    /// The message of a run that has to fail.
    pub fn refuse(&self, options: Value) -> String {
        let result = self.run(options);
        assert_eq!(result["failed"], json!(true), "{result:#}");
        result["msg"].as_str().unwrap().to_owned()
    }

    pub fn freeze(&self) -> Value {
        self.succeed(json!({"state": "frozen"}))
    }

    pub fn grant(&self) -> Value {
        self.succeed(json!({"state": "granted", "hosts": ["127.0.0.1"]}))
    }

    /// The copy, and what has to be before it.
    pub fn copy(&self) -> Value {
        self.grant();
        self.succeed(json!({"state": "copied"}))
    }
}

/// The strings of a list.
pub fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}
