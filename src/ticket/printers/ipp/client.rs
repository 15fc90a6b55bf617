use std::io::{Cursor, Read as _};
use std::time::{Duration, Instant};

use ipp::attribute::{IppAttribute, IppAttributeGroup, IppAttributeName, IppAttributes};
use ipp::model::{DelimiterTag, IppVersion, Operation};
use ipp::parser::IppParser;
use ipp::reader::IppReader;
use ipp::request::IppRequestResponse;
use ipp::value::IppValue;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

/// A printer that is on takes a connection at once.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// The largest answer that is read: everything that a printer can say of itself.
const ANSWER_MAX: u64 = 1 << 20;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum Refused {
    /// No connection, or it broke.
    Unreachable(String),
    /// No answer in time.
    Late,
    /// The printer's refusal.
    Status(String),
}

/// Requests to one printer, each against a deadline.
pub(super) struct Client {
    agent: Agent,
    uri: String,
    user: String,
}

/// What was answered.
pub(super) struct Answer(IppAttributes);

impl Client {
    pub(super) fn new(uri: &str, user: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // Tickets go to the printer, not to a proxy that the environment names.
            .proxy(None)
            .max_idle_connections(0)
            .user_agent(concat!("tiepdon/", env!("CARGO_PKG_VERSION")))
            .tls_config(
                TlsConfig::builder()
                    .root_certs(RootCerts::PlatformVerifier)
                    .build(),
            )
            .build();
        Self {
            agent: config.new_agent(),
            uri: uri.to_owned(),
            user: user.to_owned(),
        }
    }

    /// One request: its own attributes come after those that every request has.
    pub(super) fn ask(
        &self,
        operation: Operation,
        attributes: Vec<(DelimiterTag, IppAttribute)>,
        document: &[u8],
        deadline: Instant,
    ) -> Result<Answer, Refused> {
        let broken = |e: &dyn std::fmt::Display| Refused::Unreachable(e.to_string());
        let uri: Uri = self.uri.parse().map_err(|e| broken(&e))?;
        let mut request = IppRequestResponse::new(IppVersion::v2_0(), operation, Some(uri))
            .map_err(|e| broken(&e))?;
        let user = IppValue::new_name_without_language(&*self.user).map_err(|e| broken(&e))?;
        let user = IppAttribute::new(IppAttributeName::REQUESTING_USER_NAME, user);
        for (group, attribute) in
            std::iter::once((DelimiterTag::OperationAttributes, user)).chain(attributes)
        {
            request.attributes_mut().add(group, attribute);
        }
        let bytes = [&request.to_bytes()[..], document].concat();
        let answer = self.post(&bytes, deadline)?;
        let parser = IppParser::new(IppReader::new(Cursor::new(answer)));
        let answer = parser
            .parse()
            .map_err(|e| Refused::Status(format!("no IPP was answered ({e})")))?;
        let status = answer.header().status_code();
        if status.is_success() {
            Ok(Answer(answer.attributes().clone()))
        } else {
            Err(Refused::Status(format!("{operation:?} refused: {status}")))
        }
    }

    fn post(&self, bytes: &[u8], deadline: Instant) -> Result<Vec<u8>, Refused> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Refused::Late);
        }
        let failed = |error: ureq::Error| {
            let ureq::Error::Timeout(of) = error else {
                return Refused::Unreachable(error.to_string());
            };
            if matches!(of, ureq::Timeout::Connect | ureq::Timeout::Resolve) {
                Refused::Unreachable("no connection in time".into())
            } else {
                Refused::Late
            }
        };
        let answer = self
            .agent
            .post(http_address(&self.uri))
            .config()
            .timeout_resolve(Some(CONNECT_MAX.min(left)))
            .timeout_connect(Some(CONNECT_MAX.min(left)))
            .timeout_global(Some(left))
            .build()
            .content_type("application/ipp")
            .send(bytes)
            .map_err(failed)?;
        if !answer.status().is_success() {
            return Err(Refused::Status(format!("HTTP {}", answer.status())));
        }
        let mut body = Vec::new();
        let mut reader = answer.into_body().into_reader().take(ANSWER_MAX);
        reader.read_to_end(&mut body).map_err(|e| {
            if Instant::now() >= deadline {
                Refused::Late
            } else {
                Refused::Unreachable(e.to_string())
            }
        })?;
        Ok(body)
    }
}

/// `ipp://host/path` is HTTP on port 631 (RFC 8010 §4), `ipps://` the same in TLS (RFC 7472).
fn http_address(uri: &str) -> String {
    let (scheme, rest) = match uri.split_once("://") {
        Some(("ipps", rest)) => ("https", rest),
        Some((_, rest)) => ("http", rest),
        None => ("http", uri),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if has_port { "" } else { ":631" };
    format!("{scheme}://{authority}{port}{path}")
}

impl Answer {
    /// The groups of this kind: one a job, one a printer.
    pub(super) fn groups(&self, tag: DelimiterTag) -> impl Iterator<Item = Group<'_>> {
        self.0.groups_of(tag).map(Group)
    }
}

/// The attributes of one job or printer.
pub(super) struct Group<'a>(&'a IppAttributeGroup);

impl Group<'_> {
    /// The values of an attribute; none where it is absent.
    pub(super) fn values(&self, name: &str) -> Vec<&IppValue> {
        let value = self.0.get(name).map(IppAttribute::value);
        match value {
            Some(IppValue::Array(all)) => all.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    /// The same as words.
    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let values = self.values(name).into_iter();
        values
            .filter(|value| !matches!(value, IppValue::NoValue))
            .map(ToString::to_string)
            .collect()
    }

    /// A number, or an enum's.
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.numbers(name).first().copied()
    }

    pub(super) fn numbers(&self, name: &str) -> Vec<i32> {
        let values = self.values(name).into_iter();
        values
            .filter_map(|value| value.as_integer().or_else(|| value.as_enum()).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::http_address;

    #[test]
    fn an_address_of_ipp_is_one_of_http_with_its_port() {
        for (ipp, http) in [
            (
                "ipp://192.0.2.7/ipp/print",
                "http://192.0.2.7:631/ipp/print",
            ),
            ("ipp://a.example:8631", "http://a.example:8631"),
            ("ipps://[2001:db8::1]/x", "https://[2001:db8::1]:631/x"),
        ] {
            assert_eq!(http_address(ipp), http);
        }
    }
}
