//! Luck that can be repeated: every draw depends on the seed, the order and what is drawn, and on
//! nothing else.
//!
//! A generator shared by the orders would hand out its numbers in the order in which tasks happen
//! to run, and a failure could not be produced again with the same `--seed`.

/// The source of all injected failures of one run.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Whether something of this probability happens to `subject`; always the same answer for the
    /// same arguments.
    pub fn happens(self, probability: f64, what: &str, subject: &str, attempt: u32) -> bool {
        let mut hash = Fnv1a::new();
        hash.write(&self.seed.to_le_bytes());
        // The lengths keep ("ab", "c") and ("a", "bc") apart.
        for text in [what, subject] {
            hash.write(&text.len().to_le_bytes());
            hash.write(text.as_bytes());
        }
        hash.write(&attempt.to_le_bytes());
        fastrand::Rng::with_seed(hash.0).f64() < probability
    }
}

/// The hash of Fowler, Noll and Vo: unlike the standard library's it is the same in every release
/// and on every platform.
struct Fnv1a(u64);

impl Fnv1a {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
