//! The one source of randomness; everything else draws from a seed handed in.

/// Fills the bytes with randomness fit for keys.
///
/// It is the system's own. That of the crypto library first measures the jitter of the clock, for longer than all else
/// takes until the first frame; it is left for the keys that it makes itself.
pub fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system always has randomness");
}

/// Returns a fresh seed for one walk.
pub fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    fill(&mut seed);
    seed
}
