//! [`Backoff`]: how long to wait before the next attempt. Pure; it reads no clock and draws no number.

use std::fmt;
use std::time::Duration;

/// A delay that grows from attempt to attempt, with an optional random part.
///
/// | constructor | delay before attempt n (n = 1 is the first retry) |
/// |---|---|
/// | [`Backoff::none`] | 0 |
/// | [`Backoff::constant(d)`](Backoff::constant) | d |
/// | [`Backoff::exponential(base, max)`](Backoff::exponential) | base · 2ⁿ⁻¹, at most max |
///
/// [`jitter(j)`](Backoff::jitter) takes up to the fraction j off each delay, so that actors which
/// failed together do not come back together.
///
/// ```
/// use callboard::prelude::*;
///
/// let backoff = Backoff::exponential(ms(100), secs(10));
/// assert_eq!(backoff.delay(1, 0.0), ms(100));
/// assert_eq!(backoff.delay(4, 0.0), ms(800));
/// assert_eq!(backoff.delay(40, 0.0), secs(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    base: Duration,
    max: Duration,
    jitter: f64,
    grows: bool,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::none()
    }
}

impl Backoff {
    /// No delay at all: restarts follow at once, as in Erlang/OTP. The default.
    pub const fn none() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// The same delay before every attempt.
    pub const fn constant(delay: Duration) -> Self {
        Self {
            base: delay,
            max: delay,
            jitter: 0.0,
            grows: false,
        }
    }

    /// `base` before the first retry, then twice as long each time, at most `max`.
    pub const fn exponential(base: Duration, max: Duration) -> Self {
        Self {
            base,
            max,
            jitter: 0.0,
            grows: true,
        }
    }

    /// Takes a random part off each delay, at most this fraction of it: 0.2 turns 100 ms into 80 to 100 ms.
    ///
    /// A fraction outside 0.0 to 1.0 is reported when the system starts.
    #[must_use]
    pub const fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = fraction;
        self
    }

    /// The delay before attempt `attempt`, counted from 1. `random` is drawn by the caller from 0.0 to 1.0.
    pub fn delay(&self, attempt: u32, random: f64) -> Duration {
        let doublings = if self.grows {
            attempt.saturating_sub(1)
        } else {
            0
        };
        let factor = 2_u32.checked_pow(doublings.min(31)).unwrap_or(u32::MAX);
        let full = self.base.saturating_mul(factor).min(self.max);
        full.mul_f64((1.0 - self.jitter * random).clamp(0.0, 1.0))
    }

    /// Says what is wrong with the settings, if anything is.
    ///
    /// # Errors
    ///
    /// The jitter is not between 0.0 and 1.0, or the first delay is longer than the longest.
    pub fn validate(&self) -> Result<(), InvalidBackoff> {
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(InvalidBackoff::Jitter(self.jitter));
        }
        if self.base > self.max {
            return Err(InvalidBackoff::Order {
                base: self.base,
                max: self.max,
            });
        }
        Ok(())
    }
}

/// Why a [`Backoff`] can't be used.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum InvalidBackoff {
    /// The jitter is not a fraction.
    Jitter(f64),
    /// The first delay is longer than the longest.
    Order {
        /// The first delay.
        base: Duration,
        /// The longest delay.
        max: Duration,
    },
}

impl fmt::Display for InvalidBackoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jitter(jitter) => write!(f, "backoff jitter {jitter} is not between 0.0 and 1.0"),
            Self::Order { base, max } => {
                write!(
                    f,
                    "backoff starts at {base:?}, which is more than its maximum {max:?}"
                )
            }
        }
    }
}

impl std::error::Error for InvalidBackoff {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_backoff_doubles_up_to_its_maximum() {
        let backoff = Backoff::exponential(Duration::from_millis(10), Duration::from_millis(70));
        let delays: Vec<_> = (1..=5).map(|n| backoff.delay(n, 0.0).as_millis()).collect();
        assert_eq!(delays, [10, 20, 40, 70, 70]);
    }

    #[test]
    fn jitter_only_shortens_a_delay_by_its_fraction() {
        let backoff = Backoff::constant(Duration::from_millis(100)).jitter(0.2);
        assert_eq!(backoff.delay(1, 0.0).as_millis(), 100);
        assert_eq!(backoff.delay(1, 1.0).as_millis(), 80);
    }

    #[test]
    fn no_attempt_number_overflows() {
        let backoff = Backoff::exponential(Duration::from_secs(1), Duration::MAX);
        assert!(backoff.delay(u32::MAX, 0.5) > Duration::from_secs(1));
        assert!(backoff.delay(0, 0.0) >= Duration::from_secs(1));
    }

    #[test]
    fn impossible_settings_are_named() {
        assert!(Backoff::none().jitter(f64::NAN).validate().is_err());
        assert!(Backoff::none().jitter(1.5).validate().is_err());
        let reversed = Backoff::exponential(Duration::from_secs(2), Duration::from_secs(1));
        assert!(reversed.validate().unwrap_err().to_string().contains("2s"));
    }
}
