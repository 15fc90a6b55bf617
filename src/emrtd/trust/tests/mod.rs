//! Real master lists, and a store under attack.

mod lists;
