//! Celery's remote control, through the broker: calls all workers that listen there, and counts who answers.
//!
//! What `celery inspect` and `celery control` do (kombu.pidbox, kombu.transport.redis; the same from Celery 4.4 to 5):
//! the call is published to a channel that every worker has subscribed to, and each answers into a list that is bound
//! to the name in the call. No queue of tasks is touched.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{Client, Error, Reply};

/// Bindings of exchanges to queues; there is one of the calls where workers are, with a queue for each.
const BINDINGS: &[u8] = b"_kombu.binding.*";
const CALLED: &[u8] = b"_kombu.binding.celery.pidbox";
/// Where answers are bound to lists.
const ANSWERS: &[u8] = b"_kombu.binding.reply.celery.pidbox";
/// Between routing key, pattern and queue of a binding.
const BETWEEN: &str = "\x06\x16";

/// Who was called, and who answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Called {
    /// The workers that got the call.
    pub workers: u64,
    /// Those that have answered.
    pub answers: u64,
}

impl Client {
    /// Whether workers have listened to calls in the selected database.
    pub fn has_workers(&mut self) -> Result<bool, Error> {
        Ok(self.call(&[b"EXISTS", CALLED])? == Reply::Integer(1))
    }

    /// The queues of tasks that workers have bound in the selected database.
    pub fn bound_queues(&mut self) -> Result<BTreeSet<String>, Error> {
        let mut queues = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let reply = self.call(&[b"SCAN", &cursor, b"MATCH", BINDINGS, b"COUNT", b"1000"])?;
            let Reply::Array(parts) = &reply else { return Err(self.unexpected("SCAN", &reply)) };
            let [Reply::Bulk(next), Reply::Array(found)] = &parts[..] else {
                return Err(self.unexpected("SCAN", &reply));
            };
            for name in found {
                let Reply::Bulk(name) = name else { continue };
                let reply = self.call(&[b"SMEMBERS", name])?;
                let Reply::Array(members) = reply else { return Err(self.unexpected("SMEMBERS", &reply)) };
                queues.extend(members.iter().filter_map(queue_of));
            }
            if next == b"0" {
                return Ok(queues);
            }
            cursor.clone_from(next);
        }
    }

    /// Calls `method` of every worker in the selected database, whose number is `database`, with `arguments`, a JSON
    /// object. Waits until all have answered, or for `time`.
    pub fn call_workers(
        &mut self,
        database: u32,
        method: &str,
        arguments: &str,
        time: Duration,
    ) -> Result<Called, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("edxops-{}-{}", std::process::id(), now.as_nanos());
        let list = format!("{name}.reply.celery.pidbox");
        let bound = format!("{name}{BETWEEN}{BETWEEN}{list}");
        let message = message(method, arguments, &name, (now + time).as_secs());
        self.call(&[b"SADD", ANSWERS, bound.as_bytes()])?;
        let called = self.published(database, &message, list.as_bytes(), time);
        self.call(&[b"SREM", ANSWERS, bound.as_bytes()])?;
        self.call(&[b"DEL", list.as_bytes()])?;
        called
    }

    fn published(&mut self, database: u32, message: &str, list: &[u8], time: Duration) -> Result<Called, Error> {
        let end = Instant::now() + time;
        let channel = format!("/{database}.celery.pidbox");
        let workers = self.number(&[b"PUBLISH", channel.as_bytes(), message.as_bytes()])?;
        loop {
            let answers = self.number(&[b"LLEN", list])?;
            if answers >= workers || Instant::now() >= end {
                return Ok(Called { workers, answers });
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn number(&mut self, words: &[&[u8]]) -> Result<u64, Error> {
        match self.call(words)? {
            Reply::Integer(number) => Ok(u64::try_from(number).unwrap_or(0)),
            other => Err(self.unexpected("PUBLISH", &other)),
        }
    }
}

/// The queue of a binding, where it is one of tasks.
fn queue_of(member: &Reply) -> Option<String> {
    let Reply::Bulk(member) = member else { return None };
    let queue = std::str::from_utf8(member).ok()?.rsplit(BETWEEN).next()?;
    let is_of_tasks = !queue.is_empty() && !queue.ends_with(".pidbox") && !queue.starts_with("celeryev.");
    is_of_tasks.then(|| queue.to_owned())
}

/// A call as kombu puts it together: JSON in JSON.
fn message(method: &str, arguments: &str, name: &str, expires: u64) -> String {
    let call = format!(
        r#"{{"method":"{method}","arguments":{arguments},"destination":null,"pattern":null,"matcher":null,"ticket":"{name}","reply_to":{{"exchange":"reply.celery.pidbox","routing_key":"{name}"}}}}"#
    );
    format!(
        r#"{{"body":{},"content-type":"application/json","content-encoding":"utf-8","headers":{{"clock":0,"expires":{expires}}},"properties":{{"delivery_tag":"{name}","delivery_mode":2,"priority":0,"delivery_info":{{"exchange":"celery.pidbox","routing_key":""}}}}}}"#,
        json_string(&call)
    )
}

/// Text as a string of JSON.
pub fn json_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\u{0}'..='\u{1f}' => quoted.extend(format!("\\u{:04x}", u32::from(character)).chars()),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_of_tasks_are_told_from_those_of_calls_and_events() {
        let queue = |text: &str| queue_of(&Reply::Bulk(text.as_bytes().to_vec()));
        assert_eq!(
            queue("edx.lms.core.default\x06\x16\x06\x16edx.lms.core.default").as_deref(),
            Some("edx.lms.core.default")
        );
        assert_eq!(queue("\x06\x16\x06\x16celery@lms.app1.celery.pidbox"), None);
        assert_eq!(queue("worker.#\x06\x16\x06\x16celeryev.0b3c"), None);
    }

    #[test]
    fn a_call_is_json_in_json() {
        assert_eq!(json_string("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
        let message = message("cancel_consumer", "{\"queue\":\"a\"}", "name", 7);
        assert!(
            message.starts_with(r#"{"body":"{\"method\":\"cancel_consumer\",\"arguments\":{\"queue\":\"a\"},"#),
            "{message}"
        );
        assert!(message.contains(r#""headers":{"clock":0,"expires":7}"#), "{message}");
    }
}
