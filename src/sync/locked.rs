//! [`LockedQueue`]: a bounded queue of many senders and one receiver, under one mutex.
//!
//! It serves the subscriptions that are streams, which may push the oldest value out, and it is the
//! reference that the lock-free [`Ring`](crate::sync::Ring) is tested against.
//!
//! No user code runs under the lock: values are moved, never dropped, compared or printed, and wakers
//! are returned to the caller, who wakes them afterwards. Those who wait for room form one FIFO line,
//! as before the ring, and nobody overtakes it.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use crate::sync::{PushError, Ticket};

pub(crate) struct LockedQueue<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    queue: VecDeque<Entry<T>>,
    /// Values that were lost after the last one in the queue and the line.
    lost: u64,
    capacity: usize,
    /// Places given to waiters who have not come back for them yet.
    granted: Vec<u64>,
    waiters: VecDeque<Waiter<T>>,
    next_ticket: u64,
    /// Whether sends are refused. The queue may still hold values.
    closed: bool,
    /// Those that `close` refused and that have not asked yet.
    refused: Vec<u64>,
    /// The receiver, while it sleeps.
    receiver: Option<Waker>,
}

struct Entry<T> {
    value: T,
    /// How many were lost directly before this one.
    lost: u64,
}

struct Waiter<T> {
    ticket: u64,
    waker: Waker,
    /// The value of a deposit; `None` for one that waits for a place.
    value: Option<T>,
    /// How many were lost directly before it.
    lost: u64,
}

/// What the receiver gets.
#[derive(Debug)]
pub(crate) enum Received<T> {
    /// A value, and how many were lost directly before it.
    Value { value: T, lost: u64 },
    /// So many were lost after the last value.
    Lost(u64),
}

/// Who must be woken after an operation. Nobody is woken under the lock.
#[derive(Debug, Default)]
#[must_use = "a waker that is not woken is a lost wake-up"]
pub(crate) struct Wakes {
    pub(crate) receiver: Option<Waker>,
    pub(crate) sender: Option<Waker>,
}

impl Wakes {
    pub(crate) fn wake(self) {
        for waker in [self.receiver, self.sender].into_iter().flatten() {
            waker.wake();
        }
    }
}

/// What became of a [`LockedQueue::deposit`].
#[derive(Debug)]
pub(crate) enum Deposit<T> {
    Taken(Wakes),
    /// In the line, to be cancelled or polled with this ticket.
    Waiting(Ticket),
    /// Refused: the queue is closed.
    Closed(T),
}

impl<T> LockedQueue<T> {
    /// An open queue for at most `capacity` values; it allocates when the first one comes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                queue: VecDeque::new(),
                lost: 0,
                capacity,
                granted: Vec::new(),
                waiters: VecDeque::new(),
                next_ticket: 0,
                closed: false,
                refused: Vec::new(),
                receiver: None,
            }),
        }
    }

    /// Queues the value if there is room and nobody waits. If there is none, it counts as lost.
    pub(crate) fn try_push(&self, value: T) -> Result<Wakes, PushError<T>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(PushError::Closed(value));
        }
        if !state.has_room() || !state.waiters.is_empty() {
            state.lost += 1;
            return Err(PushError::Full(value));
        }
        Ok(state.append(value))
    }

    /// Queues the value in any case, pushing out the oldest when it is full, which comes back.
    pub(crate) fn push_out(&self, value: T) -> Result<(Wakes, Option<T>), T> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(value);
        }
        let gone = if state.has_room() {
            None
        } else {
            state.queue.pop_front()
        };
        let wakes = state.append(value);
        if let (Some(gone), Some(oldest)) = (&gone, state.queue.front_mut()) {
            oldest.lost += gone.lost + 1;
        }
        Ok((wakes, gone.map(|gone| gone.value)))
    }

    /// Queues the value once there is room, as [`Ring::poll_push`](crate::sync::Ring::poll_push) does.
    #[cfg(all(test, not(callboard_loom)))]
    pub(crate) fn poll_push(
        &self,
        ticket: &mut Ticket,
        cx: &Context<'_>,
        value: &mut Option<T>,
    ) -> Poll<Result<Wakes, T>> {
        let mut state = self.state.lock();
        let refused = ticket
            .0
            .is_some_and(|number| remove(&mut state.refused, number));
        if refused || state.closed {
            ticket.0 = None;
            return Poll::Ready(Err(value.take().expect("polled after it was ready")));
        }
        let admitted = match ticket.0 {
            None => state.has_room() && state.waiters.is_empty(),
            Some(number) => remove(&mut state.granted, number),
        };
        if admitted {
            ticket.0 = None;
            let value = value.take().expect("polled after it was ready");
            return Poll::Ready(Ok(state.append(value)));
        }
        match ticket.0 {
            None => *ticket = state.enqueue(cx.waker().clone(), None),
            Some(number) => {
                let replaced = state.renew(number, cx);
                drop(state);
                drop(replaced);
            }
        }
        Poll::Pending
    }

    /// Queues the value now, or puts it into the line, where it keeps its place whatever becomes of
    /// the caller. `waker` is woken when it was queued, or refused by [`LockedQueue::close`].
    pub(crate) fn deposit(&self, value: T, waker: &Waker) -> Deposit<T> {
        let mut state = self.state.lock();
        if state.closed {
            return Deposit::Closed(value);
        }
        if state.has_room() && state.waiters.is_empty() {
            return Deposit::Taken(state.append(value));
        }
        Deposit::Waiting(state.enqueue(waker.clone(), Some(value)))
    }

    /// Whether a deposit was queued (`true`) or refused by [`LockedQueue::close`]; else the waker is
    /// renewed.
    pub(crate) fn poll_deposit(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        let Some(number) = ticket.0 else {
            return Poll::Ready(true);
        };
        let mut state = self.state.lock();
        if state.find(number).is_none() {
            ticket.0 = None;
            return Poll::Ready(!remove(&mut state.refused, number));
        }
        let replaced = state.renew(number, cx);
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Leaves the line. A place that was already granted goes to the next in it; a deposited value
    /// that was not taken comes back, and counts as lost where it stood.
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> (Option<T>, Wakes) {
        let Some(number) = ticket.0.take() else {
            return (None, Wakes::default());
        };
        let mut state = self.state.lock();
        if let Some(waiter) = state.find(number) {
            let removed = state.waiters.remove(waiter);
            if let Some(removed) = &removed {
                let lost = removed.lost + u64::from(removed.value.is_some());
                match state.waiters.get_mut(waiter) {
                    Some(next) => next.lost += lost,
                    None => state.lost += lost,
                }
            }
            drop(state);
            return (removed.and_then(|waiter| waiter.value), Wakes::default());
        }
        if remove(&mut state.granted, number) {
            return (None, state.admit_one());
        }
        remove(&mut state.refused, number);
        (None, Wakes::default())
    }

    /// The oldest value; `Ready(None)` when it is closed and empty.
    pub(crate) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Received<T>>> {
        let mut state = self.state.lock();
        if let Some(Entry { value, lost }) = state.queue.pop_front() {
            let wakes = state.admit_one();
            drop(state);
            wakes.wake();
            return Poll::Ready(Some(Received::Value { value, lost }));
        }
        if state.lost > 0 {
            return Poll::Ready(Some(Received::Lost(std::mem::take(&mut state.lost))));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        let replaced = match &state.receiver {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => state.receiver.replace(cx.waker().clone()),
        };
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Refuses sends from now on. The queue stays for the receiver; the deposits in the line come
    /// back, and those who wait there are woken by the caller, as is the receiver.
    pub(crate) fn close(&self) -> (Vec<T>, Vec<Waker>) {
        let mut state = self.state.lock();
        state.closed = true;
        let granted = std::mem::take(&mut state.granted);
        let line = std::mem::take(&mut state.waiters);
        state.refused.extend(
            granted
                .into_iter()
                .chain(line.iter().map(|waiter| waiter.ticket)),
        );
        let mut wakers: Vec<Waker> = state.receiver.take().into_iter().collect();
        drop(state);
        let mut values = Vec::new();
        for waiter in line {
            wakers.push(waiter.waker);
            values.extend(waiter.value);
        }
        (values, wakers)
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().queue.len()
    }
}

impl<T> State<T> {
    fn has_room(&self) -> bool {
        self.queue.len() + self.granted.len() < self.capacity
    }

    /// Queues a value behind all others, none of which is in the line.
    fn append(&mut self, value: T) -> Wakes {
        let lost = std::mem::take(&mut self.lost);
        self.append_after(value, lost)
    }

    fn append_after(&mut self, value: T, lost: u64) -> Wakes {
        self.queue.push_back(Entry { value, lost });
        Wakes {
            receiver: self.receiver.take(),
            sender: None,
        }
    }

    fn enqueue(&mut self, waker: Waker, value: Option<T>) -> Ticket {
        let number = self.next_ticket;
        self.next_ticket += 1;
        self.waiters.push_back(Waiter {
            ticket: number,
            waker,
            value,
            lost: std::mem::take(&mut self.lost),
        });
        Ticket(Some(number))
    }

    /// Gives a free place to the first in the line.
    fn admit_one(&mut self) -> Wakes {
        if !self.has_room() {
            return Wakes::default();
        }
        let Some(first) = self.waiters.pop_front() else {
            return Wakes::default();
        };
        let receiver = match first.value {
            Some(value) => self.append_after(value, first.lost).receiver,
            None => {
                self.lost += first.lost;
                self.granted.push(first.ticket);
                None
            }
        };
        Wakes {
            receiver,
            sender: Some(first.waker),
        }
    }

    /// Tickets grow along the line, so that it can be searched by halving.
    fn find(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.ticket)
            .ok()
    }

    /// Renews the waker of one in the line; the old one is dropped by the caller, after the lock.
    fn renew(&mut self, number: u64, cx: &Context<'_>) -> Option<Waker> {
        let index = self.find(number)?;
        let waker = &mut self.waiters[index].waker;
        (!waker.will_wake(cx.waker())).then(|| std::mem::replace(waker, cx.waker().clone()))
    }
}

pub(super) fn remove(numbers: &mut Vec<u64>, number: u64) -> bool {
    let found = numbers.iter().position(|&other| other == number);
    if let Some(index) = found {
        numbers.swap_remove(index);
    }
    found.is_some()
}
