//! [`Mailbox`]: a bounded queue with many senders, one receiver, a control lane, and two kinds of waiting.
//!
//! Everything is under one mutex. No user code runs while it is held: values are moved, never
//! dropped, compared or printed, and wakers are returned to the caller, who wakes them afterwards.
//!
//! ```text
//!              try_push ─────────────┐
//!   poll_push ─▶ waiters ─▶ reserved ─▶ queue ─▶ poll_next
//!   deposit ───▶ waiters ────────────▶ queue
//!                                    signal ───▶ (control bits, taken first)
//! ```
//!
//! *Waiters* form one FIFO line. One that came through [`Mailbox::poll_push`] keeps its value and is
//! granted a reserved place, so that dropping it before it is polled again sends nothing. One that
//! came through [`Mailbox::deposit`] left its value in the line, so that its place in the order is
//! fixed even if its owner is never polled again. Nobody overtakes the line: `try_push` is refused
//! while somebody waits.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// The queue. `T` is what is sent.
pub(crate) struct Mailbox<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    queue: VecDeque<T>,
    capacity: usize,
    /// Places promised to waiters who have not come back for them yet: `queue + granted ≤ capacity`.
    granted: Vec<u64>,
    waiters: VecDeque<Waiter<T>>,
    next_ticket: u64,
    accepted: u64,
    /// Whether sends are refused. The queue may still hold values.
    closed: bool,
    /// Bits of the control lane that the receiver has not taken yet.
    control: u32,
    /// Deposits that `close` refused and whose owners have not asked yet.
    refused: Vec<u64>,
    /// Woken by values and control bits: the receiver sleeps in `poll_next`.
    receiver: Option<Waker>,
    /// Woken by control bits only: the receiver sleeps in `poll_control`, busy with a value.
    controller: Option<Waker>,
}

struct Waiter<T> {
    ticket: u64,
    waker: Waker,
    /// The value of a deposit; `None` for one that waits for a place.
    value: Option<T>,
}

/// A sender's place in the line. It must go back to [`Mailbox::cancel`] when the sender gives up.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<u64>);

/// Who must be woken after an operation. Nobody is woken under the lock.
#[derive(Debug, Default)]
#[must_use = "a waker that is not woken is a lost wake-up"]
pub(crate) struct Wakes {
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

impl Wakes {
    pub(crate) fn wake(self) {
        if let Some(receiver) = self.receiver {
            receiver.wake();
        }
        if let Some(sender) = self.sender {
            sender.wake();
        }
    }
}

/// Why a value was not taken, with the value.
#[derive(Debug)]
pub(crate) enum PushError<V> {
    Full(V),
    Closed(V),
}

/// What became of a [`Mailbox::deposit`].
#[derive(Debug)]
pub(crate) enum Deposit<T> {
    /// Queued.
    Taken(Wakes),
    /// In the line, to be cancelled or polled with this ticket.
    Waiting(Ticket),
    /// Refused: the mailbox is closed.
    Closed(T),
}

/// What the receiver finds.
#[derive(Debug)]
pub(crate) enum Next<T> {
    /// Control bits, each reported once, before any value.
    Control(u32),
    /// The oldest value.
    Value(T),
    /// The mailbox is closed and empty.
    End,
}

impl<T> Mailbox<T> {
    /// An open mailbox for at most `capacity` values; it allocates when the first one comes.
    pub(crate) fn new(capacity: usize) -> Self {
        debug_assert!(capacity > 0, "a mailbox holds at least one message");
        Self {
            state: Mutex::new(State {
                queue: VecDeque::new(),
                capacity,
                granted: Vec::new(),
                waiters: VecDeque::new(),
                next_ticket: 0,
                accepted: 0,
                closed: false,
                control: 0,
                refused: Vec::new(),
                receiver: None,
                controller: None,
            }),
        }
    }

    /// Queues what `make` turns `value` into, if there is room and nobody waits.
    pub(crate) fn try_push<V>(
        &self,
        value: V,
        make: impl FnOnce(V) -> T,
    ) -> Result<Wakes, PushError<V>> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(PushError::Closed(value));
        }
        if !state.has_room() || !state.waiters.is_empty() {
            return Err(PushError::Full(value));
        }
        Ok(state.append(make(value)))
    }

    /// Queues the value in any case, pushing out the oldest when it is full. `skip` tells the value
    /// that is now the oldest that another went before it; the one that went comes back.
    pub(crate) fn push_out(
        &self,
        value: T,
        skip: impl FnOnce(&T, &mut T),
    ) -> Result<(Wakes, Option<T>), T> {
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
            skip(gone, oldest);
        }
        Ok((wakes, gone))
    }

    /// Queues the value once there is room, in the order of first polls.
    ///
    /// `Ready(Err)` hands the value back because the mailbox is closed. The value stays in `value`
    /// while this is pending, and the ticket stays in the line.
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
    ) -> Poll<Result<Wakes, V>> {
        let mut state = self.state.lock();
        if state.closed {
            // `close` has emptied the line and the grants.
            ticket.0 = None;
            return Poll::Ready(Err(value.take().expect("polled after it was ready")));
        }
        let admitted = match ticket.0 {
            None => state.has_room() && state.waiters.is_empty(),
            Some(number) => state.claim_grant(number),
        };
        if admitted {
            ticket.0 = None;
            let value = make(value.take().expect("polled after it was ready"));
            return Poll::Ready(Ok(state.append(value)));
        }
        match ticket.0 {
            None => *ticket = state.enqueue(cx.waker().clone(), None),
            Some(number) => {
                let Some(waiter) = state.find(number) else {
                    // The mailbox was closed and is open again: the line of that time was refused.
                    ticket.0 = None;
                    return Poll::Ready(Err(value.take().expect("polled after it was ready")));
                };
                if !state.waiters[waiter].waker.will_wake(cx.waker()) {
                    let old =
                        std::mem::replace(&mut state.waiters[waiter].waker, cx.waker().clone());
                    drop(state);
                    drop(old);
                }
            }
        }
        Poll::Pending
    }

    /// Queues the value now, or puts it into the line, where it keeps its place whatever becomes of
    /// the caller. `waker` is woken when the value was taken, or refused by [`Mailbox::close`].
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

    /// Whether a deposit was queued (`true`) or refused by [`Mailbox::close`]; else the waker is renewed.
    pub(crate) fn poll_deposit(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<bool> {
        let mut state = self.state.lock();
        let Some(waiter) = ticket.0.and_then(|number| state.find(number)) else {
            let refused = ticket
                .0
                .take()
                .is_some_and(|number| state.claim_refusal(number));
            return Poll::Ready(!refused);
        };
        if !state.waiters[waiter].waker.will_wake(cx.waker()) {
            let old = std::mem::replace(&mut state.waiters[waiter].waker, cx.waker().clone());
            drop(state);
            drop(old);
        }
        Poll::Pending
    }

    /// Leaves the line. A place that was already granted goes to the next in it; a deposited value
    /// that was not taken comes back.
    pub(crate) fn cancel(&self, ticket: &mut Ticket) -> (Option<T>, Wakes) {
        let Some(number) = ticket.0.take() else {
            return (None, Wakes::default());
        };
        let mut state = self.state.lock();
        if let Some(waiter) = state.find(number) {
            let removed = state.waiters.remove(waiter);
            drop(state);
            return (removed.and_then(|waiter| waiter.value), Wakes::default());
        }
        if state.claim_grant(number) {
            return (None, state.admit_one());
        }
        state.claim_refusal(number);
        (None, Wakes::default())
    }

    /// Sets bits of the control lane. It needs no room and overtakes every value.
    pub(crate) fn signal(&self, bits: u32) {
        let mut state = self.state.lock();
        state.control |= bits;
        let wakers = (state.receiver.take(), state.controller.take());
        drop(state);
        for waker in [wakers.0, wakers.1].into_iter().flatten() {
            waker.wake();
        }
    }

    /// Takes control bits back that the receiver has not seen.
    pub(crate) fn withdraw(&self, bits: u32) {
        self.state.lock().control &= !bits;
    }

    /// Takes those control bits that are in `mask`, without looking at the queue.
    pub(crate) fn poll_control(&self, mask: u32, cx: &Context<'_>) -> Poll<u32> {
        let mut state = self.state.lock();
        let bits = state.control & mask;
        if bits != 0 {
            state.control &= !bits;
            return Poll::Ready(bits);
        }
        register(&mut state.controller, cx);
        Poll::Pending
    }

    /// The next thing for the receiver: control bits, then values, then the end.
    pub(crate) fn poll_next(&self, cx: &Context<'_>) -> Poll<Next<T>> {
        let mut state = self.state.lock();
        if state.control != 0 {
            return Poll::Ready(Next::Control(std::mem::take(&mut state.control)));
        }
        if let Some(value) = state.queue.pop_front() {
            let wakes = state.admit_one();
            drop(state);
            wakes.wake();
            return Poll::Ready(Next::Value(value));
        }
        if state.closed {
            return Poll::Ready(Next::End);
        }
        register(&mut state.receiver, cx);
        Poll::Pending
    }

    /// Refuses sends from now on, and sets these control bits in the same instant. The line gets its
    /// values back, the queue stays for the receiver; the receiver is woken as well, so that it can
    /// see the bits or the end.
    pub(crate) fn close(&self, bits: u32) -> Closing<T> {
        let mut state = self.state.lock();
        state.closed = true;
        state.control |= bits;
        state.granted = Vec::new();
        let line = std::mem::take(&mut state.waiters);
        state
            .refused
            .extend(line.iter().filter(|w| w.value.is_some()).map(|w| w.ticket));
        let receiver = state.receiver.take();
        drop(state);
        Closing { line, receiver }
    }

    /// Accepts sends again, after [`Mailbox::close`], unless one of these control bits waits.
    pub(crate) fn reopen_unless(&self, bits: u32) {
        let mut state = self.state.lock();
        state.closed &= state.control & bits != 0;
    }

    /// Takes everything out of the queue and gives its memory back.
    pub(crate) fn take_queue(&self) -> VecDeque<T> {
        std::mem::take(&mut self.state.lock().queue)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.state.lock().capacity
    }

    /// Values in the queue, and values accepted since the beginning.
    pub(crate) fn len_and_accepted(&self) -> (usize, u64) {
        let state = self.state.lock();
        (state.queue.len(), state.accepted)
    }
}

/// What [`Mailbox::close`] found in the line: wake these, and account for the deposited values.
pub(crate) struct Closing<T> {
    line: VecDeque<Waiter<T>>,
    receiver: Option<Waker>,
}

impl<T> Closing<T> {
    /// What to wake, where nobody can be in the line.
    pub(crate) fn into_wakes(self) -> Wakes {
        debug_assert!(self.line.is_empty(), "a line would not be woken");
        Wakes {
            receiver: self.receiver,
            sender: None,
        }
    }

    /// Wakes everyone concerned and returns the deposits, which nobody will handle.
    pub(crate) fn wake(self) -> Vec<T> {
        if let Some(receiver) = self.receiver {
            receiver.wake();
        }
        self.line
            .into_iter()
            .filter_map(|waiter| {
                waiter.waker.wake();
                waiter.value
            })
            .collect()
    }
}

impl<T> State<T> {
    fn has_room(&self) -> bool {
        self.queue.len() + self.granted.len() < self.capacity
    }

    fn append(&mut self, value: T) -> Wakes {
        self.queue.push_back(value);
        self.accepted += 1;
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
            Some(value) => self.append(value).receiver,
            None => {
                self.granted.push(first.ticket);
                None
            }
        };
        Wakes {
            receiver,
            sender: Some(first.waker),
        }
    }

    fn claim_grant(&mut self, number: u64) -> bool {
        remove(&mut self.granted, number)
    }

    fn claim_refusal(&mut self, number: u64) -> bool {
        remove(&mut self.refused, number)
    }

    /// Tickets grow along the line, so that it can be searched by halving.
    fn find(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.ticket)
            .ok()
    }
}

fn remove(numbers: &mut Vec<u64>, number: u64) -> bool {
    let found = numbers.iter().position(|&other| other == number);
    if let Some(index) = found {
        numbers.swap_remove(index);
    }
    found.is_some()
}

fn register(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) if waker.will_wake(cx.waker()) => {}
        _ => *slot = Some(cx.waker().clone()),
    }
}
