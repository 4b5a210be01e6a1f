//! The Ansible module `edx_databases`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_databases::SPEC, edx_databases::run)
}
