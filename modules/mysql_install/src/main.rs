//! The Ansible module `mysql_install`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&mysql_install::SPEC, mysql_install::run)
}
