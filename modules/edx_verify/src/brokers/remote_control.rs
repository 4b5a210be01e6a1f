//! Celery's remote control: calls all workers that listen at a broker, and counts who answers.
//!
//! What `celery inspect ping` does (kombu.pidbox, kombu.transport.redis): the call is published to a channel that every
//! worker has subscribed to, and each answers into a list that is bound to the name in the call. Nothing of the
//! platform runs for it, and no queue of tasks is touched.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::{Client, Error, Info, Reply};

/// There where workers are: the exchange of the calls has a queue for each.
const CALLED: &[u8] = b"_kombu.binding.celery.pidbox";
/// Where answers are bound to lists: routing key, pattern and list, between these two characters each.
const ANSWERS: &[u8] = b"_kombu.binding.reply.celery.pidbox";
const BETWEEN: &str = "\x06\x16";

/// A call to all workers, as kombu puts it together: JSON in JSON. NAME has no character that either would quote.
const MESSAGE: &str = concat!(
    r#"{"body":"{\"method\":\"ping\",\"arguments\":{},\"destination\":null,\"pattern\":null,\"matcher\":null,"#,
    r#"\"ticket\":\"NAME\",\"reply_to\":{\"exchange\":\"reply.celery.pidbox\",\"routing_key\":\"NAME\"}}","#,
    r#""content-type":"application/json","content-encoding":"utf-8","headers":{"clock":0,"expires":EXPIRES},"#,
    r#""properties":{"delivery_tag":"NAME","delivery_mode":2,"priority":0,"#,
    r#""delivery_info":{"exchange":"celery.pidbox","routing_key":""}}}"#,
);

/// Workers that have nothing else to do answer within milliseconds, busy ones too: they have a process for it.
const LONGEST: Duration = Duration::from_secs(5);

/// Calls the workers of every database, and waits until `wanted` have answered, or no longer.
pub fn call(client: &mut Client, info: &Info, wanted: u64, time: Duration) -> Result<u64, Error> {
    let mut answers = 0;
    let end = Instant::now() + time.min(LONGEST);
    for (database, _) in info.keys() {
        client.select(database)?;
        if client.call(&[b"EXISTS", CALLED])? != Reply::Integer(1) {
            continue;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("edx_verify-{}-{}", std::process::id(), now.as_nanos());
        let list = format!("{name}.reply.celery.pidbox");
        let bound = format!("{name}{BETWEEN}{BETWEEN}{list}");
        client.call(&[b"SADD", ANSWERS, bound.as_bytes()])?;
        let counted = publish(client, database, &name, now + LONGEST)
            .and_then(|()| count(client, list.as_bytes(), wanted.saturating_sub(answers), end));
        client.call(&[b"SREM", ANSWERS, bound.as_bytes()])?;
        client.call(&[b"DEL", list.as_bytes()])?;
        answers += counted?;
    }
    Ok(answers)
}

fn publish(client: &mut Client, database: u32, name: &str, expires: Duration) -> Result<(), Error> {
    let message = MESSAGE.replace("NAME", name).replace("EXPIRES", &expires.as_secs().to_string());
    let channel = format!("/{database}.celery.pidbox");
    client.call(&[b"PUBLISH", channel.as_bytes(), message.as_bytes()]).map(drop)
}

fn count(client: &mut Client, list: &[u8], wanted: u64, end: Instant) -> Result<u64, Error> {
    loop {
        let reply = client.call(&[b"LLEN", list])?;
        let Reply::Integer(count) = reply else { return Err(client.unexpected("LLEN", &reply)) };
        let count = u64::try_from(count).unwrap_or(0);
        if count >= wanted || Instant::now() >= end {
            return Ok(count);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
