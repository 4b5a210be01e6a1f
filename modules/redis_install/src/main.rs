//! The Ansible module `redis_install`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&redis_install::SPEC, redis_install::run)
}
