//! Finds and replaces values in YAML as PyYAML reads it, byte-exact elsewhere.
