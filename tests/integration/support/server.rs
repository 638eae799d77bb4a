//! A small server that answers as a test wants, alone or in front of a registry.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How many bytes of the body are sent before the connection breaks off.
    pub cut: Option<usize>,
    /// How long the connection is kept open then.
    pub stall: Duration,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Answer { status, headers: Vec::new(), body: body.into(), cut: None, stall: Duration::ZERO }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A running server; it remembers what it was asked.
pub struct Server {
    pub host: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers every request with a function, a thread for each connection.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &*answer, &seen));
            }
        });
        Server { host, asked }
    }

    /// Stands in front of a registry; `change` sees each request and the real answer.
    pub fn before(registry: &str, change: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) -> Server {
        let registry = registry.to_owned();
        let own: Arc<Mutex<String>> = Arc::default();
        let named = Arc::clone(&own);
        let server = Server::start(move |asked| {
            let here = named.lock().expect("no panic").clone();
            change(asked, forward(&registry, &here, asked))
        });
        own.lock().expect("no panic").clone_from(&server.host);
        server
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    pub fn head(&self) -> String {
        format!("plainHttp: ['{}']\n", self.host)
    }
}

/// Holds back one answer of a server, so that a test knows where the program is.
#[derive(Default)]
pub struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    /// How many requests are still let through; none of it while the gate is open.
    left: Option<usize>,
    waiting: usize,
}

impl Gate {
    /// Lets so many requests through and holds those that follow.
    pub fn close_after(&self, requests: usize) {
        self.state.lock().expect("no panic").left = Some(requests);
    }

    /// Called by the server on each request.
    pub fn pass(&self) {
        let mut state = self.state.lock().expect("no panic");
        match &mut state.left {
            None => return,
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                return;
            }
        }
        state.waiting += 1;
        self.changed.notify_all();
        while state.left.is_some() {
            state = self.changed.wait(state).expect("no panic");
        }
        state.waiting -= 1;
    }

    /// Returns when so many requests are held at once.
    pub fn await_held(&self, requests: usize) {
        let state = self.state.lock().expect("no panic");
        let few = |state: &mut GateState| state.waiting < requests;
        let (state, end) = self.changed.wait_timeout_while(state, Duration::from_secs(60), few).expect("no panic");
        assert!(!end.timed_out(), "{} of {requests} requests came", state.waiting);
    }

    pub fn open(&self) {
        self.state.lock().expect("no panic").left = None;
        self.changed.notify_all();
    }
}

fn serve(stream: TcpStream, answer: &dyn Fn(&Asked) -> Answer, seen: &Mutex<Vec<Asked>>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut writer = stream;
    while let Some(asked) = read_request(&mut reader) {
        seen.lock().expect("no panic").push(asked.clone());
        let answer = answer(&asked);
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
        for (name, value) in &answer.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let body = &answer.body[..answer.cut.unwrap_or(answer.body.len()).min(answer.body.len())];
        let sent = writer.write_all(&[head.as_bytes(), b"\r\n", body].concat());
        std::thread::sleep(answer.stall);
        if sent.is_err() || answer.cut.is_some() {
            break;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Asked> {
    let (first, headers) = read_head(reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut asked = Asked { method, path, headers, body: Vec::new() };
    let length = asked.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    asked.body.resize(length, 0);
    reader.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

fn read_head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let first = lines.next()?;
    let headers = lines.filter_map(|it| it.split_once(':').map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())));
    Some((first, headers.collect()))
}

fn forward(registry: &str, here: &str, asked: &Asked) -> Answer {
    let mut stream = TcpStream::connect(registry).expect("the registry is there");
    let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\nhost: {here}\r\n", asked.method, asked.path);
    for (name, value) in &asked.headers {
        if !["host", "connection"].contains(&name.to_lowercase().as_str()) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    stream.write_all(&[head.as_bytes(), b"\r\n", &asked.body].concat()).expect("sent");
    let mut reader = BufReader::new(stream);
    let (first, headers) = read_head(&mut reader).expect("an answer");
    let status = first.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    let length = headers.iter().find(|(it, _)| it.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, it)| it.parse().ok()).filter(|_| asked.method != "HEAD");
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).expect("a body");
    let kept = |it: &(String, String)| !["content-length", "connection"].contains(&it.0.to_lowercase().as_str());
    Answer { status, headers: headers.into_iter().filter(kept).collect(), body, cut: None, stall: Duration::ZERO }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port()
}

pub fn await_port(port: u16) {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "no server at port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
