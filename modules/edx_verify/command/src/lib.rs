//! The operator's command: what the module `edx_verify` sees, for people, from wherever they are.
//!
//! The module runs on a server and speaks to Ansible; this command runs on a laptop as well, and reaches private
//! addresses and an application server's files through SSH. Everything that is looked at and judged is the module's
//! own library: here is only the command line, the way there, and what is printed.

mod cli;
mod error;
mod look;
mod names;
mod output;
mod pages;
mod password;
mod remote;
mod way;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, What};
use output::Ending;

/// From the command line to the exit status.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // To standard output where help was asked for. Nobody is left to tell when that fails.
            let _ = error.print();
            return if error.use_stderr() { Ending::WrongUsage.into() } else { ExitCode::SUCCESS };
        }
    };
    let ending = match &cli.what {
        What::Completions { shell } => pages::completions(*shell),
        What::Man => pages::man(),
        _ => look::look(&cli)
            .map_or_else(|error| output::not_looked_at(&error, &cli.output), |seen| output::show(&seen, &cli.output)),
    };
    ending.into()
}
