//! What a native Open edX keeps where, by release.
