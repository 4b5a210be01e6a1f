//! A host in a temporary folder: `/edx/etc`, a real supervisord on a unix socket, and the programs of
//! Open edX as small shell scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use ansible_protocol::{Value, json};

/// Runs until it is told to stop, or its supervisor is gone.
pub const SLEEPER: &str = "while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";

/// Like a Celery worker with a task: when told to stop it goes on until `$TASK_DONE` exists.
pub const BUSY_WORKER: &str = "trap 'while kill -0 $PPID && [ ! -e \"$TASK_DONE\" ]; do sleep 0.1; done; exit 0' TERM; \
                               while kill -0 $PPID 2>/dev/null; do sleep 0.1; done";

/// A group with a worker that is idle and one that has a task to finish. Each test has a group of its own:
/// the module looks for restarts that are at work among all processes of the machine.
pub fn workers(group: &str) -> Vec<Program> {
    let text = |text: String| -> &'static str { text.leak() };
    vec![
        Program { section: text(format!("program:{group}_idle")), script: SLEEPER, settings: "" },
        Program {
            section: text(format!("program:{group}_busy")),
            script: BUSY_WORKER,
            settings: "stopwaitsecs=432000",
        },
        Program {
            section: text(format!("group:{group}")),
            script: "",
            settings: text(format!("programs={group}_idle,{group}_busy")),
        },
    ]
}

/// A program, and what its section in supervisor's configuration says besides its command.
pub struct Program {
    pub section: &'static str,
    pub script: &'static str,
    pub settings: &'static str,
}

pub const fn program(section: &'static str) -> Program {
    Program { section, script: SLEEPER, settings: "" }
}

/// Folders that hold a supervisord and its supervisorctl: those in `EDXOPS_SUPERVISOR` (separated by
/// colons), or else the one on the PATH.
pub fn supervisors() -> Vec<PathBuf> {
    if let Some(folders) = std::env::var_os("EDXOPS_SUPERVISOR") {
        return std::env::split_paths(&folders).collect();
    }
    let found = which::which("supervisord").ok().and_then(|path| path.parent().map(Path::to_owned));
    if found.is_none() {
        println!("skipped: no supervisord on the PATH (apt-get install supervisor), nor in EDXOPS_SUPERVISOR");
    }
    found.into_iter().collect()
}

/// Runs a test once for each supervisor that this machine has.
pub fn with_each_supervisor(test: impl Fn(&Path)) {
    for folder in supervisors() {
        println!("with {}", folder.display());
        test(&folder);
    }
}

/// Held by a host whose programs have the names that other hosts' have too: to the module a restart that is
/// at work on another host of this machine is one on its own.
static TURN: Mutex<()> = Mutex::new(());

pub struct Host {
    _turn: Option<MutexGuard<'static, ()>>,
    folder: tempfile::TempDir,
    bin: PathBuf,
    supervisord: Option<Child>,
}

impl Host {
    /// Every program of `programs` is running when this returns, or in the state it ends up in.
    pub fn start(bin: &Path, programs: &[Program]) -> Self {
        let host = Self::without_supervisord(bin, programs);
        host.up()
    }

    pub fn without_supervisord(bin: &Path, programs: &[Program]) -> Self {
        let shared = ["program:lms", "program:cms", "group:edxapp_worker"];
        let turn = programs
            .iter()
            .any(|program| shared.contains(&program.section))
            .then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
        // A unix socket's path may have 107 characters.
        let folder = tempfile::Builder::new().prefix("edxp").tempdir_in("/tmp").unwrap();
        let host = Self { _turn: turn, folder, bin: bin.to_owned(), supervisord: None };
        fs::create_dir_all(host.etc()).unwrap();
        for service in ["lms", "studio", "ecommerce"] {
            host.write_settings(service);
            host.date_settings(service, 3600);
        }
        let root = host.folder.path().display();
        let mut configuration = format!(
            "[supervisord]\nlogfile={root}/supervisord.log\npidfile={root}/supervisord.pid\nchildlogdir={root}\n\
             [unix_http_server]\nfile={root}/sock\n[supervisorctl]\nserverurl=unix://{root}/sock\n\
             [rpcinterface:supervisor]\n\
             supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        );
        for (index, program) in programs.iter().enumerate() {
            writeln!(configuration, "[{}]\n{}", program.section, program.settings).unwrap();
            if program.section.starts_with("program:") {
                let script = host.script(&format!("program{index}"), program.script);
                writeln!(
                    configuration,
                    "command={}\nenvironment=TASK_DONE=\"{root}/task-done\",ROOT=\"{root}\"",
                    script.display()
                )
                .unwrap();
            }
        }
        fs::write(host.path("supervisord.conf"), configuration).unwrap();
        host.use_supervisorctl(&format!("{}/supervisorctl -c {root}/supervisord.conf $*", bin.display()));
        host
    }

    pub fn up(mut self) -> Self {
        let supervisord = Command::new(self.bin.join("supervisord"))
            .args(["--nodaemon", "-c"])
            .arg(self.path("supervisord.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.supervisord = Some(supervisord);
        loop {
            let states = self.states();
            if !states.is_empty() && states.values().all(|state| state != "STARTING" && state != "BACKOFF") {
                return self;
            }
            sleep(Duration::from_millis(100));
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn etc(&self) -> PathBuf {
        self.path("edx/etc")
    }

    pub fn log(&self) -> PathBuf {
        self.path("workers.log")
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The host's own `supervisorctl`, a wrapper as on a native host.
    pub fn supervisorctl(&self) -> PathBuf {
        self.path("bin-supervisorctl")
    }

    /// Replaces the wrapper's script.
    pub fn use_supervisorctl(&self, script: &str) {
        self.script("bin-supervisorctl", script);
    }

    /// Writes a service's settings file: from now on what started before is out of date.
    pub fn write_settings(&self, service: &str) {
        fs::write(self.etc().join(format!("{service}.yml")), "CACHES: {}\n").unwrap();
    }

    /// Sets a file's time of last writing to `seconds` ago.
    pub fn date_settings(&self, service: &str, seconds: u64) {
        self.date_settings_at(service, SystemTime::now() - Duration::from_secs(seconds));
    }

    pub fn date_settings_at(&self, service: &str, time: SystemTime) {
        let file = fs::File::options().append(true).open(self.etc().join(format!("{service}.yml"))).unwrap();
        file.set_modified(time).unwrap();
    }

    pub fn ctl(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.bin.join("supervisorctl"))
            .arg("-c")
            .arg(self.path("supervisord.conf"))
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn columns(&self, column: usize) -> BTreeMap<String, String> {
        let output = self.ctl(&["status"]);
        let words = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        words
            .filter(|words| words.len() > column && words[1].chars().all(char::is_uppercase))
            .map(|words| (words[0].to_owned(), words[column].trim_end_matches(',').to_owned()))
            .collect()
    }

    pub fn states(&self) -> BTreeMap<String, String> {
        self.columns(1)
    }

    pub fn state(&self, name: &str) -> String {
        self.states()[name].clone()
    }

    pub fn pid(&self, name: &str) -> String {
        self.columns(3)[name].clone()
    }

    /// Waits until a program is in `state`.
    pub fn wait_for(&self, name: &str, state: &str) {
        for _ in 0..600 {
            if self.state(name) == state {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("{name} never was {state}: {:?}", self.states());
    }

    /// Lets the busy workers finish.
    pub fn finish_tasks(&self) {
        fs::write(self.path("task-done"), "").unwrap();
    }

    /// The arguments with this host's paths added.
    pub fn arguments(&self, mut arguments: Value) -> Value {
        let options = arguments.as_object_mut().unwrap();
        for (name, value) in [("path", self.etc()), ("supervisorctl", self.supervisorctl()), ("worker_log", self.log())]
        {
            options.entry(name).or_insert_with(|| json!(value));
        }
        options.entry("timeout").or_insert(json!(60));
        arguments
    }

    /// Replaces the wrapper by one that keeps a list of the calls that change something.
    pub fn list_calls(&self) {
        let root = self.folder.path().display();
        self.use_supervisorctl(&format!(
            "[ $1 = status ] || echo $* >> {root}/calls; {}/supervisorctl -c {root}/supervisord.conf $*",
            self.bin.display()
        ));
    }

    /// The wrapper with a `case` of its own for some calls.
    pub fn stand_in(&self, case: &str) {
        let root = self.folder.path().display();
        self.use_supervisorctl(&format!(
            "case $1 in {case};; *) {}/supervisorctl -c {root}/supervisord.conf $*;; esac",
            self.bin.display()
        ));
    }

    /// Processes of this machine that have `words` in their command line.
    pub fn processes_with(words: &str) -> Vec<String> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let commands = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        commands
            .map(|command| String::from_utf8_lossy(&command).replace('\0', " "))
            .filter(|command| command.contains(words))
            .collect()
    }

    /// Waits until there is a shell with `words` in its command line: what `setsid` has become once the
    /// session is its own.
    pub fn wait_for_shell(words: &str) {
        for _ in 0..600 {
            if Self::processes_with(words).iter().any(|command| command.starts_with("sh ")) {
                return;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("no shell has {words} in its command line");
    }

    /// What `list_calls` has listed.
    pub fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap()
    }

    /// Runs the module as Ansible does.
    pub fn module(&self, arguments: Value) -> Value {
        let arguments = self.arguments(arguments);
        let output = assert_cmd::Command::cargo_bin("edx_programs")
            .unwrap()
            .arg("-")
            .write_stdin(arguments.to_string())
            .output();
        let output = output.unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(stdout.lines().count(), 1, "one line: {stdout}");
        stdout.parse().unwrap()
    }

    /// Runs the module, which must be at work still after `until`, and kills it with all its process group.
    pub fn is_killed(&self, arguments: Value, until: impl Fn()) {
        let file = self.path("arguments");
        fs::write(&file, self.arguments(arguments).to_string()).unwrap();
        let mut module = Command::new(env!("CARGO_BIN_EXE_edx_programs"))
            .arg(&file)
            .process_group(0)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        until();
        assert!(module.try_wait().unwrap().is_none(), "the module has ended by itself");
        let group = i32::try_from(module.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        module.wait().unwrap();
    }

    /// Runs the module, which must not fail.
    pub fn succeeds(&self, arguments: Value) -> Value {
        let result = self.module(arguments);
        assert_eq!(result.get("failed"), None, "{result}");
        result
    }

    /// Runs the module, which must fail, and returns its message with this host's folder as `HOST`.
    pub fn fails(&self, arguments: Value) -> (String, Value) {
        let result = self.module(arguments);
        assert_eq!(result["failed"], json!(true), "{result}");
        (self.masked(result["msg"].as_str().unwrap()), result)
    }

    pub fn masked(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "HOST")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let Some(mut supervisord) = self.supervisord.take() else { return };
        self.finish_tasks();
        let pid = i32::try_from(supervisord.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = supervisord.wait();
    }
}
