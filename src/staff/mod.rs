//! The staff console: a page, and the acts that staff can do. Async stops at its door.
