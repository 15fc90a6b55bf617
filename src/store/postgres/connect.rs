//! How the server is reached: its address, the encryption of the line, and how soon a line that is
//! cut is noticed.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::SharedStore;

/// Connections of one kiosk, beside the one that listens: it does few things at once, and thirty kiosks
/// share a server that takes a hundred connections unless it is told otherwise.
const CONNECTIONS_MAX: usize = 2;
/// An idle line says after this time that it is alive.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// What the server itself ends, should this program be stopped in the middle: a lock is not held
/// for longer, and nobody waits for one longer. And statements are planned once, not at each use.
const SERVER_SETTINGS: &str = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=2000 \
                             -c statement_timeout=10000 -c plan_cache_mode=force_generic_plan -c jit=off";

/// What the server shows the connections of one run of the program as: `tiepdon`, eight random digits
/// of the run, and whose kiosk it is. (The server cuts long names, and knows ASCII only.)
pub(super) fn session(kiosk: &str) -> String {
    let run = uuid::Uuid::new_v4().simple().to_string();
    format!("tiepdon {} {kiosk}", &run[..8])
}

/// Ends the connections of earlier runs of this kiosk, and waits until the server has ended them: a
/// statement that still hangs in a dead switch is then never done. Gives how many do not end.
pub(super) const END_EARLIER: &str = "
    WITH own AS (SELECT current_setting('application_name') AS name)
    SELECT count(*) FILTER (WHERE NOT pg_terminate_backend(pid, 2000))
    FROM pg_stat_activity, own
    WHERE datname = current_database() AND usename = current_user
    AND left(application_name, 8) = left(name, 8)
    AND substr(application_name, 9, 8) <> substr(name, 9, 8)
    AND substr(application_name, 18) = substr(name, 18)";

/// The parameters of a connection.
pub(super) fn parameters(
    settings: &SharedStore,
    session: &str,
) -> Result<tokio_postgres::Config, String> {
    let mut config: tokio_postgres::Config =
        settings
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| {
                format!("its address is not understood: {error}")
            })?;
    if config.get_hosts().is_empty() {
        return Err("its address names no host".to_owned());
    }
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    let near = config.get_hosts().iter().all(is_here);
    if !near && settings.ca_file.is_none() {
        return Err(
            "it is on another machine: name the file with its CA certificate as ca_file, so that \
             the line can be encrypted"
                .to_owned(),
        );
    }
    // Of two servers the first may be gone: the second one has its time, too.
    let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(1);
    config
        .ssl_mode(match settings.ca_file {
            Some(_) => SslMode::Require,
            None => SslMode::Disable,
        })
        .connect_timeout(settings.patience / (hosts + 1).max(2))
        .tcp_user_timeout(settings.patience)
        .keepalives_idle(KEEPALIVE)
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .options(SERVER_SETTINGS)
        .application_name(session);
    Ok(config)
}

/// The pool, which connects when somebody needs it.
pub(super) fn pool(settings: &SharedStore, session: &str) -> Result<Pool, String> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(
        parameters(settings, session)?,
        encryption(settings.ca_file.as_deref())?,
        manager,
    );
    Pool::builder(manager)
        .max_size(CONNECTIONS_MAX)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| error.to_string())
}

/// Only a server whose certificate one of these CAs signed, for its name, is talked to.
pub(super) fn encryption(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let unreadable = |error: &dyn std::fmt::Display| {
            format!(
                "the file of its CA, {}, cannot be read: {error}",
                path.display()
            )
        };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
        if roots.is_empty() {
            return Err(unreadable(&"there is no certificate in it"));
        }
    }
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// The server as it is named in errors: without its user.
pub(super) fn name(settings: &SharedStore) -> String {
    let address = settings.url.rsplit_once('@').map_or(
        settings.url.trim_start_matches("postgres://"),
        |(_, address)| address,
    );
    format!("PostgreSQL {address}")
}
