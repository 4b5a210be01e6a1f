//! How a place names another server.

use lossless_yaml::{Edit, Kind};
use serde_json::Value;

use super::BrokerForm;
use super::entry::{BrokerEntry, RedisBroker, Slot};
use super::percent;
use super::server::{CannotHold, Credentials, in_url};
use crate::endpoint::Endpoint;

impl BrokerEntry<'_> {
    /// The edits after which it names `endpoint`, and only that; none where it does already, with the user and
    /// password wished for. Scheme, database and query stay as they are, and a port that is the default stays out of a
    /// URL that has none.
    ///
    /// A host is written alone where the port is the default, as the roles do. User and password are percent-encoded
    /// where a URL has them, and in `CELERY_BROKER_USER` and `CELERY_BROKER_PASSWORD`, which LMS, Studio and the other
    /// services put into a URL as they stand.
    pub fn point(&self, endpoint: &Endpoint, wished: Credentials<'_>) -> Result<Vec<Edit>, CannotHold> {
        let Some(redis) = self.redis() else { return Ok(Vec::new()) };
        let mut edits = Vec::new();
        let is_met = redis.endpoints() == [endpoint.clone()];
        if self.form == BrokerForm::Host {
            self.may_hold(redis, wished)?;
            if !is_met {
                edits.push(Edit::Set { path: self.path.clone(), value: in_url(endpoint, false).into() });
            }
        } else {
            // What has a setting of its own need not be put into a URL that has none.
            let Some(server) = redis.servers.first() else { return Ok(edits) };
            let in_url = Credentials {
                user: wished.user.filter(|_| redis.user.is_none() || !server.user().is_empty()),
                password: wished.password.filter(|_| redis.password.is_none() || server.has_password()),
            };
            let now = redis.node.follow();
            let text = server.at(endpoint, in_url)?;
            let is_list = now.kind() == Kind::Sequence;
            let first = if is_list { now.items().next().and_then(|item| item.follow().text()) } else { now.text() };
            if !is_met || first.map(str::trim) != Some(text.as_str()) {
                let value = if is_list { vec![text].into() } else { Value::from(text) };
                edits.push(Edit::Set { path: self.path.clone(), value });
            }
        }
        for (slot, text) in [(&redis.user, wished.user), (&redis.password, wished.password)] {
            if let (Some(slot), Some(text)) = (slot, text) {
                edits.extend(slot.set(text));
            }
        }
        Ok(edits)
    }

    /// Up to Ironwood LMS and Studio read the server in one JSON file and the password in another.
    fn may_hold(&self, redis: &RedisBroker<'_>, wished: Credentials<'_>) -> Result<(), CannotHold> {
        let Some(file) = self.other_file else { return Ok(()) };
        let is_another = |slot: &Option<Slot<'_>>, text: Option<&str>| {
            slot.as_ref().zip(text).is_some_and(|(slot, text)| slot.set(text).is_some())
        };
        if is_another(&redis.user, wished.user) || is_another(&redis.password, wished.password) {
            return Err(CannotHold::OtherFile(file));
        }
        Ok(())
    }
}

impl Slot<'_> {
    /// The edit after which it says `text`, if it does not.
    fn set(&self, text: &str) -> Option<Edit> {
        let present = self.text();
        let value = if self.is_in_url { percent::written(text, present) } else { text.to_owned() };
        (value != present || self.is_null()).then(|| Edit::Set { path: self.path.clone(), value: value.into() })
    }
}
