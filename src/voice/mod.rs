//! Plays phrases by id; nothing ever waits for it.
