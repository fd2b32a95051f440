//! The only client-side IO: requests, the followed login, the loopback listener, the clock and randomness.

pub mod browser;
mod client;
pub mod clock;
pub mod entropy;
mod failure;
pub mod follow;
pub mod http;
mod launch;
mod page;
mod place;
