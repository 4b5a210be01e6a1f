//! Web servers on loopback, good and bad.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ansible_protocol::{Value, json};

/// A web server, and what it was asked. It ends with the test's process.
pub struct Web {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// The address of a page of it.
    pub fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    /// Its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every request that it got, as it was sent.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers each request by its target, such as `/heartbeat?extended`.
pub fn web(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Web {
    raw(move |request, mut stream| {
        let target = request.split(' ').nth(1).unwrap_or_default();
        let _ = stream.write_all(answer(target).as_bytes());
    })
}

/// Answers every request with the same bytes.
pub fn always(answer: impl Into<Vec<u8>>) -> Web {
    let answer = answer.into();
    raw(move |_, mut stream| {
        let _ = stream.write_all(&answer);
    })
}

/// Answers with a beginning, and then with these bytes, `pause` apart, without end.
pub fn endless(start: &'static str, then: &'static str, pause: Duration) -> Web {
    raw(move |_, mut stream| {
        if stream.write_all(start.as_bytes()).is_err() {
            return;
        }
        while stream.write_all(then.as_bytes()).is_ok() {
            thread::sleep(pause);
        }
    })
}

/// Reads requests, and never answers.
pub fn mute() -> Web {
    raw(|_, mut stream| {
        let _ = stream.read(&mut [0]);
    })
}

/// Gives each request, and its connection, to `serve`, on a thread of its own; then closes the connection.
pub fn raw(serve: impl Fn(&str, &TcpStream) + Send + Sync + 'static) -> Web {
    raw_on(&TcpListener::bind("127.0.0.1:0").unwrap(), serve)
}

/// The same with a listener that is there already.
pub fn raw_on(listener: &TcpListener, serve: impl Fn(&str, &TcpStream) + Send + Sync + 'static) -> Web {
    let listener = listener.try_clone().unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (seen, serve) = (Arc::clone(&requests), Arc::new(serve));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (seen, serve) = (Arc::clone(&seen), Arc::clone(&serve));
            thread::spawn(move || {
                let request = request(&mut stream);
                seen.lock().unwrap().push(request.clone());
                serve(&request, &stream);
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    });
    Web { port, requests }
}

/// A request, up to the empty line, and its body where it has one; all that was sent where there is no such line.
fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
        request.extend(byte);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).is_ok() {
        request.extend(body);
    }
    String::from_utf8_lossy(&request).into_owned()
}

/// An answer with a body of a known length.
pub fn page(status: u16, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// An answer that sends the asker elsewhere.
pub fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

/// The heartbeat of edx-platform, when each of these parts says so.
pub fn heartbeat(parts: &[(&str, bool, &str)]) -> String {
    let mut body = json!({});
    for (name, is_well, message) in parts {
        body[*name] = json!({"status": is_well, "message": message});
    }
    let status = if parts.iter().all(|(_, is_well, _)| *is_well) { 200 } else { 503 };
    json_page(status, &body)
}

/// The heartbeat of a healthy platform.
pub fn well() -> String {
    heartbeat(&[("modulestore", true, "OK"), ("sql", true, "OK")])
}

/// An answer with a JSON body.
pub fn json_page(status: u16, body: &Value) -> String {
    page(status, "application/json", &body.to_string())
}
