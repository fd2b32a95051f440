//! What a walk looks like outside: pure readers of a session, one file per format.

pub mod curl;

pub use curl::{Arg, Curl, Piece, curl};
