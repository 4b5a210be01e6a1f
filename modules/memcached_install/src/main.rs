//! The Ansible module `memcached_install`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&memcached_install::SPEC, memcached_install::run)
}
