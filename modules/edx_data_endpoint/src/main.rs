//! The Ansible module `edx_data_endpoint`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_data_endpoint::SPEC, edx_data_endpoint::run)
}
