//! OpenSSL judges what was made.
