//! memcached.conf as a document, and the text protocol as a client.
