//! From settings to what a connection needs. All faults show here, before anything is sent.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use super::http::FHIR_JSON;
use crate::config::{EhrAuth, Fhir};
use crate::ehr::SetupError;

/// The base URL without a slash at its end. Plain HTTP never leaves the machine.
pub(super) fn base_url(settings: &Fhir) -> Result<String, SetupError> {
    let base = settings.base_url.trim_end_matches('/').to_owned();
    check_url(&base)?;
    Ok(base)
}

/// Whom to trust: the hospital's own CA alone, where it has one; else the system's.
pub(super) fn roots(settings: &Fhir) -> Result<RootCerts, SetupError> {
    let Some(path) = &settings.ca_file else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let fault = |cause: String| SetupError::CaFile {
        path: path.display().to_string(),
        cause,
    };
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    Ok(RootCerts::from(certificates(&pem).map_err(fault)?))
}

fn check_url(base: &str) -> Result<(), SetupError> {
    let wrong = || SetupError::Url(base.to_owned());
    let uri: Uri = base.parse().map_err(|_| wrong())?;
    let host = uri.host().ok_or_else(wrong)?;
    match uri.scheme_str() {
        Some("https") if uri.query().is_none() => Ok(()),
        Some("http") if uri.query().is_none() && is_loopback(host) => Ok(()),
        Some("http") => Err(SetupError::PlainHttp(host.to_owned())),
        _ => Err(wrong()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The headers of every request: what is accepted, the site's own, the sign-in.
pub(super) fn headers(settings: &Fhir) -> Result<HeaderMap, SetupError> {
    let mut all = HeaderMap::new();
    all.insert("accept", HeaderValue::from_static(FHIR_JSON));
    for (name, value) in &settings.headers {
        let wrong = || SetupError::Header(name.clone());
        let key: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        all.insert(key, value);
    }
    if let EhrAuth::Bearer(token) = &settings.auth {
        let wrong = |_| SetupError::Header("authorization".to_owned());
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", token.expose().trim())).map_err(wrong)?;
        value.set_sensitive(true);
        all.insert("authorization", value);
    }
    Ok(all)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err("it is no PEM file".to_owned()),
        }
    }
    if found.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::check_url;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for (url, right) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/fhir", true),
            ("http://localhost/fhir", true),
            ("https://his.hospital.example/fhir", true),
            ("http://his.hospital.example/fhir", false),
            ("http://localhost.hospital.example", false),
            ("http://10.0.0.5", false),
            ("ftp://127.0.0.1", false),
            ("https://his.hospital.example/fhir?x=1", false),
            ("his.hospital.example", false),
            ("", false),
        ] {
            assert_eq!(check_url(url).is_ok(), right, "{url}");
        }
    }
}
