//! Servers on loopback that are not what they should be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A server that does the same with every connection. It ends with the test's process.
pub struct Fake {
    port: u16,
}

impl Fake {
    /// As the option `memcached` takes it.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

/// Gives each connection to `serve`, on a thread of its own.
pub fn server(serve: impl Fn(TcpStream) + Send + Sync + Copy + 'static) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    Fake { port }
}

/// Takes everything and says nothing.
pub fn silent() -> Fake {
    server(|mut stream| {
        let mut ignored = Vec::new();
        let _ = stream.read_to_end(&mut ignored);
    })
}

/// Answers at once, one byte in a while, without ever ending a line.
pub fn dripping() -> Fake {
    server(|mut stream| {
        for byte in b"VERSION ".iter().chain(std::iter::repeat(&b'1')) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    })
}

/// A web server.
pub fn http() -> Fake {
    server(|mut stream| {
        let mut request = String::new();
        let _ = BufReader::new(&stream).read_line(&mut request);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html></html>\r\n");
    })
}

/// What a go-between does with a command line from the client.
pub enum Act {
    /// Hands it on, and the answer back with these texts replaced.
    Pass(&'static [(&'static str, &'static str)]),
    /// Answers itself.
    Answer(&'static str),
    /// Repeats this without end.
    Endless(&'static str),
}

/// A real memcached, seen through a go-between that treats some commands in its own way.
pub fn between(port: u16, act: fn(&str) -> Act) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || relay(&client, port, act));
        }
    });
    Fake { port: own }
}

fn relay(mut client: &TcpStream, port: u16, act: fn(&str) -> Act) -> Option<()> {
    let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut answers = BufReader::new(&server);
    let mut requests = BufReader::new(client);
    loop {
        let mut request = String::new();
        if requests.read_line(&mut request).ok()? == 0 {
            return None;
        }
        let command = request.trim_end().to_owned();
        if command.starts_with("set ") {
            requests.read_line(&mut request).ok()?;
        }
        match act(&command) {
            Act::Answer(text) => client.write_all(text.as_bytes()).ok()?,
            Act::Endless(text) => loop {
                client.write_all(text.as_bytes()).ok()?;
            },
            Act::Pass(replacements) => {
                (&server).write_all(request.as_bytes()).ok()?;
                let mut answer = String::new();
                let is_long = command.starts_with("stats") || command.starts_with("get ");
                loop {
                    let start = answer.len();
                    answers.read_line(&mut answer).ok()?;
                    if !is_long || answer[start..].trim_end() == "END" {
                        break;
                    }
                }
                for (from, to) in replacements {
                    answer = answer.replace(from, to);
                }
                client.write_all(answer.as_bytes()).ok()?;
            }
        }
    }
}
