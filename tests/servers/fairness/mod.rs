//! No tenant delays, crowds out or ends the work for others: told by orders and counts, not by times.

mod burst;
mod credentials;
mod memory;
mod pkcs12;
mod references;
mod scene;
mod world;
