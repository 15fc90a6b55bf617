//! TLS with the hospital's own CA: trusted by its file, and by nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

use super::{LONG, settings_at};
use crate::config::Fhir;
use crate::ehr::{EhrError, FhirServer, HospitalSystem};

type Pair = (X509, PKey<Private>);

/// A certificate for 127.0.0.1 under `issuer`, or a CA where there is none.
fn certificate(common_name: &str, issuer: Option<&Pair>) -> Pair {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_text("CN", common_name)
        .expect("a name");
    let name = name.build();
    let mut made = X509::builder().expect("a certificate");
    made.set_version(2).expect("v3");
    let serial = BigNum::from_u32(if issuer.is_some() { 2 } else { 1 }).expect("a number");
    let serial = serial.to_asn1_integer().expect("a number");
    made.set_serial_number(&serial).expect("a serial");
    made.set_subject_name(&name).expect("a subject");
    let issuer_name = issuer.map_or(&*name, |(ca, _)| ca.subject_name());
    made.set_issuer_name(issuer_name).expect("an issuer");
    made.set_pubkey(&key).expect("a key");
    let day = |days| Asn1Time::days_from_now(days).expect("a day");
    made.set_not_before(&day(0)).expect("a day");
    made.set_not_after(&day(2)).expect("a day");
    let extension = match issuer {
        None => BasicConstraints::new().critical().ca().build(),
        Some(_) => SubjectAlternativeName::new()
            .ip("127.0.0.1")
            .build(&made.x509v3_context(None, None)),
    };
    made.append_extension(extension.expect("an extension"))
        .expect("an extension");
    let signer = issuer.map_or(&key, |(_, key)| key);
    made.sign(signer, MessageDigest::sha256()).expect("signed");
    (made.build(), key)
}

/// Answers every request that comes over TLS with a CapabilityStatement.
struct Secure {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Secure {
    fn start((certificate, key): &Pair) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("TLS");
        acceptor.set_private_key(key).expect("the key");
        acceptor
            .set_certificate(certificate)
            .expect("its certificate");
        let acceptor = acceptor.build();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stopping = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                // A client that does not trust us breaks the handshake off.
                if let Ok(stream) = acceptor.accept(stream.expect("a connection")) {
                    serve(stream);
                }
            }
        });
        Self {
            address,
            stopping,
            thread: Some(thread),
        }
    }
}

fn serve(stream: impl Read + Write) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).is_ok_and(|count| count > 2) {
        line.clear();
    }
    let body = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}"#;
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    // The client says what it made of it.
    let _ = stream.get_mut().write_all(answer.as_bytes());
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[test]
fn only_the_ca_of_the_settings_is_trusted() {
    let ca = certificate("the hospital's CA", None);
    let other = certificate("another CA", None);
    let server = Secure::start(&certificate("the server", Some(&ca)));
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, (certificate, _): &Pair| {
        let path = folder.path().join(name);
        let pem = certificate.to_pem().expect("PEM");
        std::fs::write(&path, pem).expect("written");
        path
    };
    let port = server.address.port();
    let by_address = format!("https://127.0.0.1:{port}");
    let by_name = format!("https://localhost:{port}");
    for (url, ca_file, trusted) in [
        (&by_address, Some(file("ca.pem", &ca)), true),
        (&by_address, Some(file("other.pem", &other)), false),
        (&by_address, None, false),
        // Right CA, but the certificate is not for this name.
        (&by_name, Some(file("ca.pem", &ca)), false),
    ] {
        let settings = Fhir {
            ca_file,
            ..settings_at(url, LONG)
        };
        let zone = jiff::tz::TimeZone::UTC;
        let client = FhirServer::new(settings, zone, Vec::new()).expect("settings");
        let line = client.probe();
        assert_eq!(line.is_ok(), trusted, "{url} {line:?}");
        assert!(
            trusted || matches!(line, Err(EhrError::Down(_))),
            "{line:?}"
        );
    }
}
