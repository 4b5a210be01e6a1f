//! Replaces several files together: prepared first, renamed last, put back on failure.
