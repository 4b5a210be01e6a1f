//! The steps of a move that must happen as one, each as a script that the server runs.
//!
//! Redis runs a script as one step: nobody sees it half done, and its append-only file has all of it or nothing. Each
//! of them looks first whether the move is still where the caller believes it to be, so that a run that was overtaken
//! by another one, or was slow, does nothing. `EVAL` is in every Redis since 2.6, and in Valkey.

use redis::{Client, Error, Reply};

/// A copy is being made at the destination.
pub const COPYING: &[u8] = b"copying";
/// The destination has it: its tasks are in its queues.
pub const HANDED_OVER: &[u8] = b"handed over";
/// The source has it again, and the destination never will.
pub const RETURNED: &[u8] = b"returned";

/// A state that does not hold any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overtaken;

/// What stands in the way of a key that should come to its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTheWay {
    /// The key.
    pub key: Vec<u8>,
    /// The type of what stands there.
    pub has: String,
    /// The type of what should come.
    pub comes: String,
}

/// How a merge ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// Done by this call.
    Now,
    /// The state was another one; nothing happened.
    State(Vec<u8>),
    /// Nothing happened.
    InTheWay(InTheWay),
}

const STAGE: &[u8] = b"\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local moved = 0
for i = 2, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    moved = moved + redis.call('RENAMENX', KEYS[i], KEYS[i + 1])
  end
end
return moved";

/// Renames keys on the source, while its round is as `round` says: pairs of the name and the staged one.
pub fn stage(client: &mut Client, round: &[u8], note: &str, pairs: &[Vec<u8>]) -> Result<Result<(), Overtaken>, Error> {
    let count = (pairs.len() + 1).to_string();
    let mut words: Vec<&[u8]> = vec![b"EVAL", STAGE, count.as_bytes(), round];
    words.extend(pairs.iter().map(Vec::as_slice));
    words.push(note.as_bytes());
    let reply = client.call(&words)?;
    Ok(if number(client, &reply)? < 0 { Err(Overtaken) } else { Ok(()) })
}

const CHANGE: &[u8] = b"\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1";

/// Sets a note that is `from` to `to`, or deletes it where that is empty.
pub fn change(client: &mut Client, key: &[u8], from: &str, to: &str) -> Result<Result<(), Overtaken>, Error> {
    let reply = client.call(&[b"EVAL", CHANGE, b"1", key, from.as_bytes(), to.as_bytes()])?;
    Ok(if number(client, &reply)? == 0 { Err(Overtaken) } else { Ok(()) })
}

const DECIDE: &[u8] = b"\
local fate = redis.call('GET', KEYS[1])
if fate and not (fate == 'copying' and ARGV[1] == 'returned') then return fate end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]";

/// Says at the destination what is to become of a round, and answers what becomes of it: once it was handed over or
/// returned, it stays so.
pub fn decide(client: &mut Client, fate: &[u8], wanted: &[u8]) -> Result<Vec<u8>, Error> {
    match client.call(&[b"EVAL", DECIDE, b"1", fate, wanted])? {
        Reply::Bulk(decided) => Ok(decided),
        other => Err(client.unexpected("EVAL", &other)),
    }
}

const ADD: &[u8] = b"\
if redis.call('GET', KEYS[1]) ~= 'copying' then return -1 end
local length = redis.call('LLEN', KEYS[2])
if length ~= tonumber(ARGV[1]) then return length end
for i = 2, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
return redis.call('LLEN', KEYS[2])";

/// Adds to the copy of a list of which `at` elements are there, and answers its length. Where it has another length,
/// another run makes the same copy, and nothing is added.
pub fn add(
    client: &mut Client,
    fate: &[u8],
    copy: &[u8],
    at: u64,
    more: &[Vec<u8>],
) -> Result<Result<u64, Overtaken>, Error> {
    let at = at.to_string();
    let mut words: Vec<&[u8]> = vec![b"EVAL", ADD, b"2", fate, copy, at.as_bytes()];
    words.extend(more.iter().map(Vec::as_slice));
    let reply = client.call(&words)?;
    Ok(u64::try_from(number(client, &reply)?).map_err(|_| Overtaken))
}

const WRITE: &[u8] = b"\
if redis.call('GET', KEYS[1]) ~= 'copying' then return -1 end
redis.call(ARGV[1], KEYS[2], unpack(ARGV, 2))
return 1";

/// Runs one command on a copy that may run twice: `HSET`, `SADD`, `ZADD`, `SET`, `PEXPIRE`, `RESTORE … REPLACE`.
pub fn write(client: &mut Client, fate: &[u8], copy: &[u8], command: &[&[u8]]) -> Result<Result<(), Overtaken>, Error> {
    let mut words: Vec<&[u8]> = vec![b"EVAL", WRITE, b"2", fate, copy];
    words.extend(command);
    let reply = client.call(&words)?;
    Ok(if number(client, &reply)? < 0 { Err(Overtaken) } else { Ok(()) })
}

/// What came is older than what is there. Celery's transport adds a task at the left of a list and takes it from the
/// right, so a queue that is there goes on the left. `HSETNX`: of two values the newer one stays.
const MERGE: &[u8] = b"\
pcall(redis.replicate_commands)
local state = redis.call('GET', KEYS[1])
if state ~= ARGV[1] then return state or '' end
local merges = {list = true, set = true, zset = true, hash = true, string = true}
for i = 2, #KEYS, 2 do
  local has = redis.call('TYPE', KEYS[i]).ok
  local comes = redis.call('TYPE', KEYS[i + 1]).ok
  if has ~= 'none' and comes ~= 'none' and (has ~= comes or not merges[has]) then return {KEYS[i], has, comes} end
end
for i = 2, #KEYS, 2 do
  local key, copy = KEYS[i], KEYS[i + 1]
  local kind = redis.call('TYPE', copy).ok
  if kind == 'none' then
  elseif redis.call('EXISTS', key) == 0 then
    redis.call('RENAME', copy, key)
  elseif kind == 'list' then
    if redis.call('LLEN', copy) < redis.call('LLEN', key) then
      while true do
        local task = redis.call('LPOP', copy)
        if not task then break end
        redis.call('RPUSH', key, task)
      end
    else
      local left = redis.call('PTTL', key)
      while redis.call('RPOPLPUSH', key, copy) do end
      redis.call('RENAME', copy, key)
      if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('PERSIST', key) end
    end
  else
    if kind == 'set' then redis.call('SUNIONSTORE', key, key, copy)
    elseif kind == 'zset' then redis.call('ZUNIONSTORE', key, 2, key, copy, 'AGGREGATE', 'MAX')
    elseif kind == 'hash' then
      local all = redis.call('HGETALL', copy)
      for j = 1, #all, 2 do redis.call('HSETNX', key, all[j], all[j + 1]) end
    end
    redis.call('DEL', copy)
  end
end
redis.call('SET', KEYS[1], ARGV[2])
return 1";

/// Brings all keys of a round to their places, while the note `state` is `from`, and sets it to `to`: pairs of the
/// place and of where the key is.
pub fn merge(client: &mut Client, state: &[u8], from: &[u8], to: &[u8], pairs: &[Vec<u8>]) -> Result<Merged, Error> {
    let count = (pairs.len() + 1).to_string();
    let mut words: Vec<&[u8]> = vec![b"EVAL", MERGE, count.as_bytes(), state];
    words.extend(pairs.iter().map(Vec::as_slice));
    words.extend([from, to]);
    match client.call(&words)? {
        Reply::Integer(_) => Ok(Merged::Now),
        Reply::Bulk(state) => Ok(Merged::State(state)),
        Reply::Array(items) => match <[Reply; 3]>::try_from(items) {
            Ok([Reply::Bulk(key), Reply::Bulk(has), Reply::Bulk(comes)]) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Ok(Merged::InTheWay(InTheWay { key, has: text(&has), comes: text(&comes) }))
            }
            _ => Err(client.unexpected("EVAL", &Reply::Array(Vec::new()))),
        },
        other => Err(client.unexpected("EVAL", &other)),
    }
}

const FINISH: &[u8] = b"\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1";

/// Deletes on the source what was handed over, while its round is as `from` says.
pub fn finish(
    client: &mut Client,
    round: &[u8],
    from: &str,
    to: &str,
    staged: &[Vec<u8>],
) -> Result<Result<(), Overtaken>, Error> {
    let count = (staged.len() + 1).to_string();
    let mut words: Vec<&[u8]> = vec![b"EVAL", FINISH, count.as_bytes(), round];
    words.extend(staged.iter().map(Vec::as_slice));
    words.extend([from.as_bytes(), to.as_bytes()]);
    let reply = client.call(&words)?;
    Ok(if number(client, &reply)? == 0 { Err(Overtaken) } else { Ok(()) })
}

fn number(client: &mut Client, reply: &Reply) -> Result<i64, Error> {
    match reply {
        Reply::Integer(number) => Ok(*number),
        other => Err(client.unexpected("EVAL", other)),
    }
}
