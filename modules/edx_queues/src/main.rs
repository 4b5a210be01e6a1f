//! The Ansible module `edx_queues`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_queues::SPEC, edx_queues::run)
}
