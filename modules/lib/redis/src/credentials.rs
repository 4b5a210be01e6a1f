//! Who a client is to a server.

use std::fmt;

/// A password, which no `{:?}` shows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A password as it is, not encoded for a URL.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password, for whoever has to send or write it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The user and password for `AUTH`; an empty password means that none is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The ACL user (Redis 6 on); none for the default one, whose password is `requirepass`.
    pub username: Option<String>,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// Nobody in particular.
    pub fn none() -> Self {
        Self::default()
    }

    /// The default user with its password.
    pub fn password(password: impl Into<String>) -> Self {
        Self { username: None, password: Secret::new(password) }
    }
}
