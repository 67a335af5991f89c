//! The ring against the queue under a mutex: the same steps have the same results.

use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use crate::sync::locked::{self, LockedQueue, Received};
use crate::sync::ring::{self, Next, Ring};
use crate::sync::{PushError, Receiver, Ticket};

/// What one sender or the receiver does.
#[derive(Debug, Clone)]
enum Step {
    TryPush,
    /// Begins to send and waits if it must.
    Push,
    /// Polls one of those who wait.
    Poll(usize),
    /// One of those who wait gives up.
    Cancel(usize),
    Deposit,
    PollDeposit(usize),
    CancelDeposit(usize),
    Pop,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::TryPush),
        4 => Just(Step::Push),
        3 => (0_usize..4).prop_map(Step::Poll),
        2 => (0_usize..4).prop_map(Step::Cancel),
        3 => Just(Step::Deposit),
        2 => (0_usize..4).prop_map(Step::PollDeposit),
        1 => (0_usize..4).prop_map(Step::CancelDeposit),
        8 => Just(Step::Pop),
        1 => Just(Step::Close),
    ]
}

/// The result of a step, in words that both share.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Taken,
    Full(u32),
    Closed(u32),
    Waiting,
    Back(Option<u32>),
    Told(Poll<bool>),
    Value(Option<u32>),
    End,
    Refused(Vec<u32>),
    Nothing,
}

#[derive(Default)]
struct Waiters {
    pushes: Vec<(Ticket, Option<u32>)>,
    deposits: Vec<Ticket>,
}

/// Takes one of them out, if there is any.
fn pick<T>(items: &mut Vec<T>, index: usize) -> Option<T> {
    (!items.is_empty()).then(|| items.remove(index % items.len()))
}

struct Locked {
    queue: LockedQueue<u32>,
    waiters: Waiters,
}

struct Lockless {
    ring: Box<Ring<u32>>,
    receiver: Receiver,
    waiters: Waiters,
}

impl Locked {
    fn poll(&mut self, mut ticket: Ticket, mut value: Option<u32>) -> Seen {
        let cx = Context::from_waker(Waker::noop());
        match self.queue.poll_push(&mut ticket, &cx, &mut value) {
            Poll::Ready(Ok(wakes)) => {
                wakes.wake();
                Seen::Taken
            }
            Poll::Ready(Err(value)) => Seen::Closed(value),
            Poll::Pending => {
                self.waiters.pushes.push((ticket, value));
                Seen::Waiting
            }
        }
    }

    fn run(&mut self, step: &Step, value: u32) -> Seen {
        let cx = Context::from_waker(Waker::noop());
        match step {
            Step::TryPush => match self.queue.try_push(value) {
                Ok(wakes) => {
                    wakes.wake();
                    Seen::Taken
                }
                Err(PushError::Full(value)) => Seen::Full(value),
                Err(PushError::Closed(value)) => Seen::Closed(value),
            },
            Step::Push => self.poll(Ticket::default(), Some(value)),
            Step::Poll(index) => match pick(&mut self.waiters.pushes, *index) {
                Some((ticket, value)) => self.poll(ticket, value),
                None => Seen::Nothing,
            },
            Step::Cancel(index) => match pick(&mut self.waiters.pushes, *index) {
                Some((mut ticket, _)) => {
                    let (back, wakes) = self.queue.cancel(&mut ticket);
                    wakes.wake();
                    Seen::Back(back)
                }
                None => Seen::Nothing,
            },
            Step::Deposit => match self.queue.deposit(value, Waker::noop()) {
                locked::Deposit::Taken(wakes) => {
                    wakes.wake();
                    Seen::Taken
                }
                locked::Deposit::Waiting(ticket) => {
                    self.waiters.deposits.push(ticket);
                    Seen::Waiting
                }
                locked::Deposit::Closed(value) => Seen::Closed(value),
            },
            Step::PollDeposit(index) => match pick(&mut self.waiters.deposits, *index) {
                Some(mut ticket) => {
                    let told = self.queue.poll_deposit(&mut ticket, &cx);
                    if told.is_pending() {
                        self.waiters.deposits.push(ticket);
                    }
                    Seen::Told(told)
                }
                None => Seen::Nothing,
            },
            Step::CancelDeposit(index) => match pick(&mut self.waiters.deposits, *index) {
                Some(mut ticket) => {
                    let (back, wakes) = self.queue.cancel(&mut ticket);
                    wakes.wake();
                    Seen::Back(back)
                }
                None => Seen::Nothing,
            },
            Step::Pop => loop {
                break match self.queue.poll_next(&cx) {
                    // The ring does not count those that it did not take.
                    Poll::Ready(Some(Received::Lost(_))) => continue,
                    Poll::Ready(Some(Received::Value { value, .. })) => Seen::Value(Some(value)),
                    Poll::Ready(None) => Seen::End,
                    Poll::Pending => Seen::Value(None),
                };
            },
            Step::Close => Seen::Refused(self.queue.close().0),
        }
    }
}

impl Lockless {
    fn poll(&mut self, mut ticket: Ticket, mut value: Option<u32>) -> Seen {
        let cx = Context::from_waker(Waker::noop());
        match self
            .ring
            .poll_push(&mut ticket, &cx, &mut value, |value| value)
        {
            Poll::Ready(Ok(_)) => Seen::Taken,
            Poll::Ready(Err(value)) => Seen::Closed(value),
            Poll::Pending => {
                self.waiters.pushes.push((ticket, value));
                Seen::Waiting
            }
        }
    }

    fn run(&mut self, step: &Step, value: u32) -> Seen {
        let cx = Context::from_waker(Waker::noop());
        match step {
            Step::TryPush => match self.ring.try_push(value, |value| value) {
                Ok(_) => Seen::Taken,
                Err(PushError::Full(value)) => Seen::Full(value),
                Err(PushError::Closed(value)) => Seen::Closed(value),
            },
            Step::Push => self.poll(Ticket::default(), Some(value)),
            Step::Poll(index) => match pick(&mut self.waiters.pushes, *index) {
                Some((ticket, value)) => self.poll(ticket, value),
                None => Seen::Nothing,
            },
            Step::Cancel(index) => match pick(&mut self.waiters.pushes, *index) {
                Some((mut ticket, _)) => Seen::Back(self.ring.cancel(&mut ticket).0),
                None => Seen::Nothing,
            },
            Step::Deposit => match self.ring.deposit(value, Waker::noop()) {
                ring::Deposit::Taken(_) => Seen::Taken,
                ring::Deposit::Waiting(ticket) => {
                    self.waiters.deposits.push(ticket);
                    Seen::Waiting
                }
                ring::Deposit::Closed(value) => Seen::Closed(value),
            },
            Step::PollDeposit(index) => match pick(&mut self.waiters.deposits, *index) {
                Some(mut ticket) => {
                    let told = self.ring.poll_deposit(&mut ticket, &cx);
                    if told.is_pending() {
                        self.waiters.deposits.push(ticket);
                    }
                    Seen::Told(told)
                }
                None => Seen::Nothing,
            },
            Step::CancelDeposit(index) => match pick(&mut self.waiters.deposits, *index) {
                Some(mut ticket) => Seen::Back(self.ring.cancel(&mut ticket).0),
                None => Seen::Nothing,
            },
            Step::Pop => match self.receiver.look(&self.ring) {
                Next::Value => {
                    let value = self.receiver.pop(&self.ring);
                    // The queue makes room at once; the ring's receiver decides when.
                    let _ = self.receiver.make_room(&self.ring);
                    Seen::Value(value)
                }
                Next::Sleep => Seen::Value(None),
                Next::End => Seen::End,
            },
            Step::Close => Seen::Refused(self.ring.close(0)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn ring_and_locked_queue_agree(capacity in 1_usize..6, steps in proptest::collection::vec(step(), 1..120)) {
        let mut locked = Locked { queue: LockedQueue::new(capacity), waiters: Waiters::default() };
        // The ring must not move once it has its receiver.
        let ring = Box::new(Ring::new(capacity));
        let receiver = ring.receiver();
        let mut lockless = Lockless { ring, receiver, waiters: Waiters::default() };
        for (number, step) in (0_u32..).zip(&steps) {
            let expected = locked.run(step, number);
            let seen = lockless.run(step, number);
            prop_assert_eq!(seen, expected, "step {} of {:?}", number, steps);
            prop_assert_eq!(lockless.ring.len(), locked.queue.len());
            prop_assert!(lockless.ring.len() <= capacity);
        }
    }
}
