//! The Ansible module `edx_programs`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_programs::SPEC, edx_programs::run)
}
