//! Whether the machine has room for the cache.

/// More than this is left to nobody else on the machine.
pub(crate) fn warning(megabytes: u64, total: u64) -> Option<String> {
    (megabytes > total * 9 / 10).then(|| {
        format!(
            "memory_mb: {megabytes} MB for the cache is more than nine tenths of this machine's {total} MB; memcached \
             needs some more for itself, and the kernel kills what does not fit"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_leaves_no_room_is_warned_of() {
        assert_eq!(warning(900, 1000), None);
        assert!(warning(901, 1000).unwrap().starts_with("memory_mb: 901 MB for the cache is more than nine tenths"));
    }
}
