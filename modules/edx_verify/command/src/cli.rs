//! The command line. What stands above a field is its help, in which a backtick would be shown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use ssh::Hop;

/// What the exit status says.
pub const ENDINGS: &str = "0 all is as it should be, 1 a check failed, 2 the command line is wrong, 3 it could not be \
                           looked at";

/// Tells where a native Open edX platform stands: what is still on its application servers, whether a move worked,
/// and whether a second application server may be added. Never changes anything, but for one small item that the subcommand
/// memcached writes to a cache, reads and deletes.
#[derive(Debug, Parser)]
#[command(name = "edx_verify", bin_name = "edx_verify", version, arg_required_else_help = true)]
#[command(after_help = format!("Exit status: {ENDINGS}."))]
pub struct Cli {
    #[command(flatten)]
    pub way: Way,
    #[command(flatten)]
    pub output: Output,
    #[command(subcommand)]
    pub what: What,
}

/// From where to look.
#[derive(Debug, Args)]
#[command(next_help_heading = "From where")]
pub struct Way {
    /// Reach everything through SSH, by this hop; several make a chain, the first one nearest
    #[arg(long, global = true, value_name = "USER@HOST[:PORT]", value_delimiter = ',')]
    #[arg(value_hint = ValueHint::Hostname)]
    pub via: Vec<Hop>,
    /// Look from this application server, over SSH, and read its settings there; sudo is used where the user is not
    /// root
    #[arg(long, global = true, value_name = "USER@HOST[:PORT]", value_delimiter = ',')]
    #[arg(value_hint = ValueHint::Hostname)]
    pub app_server: Vec<Hop>,
    /// A private key to sign in with; ssh-agent and the usual files in ~/.ssh are tried without it
    #[arg(long, short, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub identity: Vec<PathBuf>,
    /// Where host keys are known from [default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub known_hosts: Vec<PathBuf>,
    /// Seconds for each server, and for each step of an SSH connection
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10.0)]
    pub timeout: f64,
}

/// What is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// What to look at.
#[derive(Debug, Subcommand)]
pub enum What {
    /// What is where, what keeps a second application server from being added, and what to do next
    Status(Status),
    /// Memcached servers: that they answer, keep what is written and are used
    Memcached(Memcached),
    /// Redis, the broker of Celery's tasks: that it keeps what is queued, what waits there, and who takes it
    Redis(Redis),
    /// The platform as a browser sees it: heartbeats, and a login at LMS and Studio
    Platform(Platform),
    /// That no data port of these public addresses answers; look from outside of the private network
    Exposure(Exposure),
    /// Which servers so many users take
    Plan(Plan),
    /// Print the completions of a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The folder of the files that Open edX reads
    #[arg(long, value_name = "FOLDER", default_value = "/edx/etc", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// The variables that the next upgrade gets
    #[arg(long, value_name = "FILE", default_value = "/edx/app/edx_ansible/server-vars.yml")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub server_vars: PathBuf,
    /// The release of Open edX, where it cannot be found out
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,
    /// Only read files: connect to no data server
    #[arg(long)]
    pub no_connect: bool,
    /// Accept data servers with a public address, and connect to them
    #[arg(long)]
    pub allow_public: bool,
    /// Layers that have to have left the application servers: mysql, mongodb, memcached, redis, rabbitmq,
    /// elasticsearch, files
    #[arg(long, value_name = "LAYER", value_delimiter = ',')]
    pub expect_remote: Vec<String>,
    /// Fail while a second application server may not be added
    #[arg(long)]
    pub expect_ready: bool,
    #[command(flatten)]
    pub users: Users,
    /// Write the report as an HTML page too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
}

/// What a plan is made for.
#[derive(Debug, Args)]
pub struct Users {
    /// Make a plan for so many active users
    #[arg(long, value_name = "NUMBER")]
    pub active_users: Option<u64>,
    /// Courses have code graders
    #[arg(long)]
    pub grades_code: bool,
}

/// `memcached`.
#[derive(Debug, Args)]
pub struct Memcached {
    /// The servers, as host:port or the path of a unix socket
    #[arg(required = true, value_name = "ENDPOINT")]
    pub endpoints: Vec<String>,
    /// Watch the counters for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub activity_seconds: f64,
    /// Fail when nobody uses them in that time
    #[arg(long)]
    pub expect_activity: bool,
    /// Addresses of application servers that have to have connections there
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub clients: Vec<String>,
    /// Accept servers with a public address
    #[arg(long)]
    pub allow_public: bool,
}

/// `redis`.
#[derive(Debug, Args)]
pub struct Redis {
    /// The servers, as host:port
    #[arg(required = true, value_name = "ENDPOINT")]
    pub endpoints: Vec<String>,
    /// The ACL user there, where it has one (Redis 6 and later)
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,
    /// The file with the password; - for standard input. Or the environment variable EDX_VERIFY_REDIS_PASSWORD has it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// Call the Celery workers through it, and fail unless so many answer
    #[arg(long, value_name = "NUMBER")]
    pub workers: Option<u64>,
    /// Accept servers with a public address
    #[arg(long)]
    pub allow_public: bool,
}

/// `platform`.
#[derive(Debug, Args)]
pub struct Platform {
    /// Heartbeats that have to be those of a healthy platform, as https://courses.example.org/heartbeat
    #[arg(long, value_name = "URL", value_delimiter = ',', value_hint = ValueHint::Url)]
    pub heartbeats: Vec<String>,
    /// The LMS, as learners reach it
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub lms_url: Option<String>,
    /// Studio, as authors reach it
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub studio_url: Option<String>,
    /// Sign in as this user; the password is asked for, or read from --login-password-file or the environment variable
    /// EDX_VERIFY_LOGIN_PASSWORD
    #[arg(long, value_name = "EMAIL", requires = "lms_url")]
    pub login_user: Option<String>,
    /// The file with the password; - for standard input
    #[arg(long, value_name = "FILE", requires = "login_user", value_hint = ValueHint::FilePath)]
    pub login_password_file: Option<PathBuf>,
    /// Show the session to each of these application servers, asked directly
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub app_servers: Vec<String>,
    /// Certificate authorities to trust besides the public ones and this host's own, as a PEM file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_path: Option<PathBuf>,
    /// Do not check certificates
    #[arg(long)]
    pub no_validate_certs: bool,
}

/// `exposure`.
#[derive(Debug, Args)]
pub struct Exposure {
    /// The addresses, as the internet knows them
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// How many active users
    #[arg(value_name = "ACTIVE USERS")]
    pub active_users: u64,
    /// Courses have code graders
    #[arg(long)]
    pub grades_code: bool,
}
