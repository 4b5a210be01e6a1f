//! Merges settings into a YAML file, all else byte for byte.
