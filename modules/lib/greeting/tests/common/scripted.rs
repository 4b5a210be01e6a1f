//! Servers on loopback that do as they are told.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A server that does this with each of its connections; its port.
pub fn server(behave: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let behave = behave.clone();
            thread::spawn(move || behave(stream.unwrap()));
        }
    });
    port
}

/// Waits for a word of the client, then says this, and waits for the client to go.
pub fn answering(answer: impl Into<Vec<u8>>) -> u16 {
    let answer = answer.into();
    server(move |mut stream| {
        if stream.read(&mut [0; 4096]).is_ok() && stream.write_all(&answer).is_ok() {
            wait(stream);
        }
    })
}

/// Says this at once, and waits for the client to go.
pub fn speaking(words: impl Into<Vec<u8>>) -> u16 {
    let words = words.into();
    server(move |mut stream| {
        if stream.write_all(&words).is_ok() {
            wait(stream);
        }
    })
}

/// Says nothing.
pub fn silent() -> u16 {
    server(wait)
}

/// Says this again and again, without end.
pub fn endless(words: impl Into<Vec<u8>>) -> u16 {
    let words = words.into();
    server(move |mut stream| while stream.write_all(&words).is_ok() {})
}

/// Says this, a byte at a time, slowly.
pub fn dripping(words: impl Into<Vec<u8>>) -> u16 {
    let words = words.into();
    server(move |mut stream| {
        for byte in &words {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
        wait(stream);
    })
}

/// Hangs up, with this said.
pub fn leaving(words: impl Into<Vec<u8>>) -> u16 {
    let words = words.into();
    server(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&words);
    })
}

/// Hangs up with words of the client unread, which resets the connection.
pub fn resetting() -> u16 {
    server(|stream| {
        stream.peek(&mut [0; 1]).unwrap();
    })
}

/// Reads until the client has gone.
pub fn wait(mut stream: TcpStream) {
    let mut piece = [0; 4096];
    while stream.read(&mut piece).is_ok_and(|count| count > 0) {}
}
