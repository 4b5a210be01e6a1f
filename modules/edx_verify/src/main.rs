//! The Ansible module `edx_verify`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_verify::SPEC, edx_verify::run)
}
