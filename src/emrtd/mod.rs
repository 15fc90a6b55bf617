//! ICAO 9303 without I/O: reads a chip as a conversation of APDUs.
