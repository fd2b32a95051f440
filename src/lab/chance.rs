//! Randomness handed in, and what is drawn from it.

use crate::protocol::digest::b64url;

/// Fills bytes with randomness.
pub type Random = fn(&mut [u8]);

/// The source of every identifier and secret of the lab but its keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(pub Random);

impl Chance {
    /// Draws so many bytes, in base64url.
    pub fn token(self, size: usize) -> String {
        let mut bytes = vec![0; size];
        (self.0)(&mut bytes);
        b64url(&bytes)
    }
}
