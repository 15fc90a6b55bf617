use std::time::Instant;

use ipp::attribute::IppAttribute;
use ipp::model::{DelimiterTag, Operation};
use ipp::parser::IppParseError;
use ipp::value::IppValue;

use super::client::{Client, Group, Refused};
use super::document::Document;
use super::refused;
use super::state::PrinterState;
use crate::ticket::PrinterFault;
use crate::words::Cause;

/// One job of ours.
pub(super) struct Job<'a> {
    pub(super) client: &'a Client,
    pub(super) id: i32,
}

/// How far a job is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Waiting, or being printed.
    Underway,
    /// Done.
    Completed,
    /// Cancelled or aborted, in the printer's words.
    Ended(String),
}

type Attribute = (DelimiterTag, IppAttribute);

impl<'a> Job<'a> {
    /// Makes a job, without its document where the printer knows how, and gives its number.
    pub(super) fn create(
        client: &'a Client,
        state: &PrinterState,
        document: &Document,
        deadline: Instant,
    ) -> Result<i32, PrinterFault> {
        let name = operation("job-name", IppValue::new_name_without_language("ticket"));
        let answer = if state.creates_jobs() {
            let attributes = given([name].into_iter().chain(medium(document)));
            client.ask(Operation::CreateJob, attributes, &[], deadline)
        } else {
            let format = operation(
                "document-format",
                IppValue::new_mime_media_type(document.format.mime()),
            );
            let attributes = given([name, format].into_iter().chain(medium(document)));
            client.ask(Operation::PrintJob, attributes, &document.bytes, deadline)
        };
        let answer = answer.map_err(|why| refused("the job", why))?;
        let id = answer
            .groups(DelimiterTag::JobAttributes)
            .find_map(|job| job.number("job-id"));
        id.ok_or_else(|| PrinterFault::new(Cause::PrinterOther, "the job was given no number"))
    }

    /// Sends the job's one document.
    pub(super) fn send(&self, document: &Document, deadline: Instant) -> Result<(), PrinterFault> {
        let attributes = given([
            self.number(),
            operation(
                "document-format",
                IppValue::new_mime_media_type(document.format.mime()),
            ),
            operation("last-document", Ok(IppValue::new_boolean(true))),
        ]);
        self.client
            .ask(
                Operation::SendDocument,
                attributes,
                &document.bytes,
                deadline,
            )
            .map(|_| ())
            .map_err(|why| refused("the ticket", why))
    }

    pub(super) fn progress(&self, deadline: Instant) -> Result<Progress, PrinterFault> {
        let answer = self
            .client
            .ask(
                Operation::GetJobAttributes,
                given([self.number()]),
                &[],
                deadline,
            )
            .map_err(|why| refused("the job's state", why))?;
        let job = answer.groups(DelimiterTag::JobAttributes).next();
        Ok(job.map_or(Progress::Underway, |job| progress(&job)))
    }

    /// Cancels it; a job that has ended needs no more.
    pub(super) fn cancel(&self, deadline: Instant) -> Result<(), PrinterFault> {
        let asked = self
            .client
            .ask(Operation::CancelJob, given([self.number()]), &[], deadline);
        match asked {
            Ok(_) => Ok(()),
            Err(Refused::Status(why)) => match self.progress(deadline) {
                Ok(Progress::Underway) => Err(refused("cancelling", Refused::Status(why))),
                // A printer that knows the job no longer will not print it.
                Ok(_) => Ok(()),
                Err(fault) if fault.cause == Cause::PrinterOther => Ok(()),
                Err(fault) => Err(fault),
            },
            Err(why) => Err(refused("cancelling", why)),
        }
    }

    fn number(&self) -> Option<Attribute> {
        operation("job-id", Ok(IppValue::new_integer(self.id)))
    }
}

/// The jobs of this kiosk that have not ended.
pub(super) fn unfinished(client: &Client, deadline: Instant) -> Result<Vec<i32>, PrinterFault> {
    let attributes = given([
        operation("which-jobs", IppValue::new_keyword("not-completed")),
        operation("my-jobs", Ok(IppValue::new_boolean(true))),
        operation("requested-attributes", IppValue::new_keyword("job-id")),
    ]);
    let answer = client
        .ask(Operation::GetJobs, attributes, &[], deadline)
        .map_err(|why| refused("old jobs", why))?;
    let jobs = answer.groups(DelimiterTag::JobAttributes);
    Ok(jobs.filter_map(|job| job.number("job-id")).collect())
}

/// `job-state` (RFC 8011 §5.3.7).
fn progress(job: &Group<'_>) -> Progress {
    match job.number("job-state") {
        Some(9) => Progress::Completed,
        Some(7 | 8) => Progress::Ended(job.words("job-state-reasons").join(",")),
        _ => Progress::Underway,
    }
}

fn operation(name: &str, value: Result<IppValue, IppParseError>) -> Option<Attribute> {
    let attribute = IppAttribute::with_name(name, value.ok()?).ok()?;
    Some((DelimiterTag::OperationAttributes, attribute))
}

fn given(attributes: impl IntoIterator<Item = Option<Attribute>>) -> Vec<Attribute> {
    attributes.into_iter().flatten().collect()
}

/// Which paper the job wants, where it wants one.
fn medium(document: &Document) -> Option<Option<Attribute>> {
    let medium = IppValue::new_keyword(document.medium?).ok()?;
    let attribute = IppAttribute::with_name("media", medium).ok()?;
    Some(Some((DelimiterTag::JobAttributes, attribute)))
}
