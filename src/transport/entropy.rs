//! The one source of randomness; everything else draws from a seed handed in.

/// Fills the bytes with randomness fit for keys.
pub fn fill(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system always has randomness");
}

/// Returns a fresh seed for one walk.
pub fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    fill(&mut seed);
    seed
}
