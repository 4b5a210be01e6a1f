//! Proves that a move worked.
