//! [`Patience`]: how long an asker waits, without looking at the clock before it is needed.
//!
//! Most asks are answered within the poll that sends them. Reading the clock would cost as much as the
//! rest of them, so that a limit stays a duration until somebody really waits.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// How long somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// This long, from about now: the wait has just begun.
    For(Duration),
    /// Until then.
    Until(Instant),
}

impl Patience {
    /// When it ends, if it began now; `None` when the clock does not reach that far.
    pub(crate) fn end(self) -> Option<Instant> {
        match self {
            Self::For(limit) => Instant::now().checked_add(limit),
            Self::Until(instant) => Some(instant),
        }
    }

    /// The same as an instant, from when time passes between the asker and who asks on its behalf.
    pub(crate) fn settled(self) -> Self {
        self.end().map_or(self, Self::Until)
    }

    /// The shorter of two that begin now.
    pub(crate) fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::For(a), Self::For(b)) => Self::For(a.min(b)),
            (Self::Until(a), Self::Until(b)) => Self::Until(a.min(b)),
            _ => match (self.end(), other.end()) {
                (Some(a), Some(b)) => Self::Until(a.min(b)),
                (Some(_), None) => self,
                (None, _) => other,
            },
        }
    }
}

/// What a responder knows of its asker's patience: the limit, and the end once the asker waits.
#[derive(Debug)]
pub(crate) struct SharedPatience {
    limit: Option<Duration>,
    end: OnceLock<Instant>,
}

impl SharedPatience {
    #[inline]
    pub(crate) fn new(patience: Option<Patience>) -> Self {
        match patience {
            None => Self {
                limit: None,
                end: OnceLock::new(),
            },
            Some(Patience::For(limit)) => Self {
                limit: Some(limit),
                end: OnceLock::new(),
            },
            Some(Patience::Until(end)) => Self {
                limit: None,
                end: OnceLock::from(end),
            },
        }
    }

    /// The asker really waits, until then.
    pub(crate) fn settle(&self, end: Instant) {
        let _ = self.end.set(end);
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<Patience> {
        match self.end.get() {
            Some(end) => Some(Patience::Until(*end)),
            None => self.limit.map(Patience::For),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_shorter_patience_wins_in_whichever_form() {
        let (one, two) = (Duration::from_secs(1), Duration::from_secs(2));
        let now = Instant::now();
        assert_eq!(
            Patience::For(two).min(Patience::For(one)),
            Patience::For(one)
        );
        let mixed = Patience::For(two).min(Patience::Until(now + one));
        assert_eq!(mixed, Patience::Until(now + one));
        let never = Patience::For(Duration::MAX);
        assert_eq!(
            never.min(Patience::Until(now + one)),
            Patience::Until(now + one)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_is_settled_runs_from_that_moment() {
        let shared = SharedPatience::new(Some(Patience::For(Duration::from_secs(1))));
        assert_eq!(shared.get(), Some(Patience::For(Duration::from_secs(1))));
        let end = Instant::now() + Duration::from_secs(1);
        shared.settle(end);
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(shared.get(), Some(Patience::Until(end)));
    }
}
