//! The Ansible module `edx_cache_endpoint`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ansible_protocol::main_with(&edx_cache_endpoint::SPEC, edx_cache_endpoint::run)
}
