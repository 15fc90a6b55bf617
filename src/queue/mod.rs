//! Queues as hospitals have them, as data and rules: numbers and visits, hours, rooms and what they
//! hold, who is called next and when, and what may happen to a number that was called.
//!
//! Pure. Invariants: a [`QueueNumber`] is only made from a series and its counter; nothing here
//! knows a clock or decides which counter value is next (the store's transaction does); all times
//! are civil times in the hospital's zone.

mod call;
mod estimate;
mod number;
mod room;
mod route;
mod timetable;
mod turn;
mod visit;

pub use call::{CallAct, CallState, NotNow};
pub use estimate::{WaitRange, WorkTime, estimate};
pub use number::{KioskPrefix, QueueNumber, Reset, Series};
pub use room::{Capacity, Room, capacity};
pub use route::{Authority, PatientClass, Route, Stop, stops};
pub use timetable::{Admission, Clash, Closure, Period, Session, Sitting, Timetable, Weekdays};
pub use turn::{Interleave, Lane, Order, Turn};
pub use visit::{
    Companion, Draft, InsuranceStatus, Issued, Paper, PatientRef, Refusal, ServiceCode, VisitKind,
    VisitRecord,
};
