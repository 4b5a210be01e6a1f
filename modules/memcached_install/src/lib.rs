//! Installs and configures memcached on a host.
