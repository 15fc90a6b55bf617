//! What a browser does, over plain TCP: each request on a connection of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// An answer that does not come in this time fails the test; nothing else is timed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The head, names in lower case.
    head: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.head.iter();
        all.find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A browser with at most one cookie.
pub struct Browser {
    pub addr: SocketAddr,
    pub cookie: Option<String>,
}

impl Browser {
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, cookie: None }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[kind], &pairs.join("&"))
    }

    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.addr);
        request += "Connection: close\r\n";
        request += &format!("Content-Length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some(cookie) = &self.cookie {
            request += &format!("Cookie: other=1; {cookie}\r\n");
        }
        // The server may answer and close before it has read all of a body that is too long.
        let _ = stream.write_all(format!("{request}\r\n{body}").as_bytes());
        let answer = read_answer(&mut stream);
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        answer
    }

    /// Opens the live feed. HTTP/1.0, so that events come without the frames of chunks.
    pub fn events(&self) -> Events {
        let mut stream = self.connect();
        let cookie = self.cookie.as_deref().unwrap_or_default();
        write!(
            stream,
            "GET /events?lang=en HTTP/1.0\r\nCookie: {cookie}\r\n\r\n"
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
        }
        Events { head, reader }
    }
}

/// The live feed.
pub struct Events {
    pub head: String,
    reader: BufReader<TcpStream>,
}

impl Events {
    /// Awaits the next board; none when the feed has ended.
    pub fn next(&mut self) -> Option<String> {
        let asked = Instant::now();
        loop {
            assert!(asked.elapsed() < PATIENCE, "neither a board nor an end");
            let mut line = String::new();
            // A feed that is cut off is an end like another.
            if self.reader.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(data.trim_end().to_owned());
            }
        }
    }
}

/// Reads an answer to the end of its connection.
pub fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer with a head");
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let head = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer {
        status: status.parse().unwrap(),
        head,
        body: body.to_owned(),
    }
}

fn encode(text: &str) -> String {
    let byte = |b: &u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(*b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.as_bytes().iter().map(byte).collect()
}
