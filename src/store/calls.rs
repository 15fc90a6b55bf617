//! Calling: what rooms and staff do with numbers once they are issued.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use crate::identity::PriorityReason;
use crate::queue::{CallAct, CallState, Lane, NotNow, QueueNumber, ServiceCode, Session};

/// A room wants its next patient.
#[derive(Debug, Clone, PartialEq)]
pub struct NextCall {
    /// Of this press of the button: pressing it twice is pressing it once.
    pub id: Uuid,
    /// From which queue.
    pub service: ServiceCode,
    /// On which day.
    pub day: Date,
    /// Into which room.
    pub room: String,
    /// Who called.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// Something is done with one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Of this press of the button.
    pub id: Uuid,
    /// The number's visit.
    pub visit: Uuid,
    /// What is done.
    pub act: CallAct,
    /// The room that does it; absent: the desk, which may act on any room's numbers.
    pub room: Option<String>,
    /// The queue it is transferred to.
    pub to: Option<ServiceCode>,
    /// What staff judged ([`CallAct::Judge`]): why the patient goes first; absent: they do not.
    pub priority: Option<PriorityReason>,
    /// Who did it.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Ordered {
    /// Done, now or earlier: the number stands like this.
    Done(QueueLine),
    /// The number is not open to that.
    NotNow(NotNow),
    /// Another room called it.
    OtherRoom(String),
    /// Its person holds another live number in that queue.
    HasOther,
}

/// A number in its queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Its visit.
    pub visit: Uuid,
    /// The number.
    pub number: QueueNumber,
    /// The queue where it waits.
    pub service: ServiceCode,
    /// The session that it was taken for.
    pub session: Session,
    /// Its lane.
    pub lane: Lane,
    /// Where it stands.
    pub state: CallState,
    /// The room that called it last.
    pub room: Option<String>,
    /// When that was.
    pub called: Option<Timestamp>,
    /// Further queues of its route.
    pub stops: Vec<ServiceCode>,
    /// Arrival.
    pub at: Timestamp,
}

/// Calling patients. Each act is idempotent by its id, and safe with two clerks who press at once:
/// no number is called by two rooms.
pub trait Calls {
    /// Calls the next number of a queue into a room: the lanes in their turn, in each the morning's
    /// before the afternoon's, in the order of arrival. Whoever was called into the room before is
    /// served by then, and goes on to the next stop of the route. None: nobody waits.
    fn call_next(&self, call: &NextCall) -> Result<Option<QueueLine>, StoreError>;
    /// Does something with one number. A number that goes on to another stop waits there from now;
    /// one that is transferred, or back, keeps the place of its arrival.
    fn order(&self, order: &Order) -> Result<Ordered, StoreError>;
    /// Closes a queue, or one session of it: what was not served has ended. Gives how many.
    fn close(
        &self,
        service: &ServiceCode,
        day: Date,
        session: Option<Session>,
        at: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Who waits in a queue, in the order in which they will be called if nobody else comes.
    fn queue(&self, service: &ServiceCode, day: Date) -> Result<Vec<QueueLine>, StoreError>;
    /// The numbers that were called last and are being served, newest first.
    fn called(&self, day: Date, max: u32) -> Result<Vec<QueueLine>, StoreError>;
    /// Seconds between the last calls of a queue that day, oldest first: what an estimate is made of.
    fn pace(&self, service: &ServiceCode, day: Date, max: u32) -> Result<Vec<u32>, StoreError>;
}
