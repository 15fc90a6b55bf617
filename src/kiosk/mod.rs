//! The driver: device threads, effects carried out, events fed back, the outbox drainer.
