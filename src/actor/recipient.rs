//! [`Recipient`]: an actor known only by one type of message.

use std::fmt;
use std::sync::Arc;

use crate::actor::ask::Ask;
use crate::actor::target::Target;
use crate::actor::tell::{Tell, TryTellError, try_tell};
use crate::contract::Message;

/// A handle to whatever actor takes messages of type `M`.
///
/// A module that holds recipients instead of references does not name the other's service type, and
/// a test gives it a fake. It behaves as the [`ActorRef`](crate::ActorRef) that it was made from.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Message)]
/// #[message(reply = bool)]
/// struct Charge {
///     cents: u64,
/// }
///
/// /// Knows that payments can be charged, and not who does it.
/// async fn check_out(payments: &Recipient<Charge>) -> Result<bool, AskError<Charge>> {
///     payments.ask(Charge { cents: 999 }).await
/// }
///
/// struct FakePayments;
///
/// #[actor]
/// impl FakePayments {
///     #[handler]
///     fn charge(&mut self, msg: Charge) -> bool {
///         msg.cents < 1_000
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), callboard::Error> {
/// # let system = System::builder("test").actor("payments", || FakePayments).start().await?;
/// let payments: ActorRef<FakePayments> = system.actor("payments")?;
/// assert!(check_out(&payments.recipient()).await?);
/// # Ok(())
/// # }
/// ```
pub struct Recipient<M: Message>(Arc<dyn Target<M>>);

impl<M: Message> Recipient<M> {
    pub(crate) fn new(target: Arc<dyn Target<M>>) -> Self {
        Self(target)
    }

    /// Sends a message and waits for room; see [`ActorRef::tell`](crate::ActorRef::tell).
    ///
    /// # Errors
    ///
    /// [`TellError`](crate::TellError) gives the message back, which no handler has seen.
    pub fn tell(&self, message: M) -> Tell<'_, M, dyn Target<M>> {
        Tell::new(&*self.0, message)
    }

    /// Sends a message if there is room; see [`ActorRef::try_tell`](crate::ActorRef::try_tell).
    ///
    /// # Errors
    ///
    /// [`TryTellError::Full`] or [`TryTellError::NotRunning`], with the message.
    pub fn try_tell(&self, message: M) -> Result<(), TryTellError<M>> {
        try_tell(&*self.0, message)
    }

    /// Sends a message and waits for its reply; see [`ActorRef::ask`](crate::ActorRef::ask).
    ///
    /// # Errors
    ///
    /// [`AskError`](crate::AskError) says why there is no reply and whether the handler may have run.
    pub fn ask(&self, message: M) -> Ask<'_, M, dyn Target<M>> {
        Ask::new(&*self.0, message)
    }

    /// Sends a message if there is room, and waits for its reply; see [`ActorRef::try_ask`](crate::ActorRef::try_ask).
    ///
    /// # Errors
    ///
    /// As for [`ask`](Self::ask), and [`AskError::Full`](crate::AskError::Full) with the message.
    pub fn try_ask(&self, message: M) -> Ask<'_, M, dyn Target<M>> {
        Ask::new(&*self.0, message).without_waiting_for_room()
    }

    /// The name of the actor behind it.
    pub fn name(&self) -> &str {
        self.0.about().name
    }
}

impl<M: Message> Clone for Recipient<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Message> fmt::Debug for Recipient<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient<{}>({})", M::NAME, self.name())
    }
}
