"""The cache's key function, which the CACHES of lms.yml and studio.yml name."""

import hashlib
from urllib.parse import quote_plus

LONGEST_KEY = 250  # memcached's own limit, in bytes


def safe_key(key, key_prefix, version):
    """A key that memcached takes: no spaces or control characters, and not too long."""
    whole = ":".join(quote_plus(str(part)) for part in (key_prefix, version, key))
    if len(whole) <= LONGEST_KEY:
        return whole
    return hashlib.sha256(whole.encode()).hexdigest()
