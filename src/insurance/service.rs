use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use super::{InsuranceStatus, Provider, status_of};
use crate::identity::Person;

/// The longest answer that is read: a code needs a line.
const BODY_MAX: u64 = 64 << 10;

/// Why the insurance service cannot be asked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address is none.
    #[error("{0:?} is no address of an insurance service: write https://HOST/PATH")]
    Url(String),
    /// Patients' data would cross the network in the clear.
    #[error("plain http to {0}: only https leaves this machine")]
    PlainHttp(String),
}

/// The hospital's own service, which asks the gateway with the account of a registered staff
/// member; a kiosk has none (CV 1923/BHXH-CNTT).
///
/// Asked by POST with `{"number", "name", "birth_date", "day"}`, null where not known. It answers
/// `{"maKetQua": "000"}`, a code of the gateway, or `{"status": "eligible"}`, one of our words.
pub struct Service {
    agent: Agent,
    url: String,
}

impl Service {
    /// A service at `url`; `request` is the whole time for one question. Nothing is sent yet.
    ///
    /// # Errors
    /// An address that is none, or plain HTTP to another machine.
    pub fn new(url: &str, request: Duration) -> Result<Self, SetupError> {
        check_url(url)?;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A login page is no answer, and a number does not go where a redirect points.
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(request))
            .tls_config(tls.build())
            .build();
        Ok(Self {
            agent: config.new_agent(),
            url: url.to_owned(),
        })
    }

    fn ask(&self, person: &Person, day: Date) -> Result<InsuranceStatus, String> {
        let insurance = person.insurance_number.as_ref().map(|n| n.expose());
        // The gateway takes the personal number in the place of a card code.
        let personal = person.personal_number.as_ref().map(|n| n.expose());
        let number = insurance.or(personal).ok_or("no number to ask for")?;
        let name = person.name.as_ref().or(person.name_latin.as_ref());
        let question = json!({
            "number": number,
            "name": name.map(|name| name.expose()),
            "birth_date": person.birth_date.map(String::from),
            "day": day.to_string(),
        });
        let mut response = self
            .agent
            .post(&self.url)
            .send_json(&question)
            .map_err(|error| {
                // Only the kind: an error's own text may hold the address.
                let late = matches!(error, ureq::Error::Timeout(_));
                let kind = error.into_io().kind();
                if late {
                    "no answer in time".to_owned()
                } else {
                    format!("no answer ({kind})")
                }
            })?;
        let status = response.status();
        if status.as_u16() != 200 {
            return Err(format!("status {}", status.as_u16()));
        }
        let json = response.body().mime_type().map(str::to_ascii_lowercase);
        if json.as_deref() != Some("application/json") {
            return Err("the answer is not of a JSON type".to_owned());
        }
        let body = response.body_mut().with_config().limit(BODY_MAX);
        let bytes = body.read_to_vec().map_err(|_| "the answer breaks off")?;
        let answer = serde_json::from_slice(&bytes).map_err(|_| "the answer is no JSON")?;
        understood(&answer)
    }
}

impl Provider for Service {
    fn check(&self, person: &Person, day: Date) -> InsuranceStatus {
        self.ask(person, day).unwrap_or_else(|cause| {
            tracing::warn!(cause, "insurance could not be checked");
            InsuranceStatus::Unverified
        })
    }
}

/// Reads an answer. Both fields at once, or none, is an answer we do not understand.
fn understood(answer: &Value) -> Result<InsuranceStatus, String> {
    match (answer["maKetQua"].as_str(), answer["status"].as_str()) {
        (Some(code), None) => {
            let status = status_of(code);
            if status == InsuranceStatus::Unverified {
                let code: String = code.chars().filter(char::is_ascii_digit).take(3).collect();
                return Err(format!("the gateway answered {code:?}"));
            }
            Ok(status)
        }
        (None, Some("eligible")) => Ok(InsuranceStatus::Eligible),
        (None, Some("see_staff")) => Ok(InsuranceStatus::SeeStaff),
        (None, Some("not_eligible")) => Ok(InsuranceStatus::NotEligible),
        (None, Some("unverified")) => Err("the service could not check it".to_owned()),
        (Some(_), Some(_)) | (None, Some(_) | None) => {
            Err("the answer has neither a code nor a status of ours".to_owned())
        }
    }
}

fn check_url(url: &str) -> Result<(), SetupError> {
    let wrong = || SetupError::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if loopback => Ok(()),
        Some("http") => Err(SetupError::PlainHttp(host.to_owned())),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
