//! Sending: claim a position, fill its slot, or wait in the line.

use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};

use crate::sync::locked::remove;
use crate::sync::prim::{mutant, order};
use crate::sync::ring::slots::{READY, WAITING};
use crate::sync::ring::{CLOSED, DIVERT, Deposit, HEAD_ONE, Ring, Sleeps, TAIL_ONE};
use crate::sync::{PushError, Ticket};

enum Claim {
    Slot(u64),
    Full,
    Closed,
}

impl<T> Ring<T> {
    /// Queues what `make` turns `value` into, if there is room and nobody waits. `make` must not panic.
    #[inline]
    pub(crate) fn try_push<V>(
        &self,
        value: V,
        make: impl FnOnce(V) -> T,
    ) -> Result<Sleeps, PushError<V>> {
        match self.claim() {
            Claim::Slot(position) => Ok(self.fill(position, || make(value))),
            Claim::Full if self.is_diverted() => self.try_push_diverted(value, make),
            Claim::Full => Err(PushError::Full(value)),
            Claim::Closed => Err(PushError::Closed(value)),
        }
    }

    /// The same while there is a line: those who were granted a place may all be gone from it.
    #[cold]
    fn try_push_diverted<V>(
        &self,
        value: V,
        make: impl FnOnce(V) -> T,
    ) -> Result<Sleeps, PushError<V>> {
        let mut guard = self.line.lock();
        if self.is_closed() {
            return Err(PushError::Closed(value));
        }
        let line = guard.get_or_insert_default();
        self.divert();
        let result = if line.waiters.is_empty() && self.room(line) > 0 {
            Ok(self.fill(self.claim_diverted(), || make(value)))
        } else {
            Err(PushError::Full(value))
        };
        self.undivert(line);
        result
    }

    /// Claims a position on the fast path.
    #[inline]
    fn claim(&self) -> Claim {
        let mut tail = self.tail.0.load(Relaxed);
        loop {
            if tail & CLOSED != 0 {
                return Claim::Closed;
            }
            if tail & DIVERT != 0 {
                return Claim::Full;
            }
            // Acquire: the receiver has emptied the slots before it moved `head` past them.
            let head = self.head.0.load(order!(Acquire, "ring-claim-acquire")) / HEAD_ONE;
            // A stale `tail` may be behind `head`; then the compare-exchange fails.
            if tail / TAIL_ONE >= head + self.capacity {
                // `tail` may be stale as well: it is full only if both belong together.
                let again = self.tail.0.load(Relaxed);
                if again == tail {
                    return Claim::Full;
                }
                tail = again;
                continue;
            }
            // Relaxed: the claim hands nothing over; the slot's own state does.
            match self
                .tail
                .0
                .compare_exchange_weak(tail, tail + TAIL_ONE, Relaxed, Relaxed)
            {
                Ok(_) => return Claim::Slot(tail / TAIL_ONE),
                Err(current) => tail = current,
            }
        }
    }

    /// Makes a value in a claimed slot and publishes it.
    #[inline]
    pub(super) fn fill(&self, position: u64, make: impl FnOnce() -> T) -> Sleeps {
        let slot = self.slot(position);
        slot.value.with_mut(|place| {
            // SAFETY: the slot is ours alone: its position was claimed by moving `tail`, and the
            // receiver had emptied it before it moved `head` within one round of it, which the
            // claim has acquired (ring::wraps_around).
            let place = unsafe { &mut *place };
            // Made in its place, which spares a copy. It must not panic, as the slot is claimed.
            place.write(make());
        });
        // Release: the value goes with it. Acquire: what the receiver did before it went to sleep.
        let before = slot.state.swap(READY, order!(AcqRel, "ring-publish"));
        debug_assert_ne!(before, READY, "a slot was filled twice");
        Sleeps(before == WAITING && !mutant!("ring-no-wake"))
    }

    /// Queues the value once there is room, in the order of first polls.
    ///
    /// `Ready(Err)` hands the value back because the ring is closed. While this is pending, the value
    /// stays in `value`, and the ticket stays in the line.
    ///
    /// # Panics
    ///
    /// If `value` is empty.
    pub(crate) fn poll_push<V>(
        &self,
        ticket: &mut Ticket,
        cx: &Context<'_>,
        value: &mut Option<V>,
        make: impl FnOnce(V) -> T,
    ) -> Poll<Result<Sleeps, V>> {
        if ticket.0.is_none() {
            let claim = self.claim();
            if let Claim::Slot(position) = claim {
                let value = value.take().expect("polled after it was ready");
                return Poll::Ready(Ok(self.fill(position, || make(value))));
            }
        }
        let mut guard = self.line.lock();
        let line = guard.get_or_insert_default();
        // Refused by a close, after which the ring may be open again.
        let was_refused = ticket
            .0
            .is_some_and(|number| remove(&mut line.refused, number));
        if was_refused || self.is_closed() {
            ticket.0 = None;
            return Poll::Ready(Err(value.take().expect("polled after it was ready")));
        }
        let admitted = match ticket.0 {
            None => {
                self.divert();
                line.waiters.is_empty() && self.room(line) > 0
            }
            Some(number) => remove(&mut line.granted, number),
        };
        if admitted {
            ticket.0 = None;
            let value = value.take().expect("polled after it was ready");
            let sleeps = self.fill(self.claim_diverted(), || make(value));
            self.undivert(line);
            return Poll::Ready(Ok(sleeps));
        }
        let replaced = match ticket.0 {
            None => {
                *ticket = line.enqueue(cx.waker().clone(), None);
                None
            }
            Some(number) => line.renew(number, cx),
        };
        drop(guard);
        drop(replaced);
        Poll::Pending
    }

    /// Queues the value now, or puts it into the line, where it keeps its place whatever becomes of
    /// the caller. `waker` is woken when it was queued, or refused by [`Ring::close`].
    pub(crate) fn deposit(&self, value: T, waker: &Waker) -> Deposit<T> {
        match self.claim() {
            Claim::Slot(position) => return Deposit::Taken(self.fill(position, || value)),
            Claim::Closed => return Deposit::Closed(value),
            Claim::Full => {}
        }
        let mut guard = self.line.lock();
        if self.is_closed() {
            return Deposit::Closed(value);
        }
        let line = guard.get_or_insert_default();
        self.divert();
        if line.waiters.is_empty() && self.room(line) > 0 {
            let sleeps = self.fill(self.claim_diverted(), || value);
            self.undivert(line);
            return Deposit::Taken(sleeps);
        }
        Deposit::Waiting(line.enqueue(waker.clone(), Some(value)))
    }

    /// Whether a deposit was queued (`true`) or refused by [`Ring::close`]; else the waker is renewed.
    pub(crate) fn poll_deposit(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        let Some(number) = ticket.0 else {
            return Poll::Ready(true);
        };
        let mut guard = self.line.lock();
        let Some(line) = guard.as_mut() else {
            return Poll::Ready(true);
        };
        if line.find(number).is_none() {
            ticket.0 = None;
            return Poll::Ready(!remove(&mut line.refused, number));
        }
        let replaced = line.renew(number, cx);
        drop(guard);
        drop(replaced);
        Poll::Pending
    }
}
