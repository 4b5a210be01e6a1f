//! Points Open edX's settings files at a cache.
