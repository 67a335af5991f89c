//! The reply slot: every order of reply, wait, and going.

use std::future::poll_fn;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::explore;
use crate::sync::reply::{Awaiter, reply_slot};

fn wait<T>(awaiter: &mut Awaiter<T, ()>) -> Option<T> {
    block_on(poll_fn(|cx| awaiter.poll(cx)))
}

/// The awaiter comes at any moment.
#[test]
fn awake() {
    explore("reply::awake", || {
        let (responder, mut awaiter) = reply_slot::<Box<u32>, ()>(());
        let handle = thread::spawn(move || responder.send(Box::new(7)).expect("the awaiter stays"));
        assert_eq!(wait(&mut awaiter), Some(Box::new(7)));
        handle.join().unwrap();
    });
}

/// The awaiter's task changes between two polls.
#[test]
fn asleep() {
    explore("reply::asleep", || {
        let (responder, mut awaiter) = reply_slot::<Box<u32>, ()>(());
        let handle = thread::spawn(move || responder.send(Box::new(7)).expect("the awaiter stays"));
        let mut first = None;
        block_on(poll_fn(|cx| {
            if let Poll::Ready(value) = awaiter.poll(cx) {
                first = value;
            }
            Poll::Ready(())
        }));
        let value = first.or_else(|| wait(&mut awaiter));
        assert_eq!(value, Some(Box::new(7)));
        handle.join().unwrap();
    });
}

#[test]
fn responder_goes() {
    explore("reply::responder_goes", || {
        let (responder, mut awaiter) = reply_slot::<Box<u32>, ()>(());
        let handle = thread::spawn(move || drop(responder));
        assert_eq!(wait(&mut awaiter), None);
        handle.join().unwrap();
    });
}

/// The awaiter goes, polled before or not, in any order with the reply: the value is dropped once,
/// and the responder gets it back if nobody took it.
#[test]
fn all_orders() {
    explore("reply::all_orders", || {
        let payload = Arc::new(());
        let (responder, mut awaiter) = reply_slot::<Arc<()>, ()>(());
        let value = Arc::clone(&payload);
        let sender = thread::spawn(move || {
            let _ = responder.is_abandoned();
            responder.send(value).is_ok()
        });
        let goer = thread::spawn(move || {
            block_on(poll_fn(|cx| {
                drop(awaiter.poll(cx));
                Poll::Ready(())
            }));
        });
        sender.join().unwrap();
        goer.join().unwrap();
        assert_eq!(Arc::strong_count(&payload), 1);
    });
}

#[test]
fn both_go() {
    explore("reply::both_go", || {
        let (responder, mut awaiter) = reply_slot::<Arc<()>, ()>(());
        let sender = thread::spawn(move || drop(responder));
        let goer = thread::spawn(move || {
            block_on(poll_fn(|cx| {
                drop(awaiter.poll(cx));
                Poll::Ready(())
            }));
        });
        sender.join().unwrap();
        goer.join().unwrap();
    });
}
