//! [`guarded`]: user code that may panic, and that a kill may end.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::actor::cell::{Cell, control};
use crate::actor::current;
use crate::actor::exit::PanicInfo;
use crate::actor::traits::Actor;
use crate::sync::Receiver;

/// How a piece of user code ended.
pub(super) enum Guarded<T> {
    Done(T),
    Panicked(Box<PanicInfo>),
    Killed,
}

/// Runs user code in its span: catches its panic, and drops it when the actor is killed.
pub(super) async fn guarded<A: Actor, F: Future>(
    cell: &Cell<A>,
    receiver: &mut Receiver,
    span: Option<Box<tracing::Span>>,
    future: F,
) -> Guarded<F::Output> {
    let mut future = pin!(Some(future));
    let result = poll_fn(|cx| {
        let entered = span.as_ref().map(|span| span.enter());
        let running = future.as_mut().as_pin_mut().expect("dropped below only");
        let polled = catch_unwind(AssertUnwindSafe(|| running.poll(cx)));
        drop(entered);
        match polled {
            Ok(Poll::Ready(value)) => Poll::Ready(Guarded::Done(value)),
            Err(payload) => Poll::Ready(Guarded::Panicked(Box::new(PanicInfo::caught(payload)))),
            Ok(Poll::Pending) => {
                // Senders must see the room that was made before the handler began to wait.
                let _ = receiver.make_room(&cell.mailbox);
                current::settle();
                match cell.mailbox.take_control(control::ANY_KILL) {
                    0 => Poll::Pending,
                    _ => Poll::Ready(Guarded::Killed),
                }
            }
        }
    })
    .await;
    if !matches!(result, Guarded::Done(_)) {
        let _entered = span.as_ref().map(|span| span.enter());
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| future.set(None))) {
            // What the user's code still held is dropped here, and that is user code as well.
            let panic = PanicInfo::caught(payload);
            tracing::error!(target: "callboard::actor", actor = &**cell.name(), %panic, "dropping a handler panicked");
        }
    }
    result
}
