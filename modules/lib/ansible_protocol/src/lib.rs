//! Ansible's JSON module protocol: arguments in, result out.
