//! [`Key`]: what an event is about, in a form that every event type shares.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The key of an event, borrowed from it where possible.
///
/// Keys of different kinds are never equal: the number 7 is not the text "7".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key<'a> {
    /// From `u8` to `u128`, `usize`.
    Unsigned(u128),
    /// From `i8` to `i128`, `isize`.
    Signed(i128),
    /// Text, a `char`, or `true` and `false`.
    Text(Cow<'a, str>),
}

impl Key<'_> {
    /// Copies borrowed text, so that the key outlives its event.
    pub fn into_owned(self) -> Key<'static> {
        match self {
            Key::Unsigned(n) => Key::Unsigned(n),
            Key::Signed(n) => Key::Signed(n),
            Key::Text(text) => Key::Text(Cow::Owned(text.into_owned())),
        }
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Unsigned(n) => n.fmt(f),
            Key::Signed(n) => n.fmt(f),
            Key::Text(text) => text.fmt(f),
        }
    }
}

/// A field that can be the key of an event.
///
/// Implemented for integers, text, `char` and `bool`; implement it for your own identifiers:
///
/// ```
/// use callboard::contract::{AsKey, Key};
///
/// struct OrderId(u64);
///
/// impl AsKey for OrderId {
///     fn as_key(&self) -> Key<'_> {
///         self.0.as_key()
///     }
/// }
///
/// assert_eq!(OrderId(7).as_key(), Key::Unsigned(7));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the key of an event",
    note = "keys are integers, text, `char` or `bool`; implement `callboard::contract::AsKey` for your own type"
)]
pub trait AsKey {
    /// The key, borrowed where possible.
    fn as_key(&self) -> Key<'_>;
}

/// `impl AsKey for u64 { fn as_key(&self) -> Key<'_> { Key::Unsigned(u128::from(*self)) } }`, and so on.
macro_rules! number_keys {
    ($variant:ident as $wide:ty: $($number:ty),+) => {
        $(impl AsKey for $number {
            fn as_key(&self) -> Key<'_> {
                Key::$variant(<$wide>::from(*self))
            }
        })+
    };
}

number_keys!(Unsigned as u128: u8, u16, u32, u64, u128);
number_keys!(Signed as i128: i8, i16, i32, i64, i128);

impl AsKey for usize {
    fn as_key(&self) -> Key<'_> {
        // No platform has a `usize` wider than 128 bits.
        Key::Unsigned(*self as u128)
    }
}

impl AsKey for isize {
    fn as_key(&self) -> Key<'_> {
        Key::Signed(*self as i128)
    }
}

impl AsKey for str {
    fn as_key(&self) -> Key<'_> {
        Key::Text(Cow::Borrowed(self))
    }
}

impl AsKey for String {
    fn as_key(&self) -> Key<'_> {
        self.as_str().as_key()
    }
}

impl AsKey for char {
    fn as_key(&self) -> Key<'_> {
        Key::Text(Cow::Owned(self.to_string()))
    }
}

impl AsKey for bool {
    fn as_key(&self) -> Key<'_> {
        Key::Text(Cow::Borrowed(if *self { "true" } else { "false" }))
    }
}

impl<T: AsKey + ?Sized> AsKey for &T {
    fn as_key(&self) -> Key<'_> {
        (**self).as_key()
    }
}

impl<T: AsKey + ?Sized> AsKey for Box<T> {
    fn as_key(&self) -> Key<'_> {
        (**self).as_key()
    }
}

impl<T: AsKey + ?Sized> AsKey for Arc<T> {
    fn as_key(&self) -> Key<'_> {
        (**self).as_key()
    }
}

impl<T: AsKey + ToOwned + ?Sized> AsKey for Cow<'_, T> {
    fn as_key(&self) -> Key<'_> {
        self.as_ref().as_key()
    }
}
