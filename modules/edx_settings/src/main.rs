//! The Ansible module `edx_settings`; everything is in the library.

fn main() {}
