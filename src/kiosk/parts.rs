use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::card::{self, CardError, Connection};
use crate::config::{self, Config, Ehr, Insurance};
use crate::ehr::{FhirServer, Handover, HospitalSystem, LocalRegister};
use crate::emrtd::{Transport, TransportError};
use crate::identity::{Person, VisitKey};
use crate::insurance::{Clerk, Provider, Service};
use crate::queue::PatientRef;
#[cfg(feature = "postgres")]
use crate::store::Failover;
use crate::store::{self, Sqlite, Store, StoreError};
use crate::ticket::{self, Printer, Template};
use crate::trust;

/// Opens the card that lies on the reader.
pub type OpenChip = Arc<dyn Fn() -> Result<Box<dyn Transport>, TransportError> + Send + Sync>;
/// Opens the printer.
pub type OpenPrinter = Arc<dyn Fn() -> Box<dyn Printer> + Send + Sync>;

/// What a kiosk talks to.
#[derive(Clone)]
pub struct Parts {
    /// What must survive.
    pub store: Arc<dyn Store>,
    /// The hospital's system.
    pub hospital: Arc<dyn HospitalSystem>,
    /// Insurance.
    pub insurance: Arc<dyn Provider>,
    /// The chip on the reader.
    pub chip: OpenChip,
    /// Whom to trust.
    pub trust: Arc<trust::Folder>,
    /// The printer.
    pub printer: OpenPrinter,
    /// The ticket's template.
    pub template: Arc<Template>,
    /// What the visit codes on tickets are signed with.
    pub visit_key: VisitKey,
}

/// Why a kiosk cannot be put together from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hospital's system or the insurance service is configured in a way that cannot work.
    #[error("{0}")]
    Setup(String),
}

impl Parts {
    /// The parts that the configuration names.
    ///
    /// # Errors
    /// The store cannot be opened, or an address cannot work. A faulty ticket template is traced,
    /// and the built-in one serves.
    pub fn from_config(config: &Config) -> Result<Self, PartsError> {
        let store = open_store(config)?;
        let printer = config.printer.clone();
        let reader = config.reader.clone();
        let (template, refused) = Template::of(&config.ticket, config.printer.width_dots);
        if let Some(error) = refused {
            tracing::error!(%error, "the built-in ticket serves");
        }
        Ok(Self {
            hospital: hospital(config, &store)?,
            insurance: insurance(config)?,
            chip: Arc::new(move || open_chip(&reader).map_err(line_fault)),
            trust: Arc::new(trust::Folder::open(&config.trust.folder)),
            printer: Arc::new(move || ticket::open(&printer)),
            template: Arc::new(template),
            visit_key: store::visit_key(&config.store)?,
            store,
        })
    }
}

fn open_chip(reader: &config::Reader) -> Result<Box<dyn Transport>, CardError> {
    let (name, _) = card::wait_for_card(reader, Duration::ZERO)?;
    Ok(Box::new(Connection::open(&name)?))
}

fn line_fault(error: CardError) -> TransportError {
    match error {
        CardError::NoCard => TransportError::Removed,
        CardError::NoService | CardError::NoReader => TransportError::NoReader,
        CardError::Busy | CardError::Other(_) => TransportError::Other(error.to_string()),
    }
}

/// Opens the store.
///
/// # Errors
/// The file or its key cannot be used.
pub fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    #[cfg(feature = "postgres")]
    if let (Some(shared), Some(prefix)) = (&config.shared, &config.kiosk.prefix) {
        return Ok(Arc::new(Failover::open(config, shared, prefix)?));
    }
    let queues = config.services.iter().chain([&config.desk]);
    let own = Sqlite::open(&config.store, queues)?;
    Ok(Arc::new(own.calling(&config.queue)))
}

/// The kiosk starts anew: calls the numbers unclaimed that it had in hand when it last stopped,
/// without a word of their paper. Gives how many. Only one program may do it that runs as this
/// kiosk: another's numbers in hand are not left behind.
///
/// # Errors
/// As [`Visits::abandon`](crate::store::Visits::abandon).
pub fn abandon(config: &Config, store: &dyn Store) -> Result<u64, StoreError> {
    let now = Timestamp::now();
    let today = config.site.time_zone.to_datetime(now).date();
    store.abandon(&config.kiosk.id, today, now)
}

/// The hospital's system that the configuration names.
///
/// # Errors
/// Its address or certificate file cannot work.
pub fn hospital(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<Arc<dyn HospitalSystem>, PartsError> {
    match &config.ehr {
        Ehr::Local => Ok(Arc::new(Handover::new(StoreRegister(Arc::clone(store))))),
        Ehr::Fhir(settings) => Ok(Arc::new(fhir(config, settings)?)),
    }
}

/// The FHIR server that the configuration names.
///
/// # Errors
/// Its address or certificate file cannot work.
pub fn fhir(config: &Config, settings: &config::Fhir) -> Result<FhirServer, PartsError> {
    let services = config.services.iter().map(|service| service.code.clone());
    let zone = config.site.time_zone.clone();
    FhirServer::new(settings.clone(), zone, services.collect())
        .map_err(|error| PartsError::Setup(error.to_string()))
}

/// The insurance provider that the configuration names.
///
/// # Errors
/// Its address cannot work.
pub fn insurance(config: &Config) -> Result<Arc<dyn Provider>, PartsError> {
    Ok(match &config.insurance {
        Insurance::Clerk => Arc::new(Clerk),
        Insurance::Service { url, request } => Arc::new(
            Service::new(url, *request).map_err(|error| PartsError::Setup(error.to_string()))?,
        ),
    })
}

/// The store's register, as the hospital room wants it.
struct StoreRegister(Arc<dyn Store>);

impl LocalRegister for StoreRegister {
    fn find(&self, person: &Person) -> Result<Option<(PatientRef, Person)>, String> {
        self.0.look_up(person).map_err(|error| error.to_string())
    }

    fn remember(&self, person: &Person) -> Result<PatientRef, String> {
        self.0
            .remember(person, Timestamp::now())
            .map_err(|error| error.to_string())
    }
}
