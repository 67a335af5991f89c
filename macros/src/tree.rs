//! What a checked `#[actor]` block says, in our own words. Everything in here is sound; what was not is left out.

use proc_macro2::Span;
use syn::{Attribute, Generics, Ident, LitStr, Path, Type};

/// One service struct with its marked methods.
pub(crate) struct Service {
    pub(crate) options: ActorOptions,
    pub(crate) generics: Generics,
    pub(crate) self_ty: Type,
    /// The `#[cfg]`s of the block and every `#[allow]` in it. They hold for all that is generated.
    pub(crate) carried: Vec<Attribute>,
    /// The markers as they were written, so that their names resolve although the methods lose them.
    pub(crate) marks: Vec<Mark>,
    pub(crate) handlers: Vec<Handler>,
    /// Message types of handlers that have a mistake. They count as handled, so that the senders are not blamed too.
    pub(crate) spoilt: Vec<Type>,
    /// More than one only under different `#[cfg]`s.
    pub(crate) on_start: Vec<Hook>,
    pub(crate) on_stop: Vec<Hook>,
}

#[derive(Default)]
pub(crate) struct ActorOptions {
    pub(crate) module: Option<Type>,
    pub(crate) mailbox: Option<syn::Expr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

/// A method with `#[handler]`.
pub(crate) struct Handler {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) method: Ident,
    /// The variant of the envelope, `OnCancelled` for `on_cancelled`.
    pub(crate) variant: Ident,
    pub(crate) takes: Takes,
    /// Where the context is taken, if it is.
    pub(crate) context: Option<Span>,
    pub(crate) answer: Answer,
}

/// What the first parameter of a handler asks for.
pub(crate) enum Takes {
    /// `msg: M`
    Message(Type),
    /// `event: &E`
    Event(Type),
}

/// What a method gives back.
pub(crate) struct Answer {
    /// The method returns a future, which has to be awaited.
    pub(crate) awaited: bool,
    /// The type as the user wrote it, with the future taken off; `None` when nothing was written.
    pub(crate) ty: Option<Type>,
}

impl Answer {
    /// The method does not return.
    pub(crate) fn is_never(&self) -> bool {
        matches!(self.ty, Some(Type::Never(_)))
    }
}

/// A method with `#[on_start]` or `#[on_stop]`.
pub(crate) struct Hook {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) method: Ident,
    /// `reason: &ExitReason` is taken; only `#[on_stop]` has one.
    pub(crate) reason: Option<Span>,
    pub(crate) context: Option<Span>,
    pub(crate) answer: Answer,
}

/// One marker attribute, `#[handler]` say.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) attr: Attribute,
    /// The `#[cfg]`s of the marked method.
    pub(crate) cfgs: Vec<Attribute>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarkKind {
    Handler,
    OnStart,
    OnStop,
}

impl MarkKind {
    /// The marker a path names. Only the last segment counts: `#[handler]` and `#[callboard::handler]` are the same.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let last = path.segments.last()?;
        [Self::Handler, Self::OnStart, Self::OnStop]
            .into_iter()
            .find(|kind| last.ident == kind.name())
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::OnStart => "on_start",
            Self::OnStop => "on_stop",
        }
    }

    /// A first line to write, for the error texts.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Handler => {
                "async fn reserve(&mut self, msg: Reserve, ctx: &mut Context<Self>) -> Reply"
            }
            Self::OnStart => {
                "async fn load(&mut self, ctx: &mut Context<Self>) -> Result<(), StartError>"
            }
            Self::OnStop => "async fn flush(&mut self, reason: &ExitReason)",
        }
    }
}
