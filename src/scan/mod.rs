//! Codes seen by camera or scanner, as text. Invariant: text is UTF-8 as it stood in the code, or
//! there is none; no character set is ever guessed.
