//! The Ansible module `edx_settings`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_settings::SPEC, edx_settings::run)
}
