//! The mailbox's ring: claim, publish, sleep, room, the line, close.

use std::future::poll_fn;
use std::task::Poll;

use futures::FutureExt;
use loom::future::block_on;
use loom::sync::{Arc, Notify};
use loom::thread;

use super::explore;
use crate::sync::ring::{Deposit, Next};
use crate::sync::{PushError, Receiver, Ring, Sleeps, Ticket};

/// A ring whose receiver sleeps on a bell.
struct Bed<T> {
    ring: Ring<T>,
    bell: Notify,
}

impl<T: Send + 'static> Bed<T> {
    fn new(capacity: usize) -> (Arc<Self>, Receiver) {
        let bed = Arc::new(Self {
            ring: Ring::new(capacity),
            bell: Notify::new(),
        });
        let receiver = bed.ring.receiver();
        (bed, receiver)
    }

    fn wake(&self, sleeps: Sleeps) {
        if sleeps.0 {
            self.bell.notify();
        }
    }

    fn try_push(&self, value: T) -> Result<(), PushError<T>> {
        self.ring
            .try_push(value, |value| value)
            .map(|sleeps| self.wake(sleeps))
    }

    /// Sends and waits for room; gives up after `polls` polls.
    fn push_polls(&self, value: T, polls: usize) -> Option<Result<(), T>> {
        let mut value = Some(value);
        let mut ticket = Ticket::default();
        let mut left = polls;
        let sent = block_on(poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            match self
                .ring
                .poll_push(&mut ticket, cx, &mut value, |value| value)
            {
                Poll::Ready(result) => Poll::Ready(Some(result.map(|sleeps| self.wake(sleeps)))),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        }));
        let (_, sleeps) = self.ring.cancel(&mut ticket);
        self.wake(sleeps);
        sent
    }

    fn push(&self, value: T) -> Result<(), T> {
        self.push_polls(value, usize::MAX)
            .expect("it did not give up")
    }

    /// Receives, sleeping on the bell; `None` at the end.
    fn pop(&self, receiver: &mut Receiver) -> Option<T> {
        loop {
            match receiver.look(&self.ring) {
                Next::Value => return receiver.pop(&self.ring),
                Next::End => return None,
                Next::Sleep => self.bell.wait(),
            }
        }
    }

    fn close(&self) -> Vec<T> {
        let refused = self.ring.close(0);
        self.bell.notify();
        refused
    }
}

#[test]
fn one_sender() {
    explore("ring::one_sender", || {
        let (bed, mut receiver) = Bed::new(2);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || sender.try_push(Box::new(7)).expect("there is room"));
        assert_eq!(bed.pop(&mut receiver), Some(Box::new(7)));
        handle.join().unwrap();
    });
}

#[test]
fn two_senders() {
    explore("ring::two_senders", || {
        let (bed, mut receiver) = Bed::new(2);
        for value in [1, 2] {
            let bed = Arc::clone(&bed);
            thread::spawn(move || bed.try_push(Box::new(value)).expect("there is room"));
        }
        let first = bed.pop(&mut receiver).expect("it is open");
        let second = bed.pop(&mut receiver).expect("it is open");
        assert_eq!(*first + *second, 3);
    });
}

/// Two senders come to a place without a block, where the receiver may sleep already.
#[test]
fn blocks_race() {
    explore("ring::blocks_race", || {
        let (bed, mut receiver) = Bed::new(2);
        let other = Arc::clone(&bed);
        let handle = thread::spawn(move || {
            other.try_push(Box::new(1)).expect("there is room");
        });
        let other = Arc::clone(&bed);
        let second = thread::spawn(move || {
            other.try_push(Box::new(2)).expect("there is room");
        });
        let mut sum = 0;
        while sum < 3 {
            sum += *bed.pop(&mut receiver).expect("it is open");
        }
        handle.join().unwrap();
        second.join().unwrap();
    });
}

/// The one slot is used again and again; the sender waits for room each time.
#[test]
fn wraps_around() {
    explore("ring::wraps_around", || {
        let (bed, mut receiver) = Bed::new(1);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || {
            for value in 0..3 {
                sender.push(Box::new(value)).expect("it is open");
            }
        });
        for value in 0..3 {
            assert_eq!(bed.pop(&mut receiver), Some(Box::new(value)));
        }
        handle.join().unwrap();
    });
}

#[test]
fn two_waiting_senders() {
    explore("ring::two_waiting_senders", || {
        let (bed, mut receiver) = Bed::new(1);
        for value in [1, 2] {
            let bed = Arc::clone(&bed);
            thread::spawn(move || bed.push(value).expect("it is open"));
        }
        let first = bed.pop(&mut receiver).expect("it is open");
        let second = bed.pop(&mut receiver).expect("it is open");
        assert_eq!(first + second, 3);
    });
}

/// A sender that gives up, in the line or with a place granted, keeps nobody from going on.
#[test]
fn a_waiter_gives_up() {
    explore("ring::a_waiter_gives_up", || {
        let (bed, mut receiver) = Bed::new(1);
        bed.try_push(0).expect("there is room");
        let quitter = Arc::clone(&bed);
        thread::spawn(move || {
            quitter.push_polls(10, 1);
        });
        let sender = Arc::clone(&bed);
        thread::spawn(move || sender.push(1).expect("it is open"));
        let mut seen = Vec::new();
        while seen.last() != Some(&1) {
            seen.push(bed.pop(&mut receiver).expect("it is open"));
        }
        assert!(seen == [0, 1] || seen == [0, 10, 1], "{seen:?}");
    });
}

#[test]
fn drops_what_is_left() {
    explore("ring::drops_what_is_left", || {
        let payload = Arc::new(());
        let (bed, mut receiver) = Bed::new(2);
        let (sender, value) = (Arc::clone(&bed), Arc::clone(&payload));
        let handle = thread::spawn(move || {
            drop(sender.try_push(Arc::clone(&value)));
            drop(sender.try_push(value));
        });
        let other = Arc::clone(&bed);
        let taker = thread::spawn(move || drop(receiver.pop(&other.ring)));
        handle.join().unwrap();
        taker.join().unwrap();
        drop(bed);
        assert_eq!(Arc::strong_count(&payload), 1);
    });
}

#[test]
fn close_wakes_the_receiver() {
    explore("ring::close_wakes_the_receiver", || {
        let (bed, mut receiver) = Bed::<u8>::new(1);
        let other = Arc::clone(&bed);
        let handle = thread::spawn(move || assert!(other.close().is_empty()));
        assert_eq!(bed.pop(&mut receiver), None);
        handle.join().unwrap();
    });
}

/// What is accepted before a close is received before the end; the rest comes back.
#[test]
fn close_races_a_send() {
    explore("ring::close_races_a_send", || {
        let (bed, mut receiver) = Bed::new(2);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || match sender.try_push(Box::new(7)) {
            Ok(()) => true,
            Err(PushError::Closed(value)) => *value != 7,
            Err(PushError::Full(_)) => unreachable!("it has room for two"),
        });
        bed.close();
        let received = receiver.drain(&bed.ring).is_some();
        assert!(receiver.drain(&bed.ring).is_none());
        assert_eq!(handle.join().unwrap(), received);
    });
}

/// A sender in the line learns of the close even if the ring is open again when it looks.
#[test]
fn close_refuses_the_line() {
    explore("ring::close_refuses_the_line", || {
        let (bed, mut receiver) = Bed::new(1);
        bed.try_push(0).expect("there is room");
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || sender.push(1));
        bed.close();
        assert_eq!(receiver.drain(&bed.ring), Some(0));
        let mut received = receiver.drain(&bed.ring);
        bed.ring.reopen_unless(0);
        let sent = handle.join().unwrap();
        received = received.or_else(|| receiver.pop(&bed.ring));
        assert_eq!(sent, received.ok_or(1).map(drop));
    });
}

/// Deposits keep their order although their owners never come back, and are refused by a close.
#[test]
fn deposits_keep_their_order() {
    explore("ring::deposits_keep_their_order", || {
        let (bed, mut receiver) = Bed::new(1);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || {
            let waker = futures::task::noop_waker();
            let mut waiting = Vec::new();
            for value in 0..3 {
                match sender.ring.deposit(value, &waker) {
                    Deposit::Taken(sleeps) => sender.wake(sleeps),
                    Deposit::Waiting(ticket) => waiting.push(ticket),
                    Deposit::Closed(_) => unreachable!("nobody closes it"),
                }
            }
            waiting
        });
        for value in 0..3 {
            assert_eq!(bed.pop(&mut receiver), Some(value));
        }
        for mut ticket in handle.join().unwrap() {
            let taken = poll_fn(|cx| bed.ring.poll_deposit(&mut ticket, cx)).now_or_never();
            assert_eq!(taken, Some(true));
        }
    });
}

/// The counters never run backwards into each other.
#[test]
fn lengths_never_underflow() {
    explore("ring::lengths_never_underflow", || {
        let (bed, mut receiver) = Bed::new(2);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || {
            sender.try_push(1).expect("there is room");
            sender.try_push(2).expect("there is room");
        });
        let other = Arc::clone(&bed);
        let taker = thread::spawn(move || {
            let _ = receiver.pop(&other.ring);
            let _ = receiver.make_room(&other.ring);
        });
        assert!(bed.ring.len() <= 2);
        taker.join().unwrap();
        assert!(bed.ring.len() <= 2);
        handle.join().unwrap();
    });
}

/// A restart opens a ring that was never closed, while senders stand before it: they are served.
#[test]
fn an_open_ring_keeps_its_line() {
    explore("ring::an_open_ring_keeps_its_line", || {
        let (bed, mut receiver) = Bed::new(1);
        bed.try_push(0).expect("there is room");
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || sender.push(1).expect("it is open"));
        bed.ring.reopen_unless(0);
        assert_eq!(bed.pop(&mut receiver), Some(0));
        assert_eq!(bed.pop(&mut receiver), Some(1));
        handle.join().unwrap();
    });
}

/// A value that is handed over by whoever polls the receiver comes before what is sent after it.
#[test]
fn handed_over() {
    explore("ring::handed_over", || {
        let (bed, mut receiver) = Bed::new(2);
        let sender = Arc::clone(&bed);
        let handle = thread::spawn(move || sender.try_push(Box::new(2)).expect("there is room"));
        // Whoever polls hands over, and the receiver looks in the same poll.
        let handed = bed.ring.hand(0, Box::new(1), |value| value).is_ok();
        let mut seen = Vec::new();
        seen.extend(receiver.take_handed(&bed.ring));
        seen.extend(bed.pop(&mut receiver));
        let expected: &[u32] = if handed { &[1, 2] } else { &[2] };
        assert_eq!(
            seen.iter().map(|value| **value).collect::<Vec<_>>(),
            expected
        );
        handle.join().unwrap();
    });
}

/// The task, and with it the right to hand over, goes from one thread to another.
#[test]
fn handed_over_from_thread_to_thread() {
    explore("ring::handed_over_from_thread_to_thread", || {
        let (bed, receiver) = Bed::new(2);
        let receiver = Arc::new(loom::sync::Mutex::new(receiver));
        let handles: Vec<_> = (0..2)
            .map(|value| {
                let (bed, receiver) = (Arc::clone(&bed), Arc::clone(&receiver));
                thread::spawn(move || {
                    let handed = bed.ring.hand(0, Box::new(value), |value| value).is_ok();
                    let taken = receiver.lock().unwrap().take_handed(&bed.ring);
                    (handed, taken)
                })
            })
            .collect();
        let results: Vec<_> = handles
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .collect();
        let handed = results.iter().filter(|(handed, _)| *handed).count();
        let left = receiver.lock().unwrap().take_handed(&bed.ring);
        let taken = results.iter().filter(|(_, taken)| taken.is_some()).count();
        assert_eq!(handed, taken + usize::from(left.is_some()));
    });
}
