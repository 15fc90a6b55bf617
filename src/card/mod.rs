//! PC/SC readers: presence, transmit, faults. Invariant: nothing here knows what an APDU means.
