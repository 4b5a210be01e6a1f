//! The Ansible module `edx_cache_endpoint`; everything is in the library.

fn main() {}
