//! The Ansible module `memcached_install`; everything is in the library.

fn main() {}
