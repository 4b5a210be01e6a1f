//! What is made from the command line's own declaration: completions and the man page.

use std::io::{self, Write};

use clap::{Arg, CommandFactory};

use crate::cli::{Cli, ENDINGS};
use crate::output::{self, Ending};

/// Prints the completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> Ending {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "edx_verify", &mut script);
    print(&script)
}

/// Prints the man page: the command itself, then each of its subcommands.
pub fn man() -> Ending {
    let mut page = Vec::new();
    match render(&mut page) {
        Ok(()) => print(&page),
        Err(error) => output::failed_to_print(&error, Ending::Well),
    }
}

fn render(page: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        writeln!(page, ".SH \"{}\"", subcommand.get_name().to_uppercase())?;
        if let Some(about) = subcommand.get_about() {
            writeln!(page, "{about}")?;
        }
        let own = |argument: &&Arg| !argument.is_global_set() && argument.get_id() != "help";
        for argument in subcommand.get_arguments().filter(own) {
            let name = match (argument.get_long(), argument.get_value_names()) {
                (Some(long), _) if !argument.get_action().takes_values() => format!("\\-\\-{}", escaped(long)),
                (Some(long), Some([value, ..])) => format!("\\-\\-{} <{value}>", escaped(long)),
                (None, Some([value, ..])) => format!("<{value}>"),
                _ => continue,
            };
            if let Some(help) = argument.get_help() {
                writeln!(page, ".TP\n\\fB{name}\\fR\n{help}{}", more(argument))?;
            }
        }
    }
    writeln!(page, ".SH \"EXIT STATUS\"\n{ENDINGS}")?;
    man.render_version_section(page)
}

/// Its default, and the words to choose from.
fn more(argument: &Arg) -> String {
    let join = |words: Vec<String>| words.join(", ");
    let default = join(argument.get_default_values().iter().map(|value| value.display().to_string()).collect());
    let one_of = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect::<Vec<_>>();
    let takes_value = argument.get_action().takes_values();
    match (takes_value && !default.is_empty(), takes_value && !one_of.is_empty()) {
        (true, _) => format!(" [default: {default}]"),
        (false, true) => format!(" [one of: {}]", join(one_of)),
        (false, false) => String::new(),
    }
}

/// A hyphen that is to be one in what the reader copies.
fn escaped(name: &str) -> String {
    name.replace('-', "\\-")
}

fn print(text: &[u8]) -> Ending {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => Ending::Well,
        Err(error) => output::failed_to_print(&error, Ending::Well),
    }
}
