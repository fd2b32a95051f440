//! The transport against raw sockets: exact bytes out, hostile bytes in.

mod failures;
mod follow;
mod hostile;
mod listener;
mod network;
mod pasted;
pub mod peer;
mod wire;
