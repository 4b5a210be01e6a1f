//! Stands between the module and its servers, and kills the module at a step.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Daemon, Run};

/// When the module is killed: at which piece of what it sends, counted over both servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// The server never gets it.
    Before(usize),
    /// The server gets it and does it; the module does not hear of that.
    After(usize),
}

struct Shared {
    kill: Kill,
    steps: AtomicUsize,
    /// Only for the first run.
    is_over: AtomicBool,
    killed: Mutex<Sender<()>>,
}

/// Two servers as the module sees them.
pub struct Proxies {
    shared: Arc<Shared>,
    signal: Receiver<()>,
    pub source: String,
    pub destination: String,
}

impl Proxies {
    pub fn new(source: &Daemon, destination: &Daemon, kill: Kill) -> Self {
        let (sender, signal) = channel();
        let shared = Arc::new(Shared {
            kill,
            steps: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            killed: Mutex::new(sender),
        });
        let source = listen(&shared, source.port);
        let destination = listen(&shared, destination.port);
        Self { shared, signal, source, destination }
    }

    /// Runs the module through them; true where it came to its end before it was to be killed.
    pub fn run(&self, run: &Run) -> bool {
        let ended = self.run_until_killed(run);
        self.shared.is_over.store(true, Ordering::SeqCst);
        ended
    }

    fn run_until_killed(&self, run: &Run) -> bool {
        let mut process = run.start();
        for _ in 0..6000 {
            if self.signal.recv_timeout(Duration::from_millis(5)).is_ok() {
                process.kill().unwrap();
                process.wait().unwrap();
                return false;
            }
            if process.try_wait().unwrap().is_some() {
                return true;
            }
        }
        process.kill().unwrap();
        panic!("the module neither ended nor came to step {:?} of {}", self.shared.kill, self.steps());
    }

    /// How many steps there were.
    pub fn steps(&self) -> usize {
        self.shared.steps.load(Ordering::SeqCst)
    }
}

fn listen(shared: &Arc<Shared>, port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let shared = Arc::clone(shared);
    // It ends with the test: nobody waits for it.
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
            let shared = Arc::clone(&shared);
            thread::spawn(move || relay(&shared, client, server));
        }
    });
    address
}

fn relay(shared: &Shared, mut client: TcpStream, mut server: TcpStream) {
    let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let is_silent = Arc::new(AtomicUsize::new(0));
    let silence = Arc::clone(&is_silent);
    thread::spawn(move || {
        let mut piece = vec![0; 65536];
        while let Ok(count @ 1..) = from_server.read(&mut piece) {
            if silence.load(Ordering::SeqCst) == 1 {
                silence.store(2, Ordering::SeqCst);
                return;
            }
            if to_client.write_all(&piece[..count]).is_err() {
                return;
            }
        }
    });
    let mut piece = vec![0; 65536];
    while let Ok(count @ 1..) = client.read(&mut piece) {
        let step = shared.steps.fetch_add(1, Ordering::SeqCst);
        let is_over = shared.is_over.load(Ordering::SeqCst);
        if shared.kill == Kill::Before(step) && !is_over {
            return kill(shared);
        }
        let is_last = shared.kill == Kill::After(step) && !is_over;
        if is_last {
            is_silent.store(1, Ordering::SeqCst);
        }
        if server.write_all(&piece[..count]).is_err() {
            return;
        }
        if is_last {
            // Until it was done; a piece of a longer command is never answered.
            for _ in 0..20 {
                if is_silent.load(Ordering::SeqCst) == 2 {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
            return kill(shared);
        }
    }
}

fn kill(shared: &Shared) {
    shared.killed.lock().unwrap().send(()).unwrap();
    // The connections stay open until the module is gone.
    thread::sleep(Duration::from_secs(1));
}
