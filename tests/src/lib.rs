//! Tests of several modules together, as a playbook runs them one after another; see `tests/`.
