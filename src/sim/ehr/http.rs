//! As much of HTTP/1.1 (RFC 9112) as a FHIR client speaks: requests with a length, answers with a
//! length, connections that stay open.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// The longest line of a request's head, and the most lines of it.
const LINE_MAX: u64 = 16 << 10;
const LINES_MAX: usize = 100;
/// The longest body that is read.
const BODY_MAX: u64 = 16 << 20;

pub(super) struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Names and values of the query, unescaped, in their order.
    pub query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub(super) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; none where the client has closed it.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(first) = line(from)? else {
            return Ok(None);
        };
        let mut words = first.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(wrong("no request line"));
        };
        let mut headers = Vec::new();
        loop {
            let text = line(from)?.ok_or_else(|| wrong("the head breaks off"))?;
            if text.is_empty() {
                break;
            }
            let (name, value) = text.split_once(':').ok_or_else(|| wrong("no header"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            if headers.len() > LINES_MAX {
                return Err(wrong("too many headers"));
            }
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: form(query),
            headers,
            body: Vec::new(),
        };
        let length = request.header("content-length").unwrap_or("0").parse();
        let length: u64 = length.map_err(|_| wrong("no length"))?;
        if length > BODY_MAX || request.header("transfer-encoding").is_some() {
            return Err(wrong("a body without a right length"));
        }
        from.take(length).read_to_end(&mut request.body)?;
        if request.body.len() as u64 != length {
            return Err(wrong("the body breaks off"));
        }
        Ok(Some(request))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Response {
    /// A FHIR resource.
    pub fn fhir(status: u16, resource: &Value) -> Self {
        Self::typed("application/fhir+json; charset=utf-8", status, resource)
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::typed("application/json", status, body)
    }

    fn typed(kind: &str, status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// Writes it; `cut` leaves out the second half of the body.
    pub fn write(&self, to: &mut impl Write, cut: bool) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} .\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let now = jiff::Timestamp::now();
        if let Ok(date) =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now)
        {
            head.push_str(&format!("Date: {date}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        let kept = if cut {
            self.body.len() / 2
        } else {
            self.body.len()
        };
        to.write_all(head.as_bytes())?;
        to.write_all(&self.body[..kept])?;
        to.flush()
    }
}

/// Names and values of a form or query (`application/x-www-form-urlencoded`).
pub(super) fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescaped(name), unescaped(value))
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match (first, tail) {
            (b'%', [high, low, ..]) => hex_pair(*high, *low),
            _ => None,
        };
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// A line without its end; none at the end of the stream.
fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    from.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes)?;
    match bytes.pop() {
        None => return Ok(None),
        Some(b'\n') => {}
        Some(_) => return Err(wrong("a line is too long or breaks off")),
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| wrong("a line is no text"))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
