//! [`RestartWindow`]: counts restarts in a sliding window. Pure; the clock is the caller's.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::supervision::Intensity;

/// The restarts that still count.
///
/// # Source
///
/// `add_restart` of Erlang/OTP's `supervisor`: a restart counts while it is no older than the
/// period, and the supervisor gives up when more than the intensity count.
#[derive(Debug)]
pub(crate) struct RestartWindow {
    intensity: Intensity,
    restarts: VecDeque<Instant>,
}

impl RestartWindow {
    pub(crate) fn new(intensity: Intensity) -> Self {
        Self {
            intensity,
            restarts: VecDeque::new(),
        }
    }

    /// Notes a restart. Returns whether it is allowed.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        while let Some(oldest) = self.restarts.front()
            && now.saturating_duration_since(*oldest) > self.intensity.within
        {
            self.restarts.pop_front();
        }
        self.restarts.push_back(now);
        self.restarts.len() <= self.intensity.restarts as usize
    }

    pub(crate) fn clear(&mut self) {
        self.restarts.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn window(restarts: u32, seconds: u64) -> RestartWindow {
        RestartWindow::new(Intensity {
            restarts,
            within: Duration::from_secs(seconds),
        })
    }

    #[test]
    fn no_restart_is_allowed_at_intensity_zero() {
        assert!(!window(0, 5).allows(Instant::now()));
    }

    #[test]
    fn a_restart_exactly_one_period_old_still_counts() {
        let start = Instant::now();
        let mut window = window(1, 5);
        assert!(window.allows(start));
        assert!(!window.allows(start + Duration::from_secs(5)));
    }

    #[test]
    fn a_restart_older_than_the_period_does_not_count() {
        let start = Instant::now();
        let mut window = window(1, 5);
        assert!(window.allows(start));
        assert!(window.allows(start + Duration::from_millis(5_001)));
    }

    proptest! {
        /// Against the definition: count all earlier restarts that are no older than the period.
        #[test]
        fn the_window_agrees_with_its_definition(
            restarts in 0_u32..5,
            within in 0_u64..50,
            gaps in proptest::collection::vec(0_u64..40, 1..60),
        ) {
            let start = Instant::now();
            let mut window = RestartWindow::new(Intensity { restarts, within: Duration::from_millis(within) });
            let mut now = 0;
            let mut all = Vec::new();
            for gap in gaps {
                now += gap;
                all.push(now);
                let counting = all.iter().filter(|&&then| now - then <= within).count();
                let allowed = window.allows(start + Duration::from_millis(now));
                prop_assert_eq!(allowed, counting <= restarts as usize);
            }
        }
    }
}
