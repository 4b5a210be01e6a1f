//! The Ansible module `edx_verify`; everything is in the library.

fn main() {}
