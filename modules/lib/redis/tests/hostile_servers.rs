//! Servers that do not speak as Redis does, or not to the end. Each conversation ends in time, with a sentence.

#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use net::Target;
use redis::{Client, Credentials};

/// A server that says this to whoever asks anything, and then says no more but stays there.
fn says(answer: &'static [u8]) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        let _ = stream.read(&mut asked);
        let _ = stream.write_all(answer);
        if answer != b"closes" {
            thread::sleep(Duration::from_secs(10));
        }
    });
    Target::tcp("127.0.0.1", port)
}

fn fault(target: &Target) -> String {
    let start = Instant::now();
    let error = Client::connect(target, &Credentials::none(), Duration::from_millis(500)).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5));
    error.to_string().replace(&target.to_string(), "SERVER")
}

#[test]
fn what_is_no_redis_is_said() {
    for (answer, said) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "SERVER does not speak as a Redis does: "),
        (b"ERROR\r\n", "SERVER does not speak as a Redis does: "),
        (b":1\r\n", "SERVER does not speak as a Redis does: a number came in answer to PING."),
        (b"$99999999999999999999\r\n", "SERVER does not speak as a Redis does: "),
        (b"$-7\r\n", "SERVER does not speak as a Redis does: "),
    ] {
        let fault = fault(&says(answer));
        assert!(fault.starts_with(said), "{:?}: {fault}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn silence_and_half_an_answer_end_in_time() {
    assert_eq!(fault(&says(b"")), "Redis SERVER: no answer within 500ms");
    assert_eq!(fault(&says(b"+PO")), "Redis SERVER: no whole answer within 500ms");
    assert_eq!(fault(&says(b"*1000000000\r\n:1\r\n")), "Redis SERVER: no whole answer within 500ms");
    assert_eq!(fault(&says(b"$5\r\nab")), "Redis SERVER: no whole answer within 500ms");
}

#[test]
fn refusals_before_the_first_command_have_their_own_words() {
    assert_eq!(
        fault(&says(b"-DENIED Redis is running in protected mode because protected mode is enabled\r\n")),
        "Redis SERVER is in protected mode and takes no command from here: set requirepass in its redis.conf, and bind it \
         to a private address"
    );
    assert_eq!(
        fault(&says(b"-LOADING Redis is loading the dataset in memory\r\n")),
        "Redis SERVER still reads its data from the disk: try again in a while"
    );
    assert_eq!(
        fault(&says(b"-MASTERDOWN Link with MASTER is down\r\n")),
        "Redis SERVER answers \"MASTERDOWN Link with MASTER is down\" to PING"
    );
}
