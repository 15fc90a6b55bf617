//! Real master lists, and a store in good and bad hands.

pub(in crate::emrtd) mod issuer;
pub(in crate::emrtd) mod lists;
mod store;
