//! The window: draws a [`crate::checkin::View`], sends touches. No decisions.
