//! [`Target`]: an actor as the receiver of one type of message. The seam behind refs and recipients.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use crate::actor::addressed::RequestTo;
use crate::actor::cell::Cell;
use crate::actor::core::SystemCore;
use crate::actor::envelope::{Origin, Parcel};
use crate::actor::id::ActorId;
use crate::actor::reply::Request;
use crate::actor::traits::{Actor, HandledBy};
use crate::contract::Message;
use crate::observe::Counters;
use crate::sync::{PushError, Sleeps, Ticket};

/// Takes requests of one message type.
///
/// Sealed by being unreachable from outside; it is `pub` because it appears in the types of futures.
pub trait Target<M: Message>: Send + Sync {
    /// Accepts the request at once or not at all. Whoever gets [`Asleep`] wakes the actor.
    #[doc(hidden)]
    fn try_accept(&self, request: Request<M>) -> Result<Asleep, Refusal<M>>;

    /// Accepts the request when there is room. An error says that the actor does not run.
    #[doc(hidden)]
    fn poll_accept(
        &self,
        place: &mut Place,
        cx: &Context<'_>,
        request: &mut Option<Request<M>>,
    ) -> Poll<Result<Asleep, Request<M>>>;

    /// Has the actor look into its mailbox.
    #[doc(hidden)]
    fn wake(&self, asleep: Asleep);

    /// The same for one who waits for the reply: polls the actor here and now, if it may be.
    #[doc(hidden)]
    fn help(&self, asleep: Asleep);

    /// Has an idle actor handle the request here and now, without its mailbox; else it comes back.
    #[doc(hidden)]
    fn hand_over(&self, request: Request<M>) -> Result<(), Request<M>>;

    /// Gives the place in the line up.
    #[doc(hidden)]
    fn leave(&self, place: &mut Place);

    #[doc(hidden)]
    fn about(&self) -> About<'_>;
}

/// What a sender must know of the actor it sends to.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "nobody outside can reach it")]
pub struct About<'a> {
    pub(crate) id: ActorId,
    pub(crate) name: &'a Arc<str>,
    pub(crate) core: &'a Arc<SystemCore>,
}

/// A sender's place in the line before a full mailbox.
#[derive(Debug, Default)]
pub struct Place(Ticket);

impl Place {
    /// Whether there is a place to give up.
    #[inline]
    pub(crate) fn is_taken(&self) -> bool {
        self.0.is_some()
    }
}

/// Whether the actor sleeps and has to be woken.
#[derive(Debug, Clone, Copy)]
#[must_use = "a sleeping actor that is not woken does not see its message"]
pub struct Asleep(pub(crate) Sleeps);

/// Why a request was not accepted, with the request.
#[derive(Debug)]
pub enum Refusal<M: Message> {
    Full(Request<M>),
    NotRunning(Request<M>),
}

impl<A: Actor, M: HandledBy<A>> Target<M> for Cell<A> {
    fn try_accept(&self, request: Request<M>) -> Result<Asleep, Refusal<M>> {
        match self.mailbox.try_push(request, parcel_up::<A, M>()) {
            Ok(sleeps) => Ok(Asleep(sleeps)),
            Err(PushError::Full(request)) => Err(Refusal::Full(request)),
            Err(PushError::Closed(request)) => Err(Refusal::NotRunning(request)),
        }
    }

    fn poll_accept(
        &self,
        place: &mut Place,
        cx: &Context<'_>,
        request: &mut Option<Request<M>>,
    ) -> Poll<Result<Asleep, Request<M>>> {
        self.mailbox
            .poll_push(&mut place.0, cx, request, parcel_up::<A, M>())
            .map(|pushed| pushed.map(Asleep))
    }

    fn wake(&self, asleep: Asleep) {
        self.wake_if(asleep.0);
    }

    fn help(&self, asleep: Asleep) {
        self.help_if(asleep.0);
    }

    fn hand_over(&self, request: Request<M>) -> Result<(), Request<M>> {
        // First, since a handler that waits for something else need not be polled for this.
        if !self.is_at_rest() || !self.may_be_helped() || !self.task.take_idle() {
            return Err(request);
        }
        // What the run loop wrote before it went to sleep is visible to who has taken it.
        let handed = if self.is_at_rest() {
            let counters = &self.counters;
            // What was handed over is always taken within the poll below.
            let taken = counters.taken.load(Relaxed) - counters.handed.load(Relaxed);
            self.mailbox.hand(taken, request, parcel_up::<A, M>())
        } else {
            Err(request)
        };
        if handed.is_ok() {
            Counters::count_alone(&self.counters.handed);
        }
        // The actor is polled in any case, now that it was taken.
        self.poll_here();
        handed
    }

    fn leave(&self, place: &mut Place) {
        let (_, sleeps) = self.mailbox.cancel(&mut place.0);
        self.wake_if(sleeps);
    }

    fn about(&self) -> About<'_> {
        About {
            id: self.id(),
            name: self.name(),
            core: self.core(),
        }
    }
}

/// What turns a request into a parcel under the mailbox's lock. The origin is found out before, since
/// the tracing subscriber that it asks is the user's.
fn parcel_up<A: Actor, M: HandledBy<A>>() -> impl FnOnce(Request<M>) -> Parcel<A::Envelope> {
    let origin = Origin::here();
    move |request| Parcel {
        envelope: M::wrap(RequestTo::new(request)),
        origin,
    }
}
