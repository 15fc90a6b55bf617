//! Bytes to and from the server. Every answer is checked in one order: status, content type, size,
//! JSON, `resourceType`; what fails a check is an error, never an empty answer.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use ureq::tls::TlsConfig;

use super::{id_of, is_id, outcome, setup};
use crate::config::Fhir;
use crate::ehr::{EhrError, SetupError};

/// The largest answer that is read, after decompression: a searchset of some hundred patients.
const BODY_MAX: u64 = 4 << 20;
/// The longest pause that a server can ask of us.
const RETRY_MAX_SECONDS: u64 = 300;
/// The media type of FHIR resources (FHIR R4 §3.1.0.1.10).
pub(super) const FHIR_JSON: &str = "application/fhir+json";

/// What the server answered.
pub(super) struct Answer {
    pub status: StatusCode,
    /// The resource, or what was wrong with the body.
    body: Result<Value, String>,
    location: Option<String>,
    /// Seconds after which to ask again, where the server says so.
    pub retry_after: Option<u64>,
    /// The server's clock.
    pub date: Option<Timestamp>,
}

/// Why there is no answer.
enum Failure {
    /// The time is over.
    Late,
    /// The connection failed or broke.
    Broken(String),
}

impl From<Failure> for EhrError {
    fn from(failure: Failure) -> Self {
        Self::Down(match failure {
            Failure::Late => "no answer in time".to_owned(),
            Failure::Broken(cause) => cause,
        })
    }
}

/// A connection to one server.
pub(super) struct Client {
    agent: Agent,
    base: String,
    headers: HeaderMap,
    connect: Duration,
    request: Duration,
}

impl Client {
    pub fn new(settings: &Fhir) -> Result<Self, SetupError> {
        let base = setup::base_url(settings)?;
        let config = Agent::config_builder()
            // The body of a refusal says why: it must not be lost.
            .http_status_as_error(false)
            // A POST that follows a redirect to a login page ends as a GET with 200.
            .max_redirects(0)
            // Patients' numbers go to the hospital, not to a proxy that the environment names.
            .proxy(None)
            .user_agent(concat!("tiepdon/", env!("CARGO_PKG_VERSION")))
            .tls_config(
                TlsConfig::builder()
                    .root_certs(setup::roots(settings)?)
                    .build(),
            )
            .build();
        Ok(Self {
            agent: config.new_agent(),
            base,
            headers: setup::headers(settings)?,
            connect: settings.connect,
            request: settings.request,
        })
    }

    /// Until when an exchange that begins now may last.
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.request
    }

    /// Whether an absolute URL lies on this server.
    pub fn is_ours(&self, url: &str) -> bool {
        let origin = |url: &str| {
            let uri: Uri = url.parse().ok()?;
            let https = match uri.scheme_str()? {
                "https" => true,
                "http" => false,
                _ => return None,
            };
            let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
            Some((https, uri.host()?.to_ascii_lowercase(), port))
        };
        origin(url).is_some() && origin(url) == origin(&self.base)
    }

    /// Reads `path` (below the base URL), or an absolute URL on this server. A connection that
    /// breaks is tried once more, within the time.
    pub fn get(&self, path: &str, deadline: Instant) -> Result<Answer, EhrError> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/{path}", self.base)
        };
        self.read(|| self.send(Method::GET, &url, &[], b"", deadline))
    }

    /// Searches by POST, which keeps numbers out of every log on the way; by GET where the server
    /// offers no other way. An unknown parameter must be refused (`handling=strict`): by default it
    /// is ignored, and everybody is found.
    pub fn search(
        &self,
        kind: &str,
        parameters: &[(&str, &str)],
        deadline: Instant,
    ) -> Result<Answer, EhrError> {
        let form = query(parameters);
        let strict = [("prefer", "handling=strict")];
        let url = format!("{}/{kind}/_search", self.base);
        let posted = self.read(|| {
            let headers = [
                strict[0],
                ("content-type", "application/x-www-form-urlencoded"),
            ];
            self.send(Method::POST, &url, &headers, form.as_bytes(), deadline)
        })?;
        if !matches!(posted.status.as_u16(), 404 | 405 | 415) {
            return Ok(posted);
        }
        let url = format!("{}/{kind}?{form}", self.base);
        self.read(|| self.send(Method::GET, &url, &strict, b"", deadline))
    }

    /// Writes, once: whether it may be sent again is for the outbox to know.
    pub fn write(
        &self,
        method: Method,
        path: &str,
        if_none_exist: Option<&str>,
        body: &[u8],
        deadline: Instant,
    ) -> Result<Answer, EhrError> {
        let url = match path {
            "" => self.base.clone(),
            path => format!("{}/{path}", self.base),
        };
        let mut headers = vec![("content-type", FHIR_JSON)];
        headers.extend(if_none_exist.map(|criteria| ("if-none-exist", criteria)));
        Ok(self.send(method, &url, &headers, body, deadline)?)
    }

    fn read(&self, send: impl Fn() -> Result<Answer, Failure>) -> Result<Answer, EhrError> {
        match send() {
            Err(Failure::Broken(_)) => Ok(send()?),
            answer => Ok(answer?),
        }
    }

    fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        let left = deadline
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
            .ok_or(Failure::Late)?;
        let mut request = Request::builder().method(&method).uri(url);
        if let Some(all) = request.headers_mut() {
            all.extend(self.headers.clone());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let wrong = |_| Failure::Broken("the request cannot be written as HTTP".to_owned());
        let response = if method == Method::GET {
            let request = request.body(()).map_err(wrong)?;
            self.agent.run(self.within(request, left))
        } else {
            let request = request.body(body).map_err(wrong)?;
            self.agent.run(self.within(request, left))
        };
        response.map_err(|error| failure(&error)).and_then(receive)
    }

    fn within<B: ureq::AsSendBody>(&self, request: Request<B>, left: Duration) -> Request<B> {
        self.agent
            .configure_request(request)
            .timeout_resolve(Some(self.connect.min(left)))
            .timeout_connect(Some(self.connect.min(left)))
            .timeout_global(Some(left))
            .build()
    }
}

impl Answer {
    /// The resource of a successful read, which must be of this type.
    pub fn resource(self, kind: &str) -> Result<Value, EhrError> {
        if self.status != StatusCode::OK && self.status != StatusCode::CREATED {
            return Err(self.unsuccessful());
        }
        let body = self.body.map_err(EhrError::Down)?;
        match body["resourceType"].as_str() {
            Some(found) if found == kind => Ok(body),
            _ => Err(EhrError::Down(format!("the answer is no {kind}"))),
        }
    }

    /// The id of the resource that was written, where the answer names it.
    pub fn id(&self, kind: &str) -> Option<String> {
        let body = self.body.as_ref().ok();
        let body = body.filter(|body| body["resourceType"] == kind);
        let id = body.and_then(|body| body["id"].as_str());
        id.filter(|id| is_id(id))
            .or_else(|| id_of(self.location.as_deref()?, kind))
            .map(str::to_owned)
    }

    /// The answer to something that was only asked: whatever is wrong, it says nothing of
    /// patients, so the system counts as down.
    fn unsuccessful(&self) -> EhrError {
        match self.retry_after {
            Some(seconds) if is_passing(self.status) => EhrError::Busy(seconds),
            _ => EhrError::Down(self.cause()),
        }
    }

    /// What the server says of a failure, without any value that it may echo.
    pub fn cause(&self) -> String {
        let status = self.status.as_u16();
        let issues = self
            .body
            .as_ref()
            .map(outcome::redacted)
            .unwrap_or_default();
        match status {
            300..=399 => format!("it redirects elsewhere ({status}), as to a login page"),
            401 | 403 => format!("it does not let us in ({status}): check the sign-in"),
            _ if issues.is_empty() => format!("status {status}"),
            _ => format!("status {status}: {issues}"),
        }
    }
}

/// Whether the same request can succeed later.
pub(super) fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() && status.as_u16() != 501 || matches!(status.as_u16(), 408 | 409 | 429)
}

/// A query string: everything but letters, digits and `-._~` is escaped.
pub(super) fn query(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    pairs.join("&")
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn receive(mut response: Response<ureq::Body>) -> Result<Answer, Failure> {
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::trim);
    let date = header("date").and_then(http_date);
    let retry_after = header("retry-after").and_then(seconds_from_now);
    let location = header("location").map(str::to_owned);
    let json = header("content-type").is_some_and(is_json);
    let status = response.status();
    let body = if json {
        let bytes = response
            .body_mut()
            .with_config()
            .limit(BODY_MAX)
            .read_to_vec()
            .map_err(|error| failure(&error))?;
        serde_json::from_slice(&bytes).map_err(|_| "the answer is no JSON".to_owned())
    } else {
        Err("the answer is not of a JSON type, as from a login page".to_owned())
    };
    Ok(Answer {
        status,
        body,
        location,
        retry_after,
        date,
    })
}

/// `application/json`, `application/fhir+json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json" || essence == FHIR_JSON
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

/// Both forms of `Retry-After` (RFC 9110 §10.2.3), bounded.
fn seconds_from_now(text: &str) -> Option<u64> {
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let wait = http_date(text)?.duration_since(Timestamp::now());
            u64::try_from(wait.as_secs()).unwrap_or(0)
        }
    };
    Some(seconds.min(RETRY_MAX_SECONDS))
}

/// The cause in our own words: the library's may hold the URL, and the URL a number.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library's errors are many and open-ended; what is not named is one case to us"
)]
fn failure(error: &ureq::Error) -> Failure {
    use ureq::Error;
    let cause = match error {
        Error::Timeout(_) => return Failure::Late,
        Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => return Failure::Late,
        Error::Io(error) => format!("the connection failed ({})", error.kind()),
        Error::HostNotFound => "its host name is not known".to_owned(),
        Error::ConnectionFailed => "no connection".to_owned(),
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => {
            "no secure connection: check its certificate and the CA file".to_owned()
        }
        Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
        Error::Decompress(..) => "the answer is damaged".to_owned(),
        _ => "the exchange is no HTTP as it should be".to_owned(),
    };
    Failure::Broken(cause)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{escaped, is_json, seconds_from_now};

    #[test]
    fn a_retry_time_is_understood_in_both_forms_and_bounded() {
        assert_eq!(seconds_from_now("7"), Some(7));
        assert_eq!(seconds_from_now("86400"), Some(300));
        assert_eq!(seconds_from_now("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(seconds_from_now("soon"), None);
        let later = Timestamp::now() + SignedDuration::from_secs(120);
        let text = jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&later)
            .expect("a date of our time");
        let seconds = seconds_from_now(&text).expect("a date");
        assert!((100..=120).contains(&seconds), "{seconds}");
    }

    #[test]
    fn only_json_types_are_json() {
        assert!(is_json("application/fhir+json; charset=utf-8"));
        assert!(is_json("Application/JSON"));
        assert!(!is_json("text/html") && !is_json("application/fhir+xml") && !is_json(""));
    }

    #[test]
    fn a_search_value_is_escaped_to_the_last_sign() {
        assert_eq!(escaped("urn:x|0 1&é"), "urn%3Ax%7C0%201%26%C3%A9");
    }
}
