//! The macros of callboard: `#[actor]` with its method markers `#[handler]`, `#[on_start]` and `#[on_stop]`, and the derives
//! `Message`, `Event` and `Module`.
//!
//! This crate is an implementation detail: use the macros through `callboard`, which re-exports them beside the traits they
//! implement.
//!
//! Every macro takes the same way: the tokens become our own tree (`parse`, `options`), the tree is judged (`check`, which
//! holds every error text), and what is sound is written out (`expand`, `derive`). The item of the user is kept in any case,
//! and a block with mistakes still gets its trait impls (`fallback`), so that one mistake is one error.

mod check;
mod derive;
mod expand;
mod fallback;
mod marker;
mod names;
mod options;
mod parse;
mod print;
mod tree;

use proc_macro::TokenStream;

/// Makes a service struct an actor: implements `Actor` from the marked methods of an inherent `impl` block.
///
/// The methods themselves are left exactly as written and stay callable as plain methods, which is how a handler is unit
/// tested without a system. Methods without a marker, constants and the like are kept and not looked at.
///
/// | marker | signature | runs |
/// |---|---|---|
/// | `#[handler]` | `(&mut self, msg: M)` or `(&mut self, msg: M, ctx: &mut Context<Self>)`, returns the `Reply` of `M` | for each message `M` |
/// | `#[handler]` | `(&mut self, event: &E)` or `(&mut self, event: &E, ctx: &mut Context<Self>)`, returns `()` or `Result<(), _>` | for each event `E`, to whose topic the actor is subscribed |
/// | `#[on_start]` | `(&mut self)` or `(&mut self, ctx: &mut Context<Self>)`, returns `()` or `Result<(), _>` | before the first message |
/// | `#[on_stop]` | `(&mut self)`, with `reason: &ExitReason` and `ctx: &mut Context<Self>` when wanted | after the last message |
///
/// Each of them may be `async fn`, `fn`, or `fn -> impl Future`, which is awaited. A `#[cfg]` on a method, and on the block,
/// holds for everything that is generated from it.
///
/// # Options
///
/// All are optional: `#[actor(module = InventoryModule, mailbox = 1024, name = "inventory")]`.
///
/// | option | takes | default |
/// |---|---|---|
/// | `module` | the type of the module the service belongs to | no module |
/// | `mailbox` | the capacity of the mailbox in messages, at least 1 | 256 |
/// | `name` | the name of the service in reports and errors | the name of the type |
/// | `crate` | the path of callboard, where it was renamed or re-exported | `::callboard` |
///
/// # Examples
///
/// ```
/// use callboard::prelude::*;
///
/// # #[derive(Module)]
/// # struct InventoryModule;
/// #[derive(Message)]
/// #[message(reply = Result<u32, OutOfStock>)]
/// struct Reserve {
///     pieces: u32,
/// }
///
/// struct OutOfStock;
///
/// #[derive(Event)]
/// struct StockReserved {
///     pieces: u32,
/// }
///
/// #[derive(Event)]
/// struct OrderCancelled {
///     pieces: u32,
/// }
///
/// struct Inventory {
///     left: u32,
/// }
///
/// #[actor(module = InventoryModule, mailbox = 1024, name = "stock-keeper")]
/// impl Inventory {
///     #[handler]
///     async fn reserve(&mut self, msg: Reserve, ctx: &mut Context<Self>) -> Result<u32, OutOfStock> {
///         self.left = self.left.checked_sub(msg.pieces).ok_or(OutOfStock)?;
///         ctx.publish(StockReserved { pieces: msg.pieces }).await;
///         Ok(self.left)
///     }
///
///     #[handler]
///     fn on_cancelled(&mut self, event: &OrderCancelled) {
///         self.left += event.pieces;
///     }
/// }
///
/// assert_eq!(Inventory::MAILBOX, 1024);
/// assert_eq!(Inventory::NAME, "stock-keeper");
///
/// // A handler is a plain method, too.
/// let mut inventory = Inventory { left: 3 };
/// inventory.on_cancelled(&OrderCancelled { pieces: 2 });
/// assert_eq!(inventory.left, 5);
/// ```
#[proc_macro_attribute]
pub fn actor(args: TokenStream, item: TokenStream) -> TokenStream {
    print::expansion("actor", expand::actor(args.into(), &item.into())).into()
}

/// Marks a method of an `#[actor]` block as the handler of one message, or of one event.
///
/// The type of the first parameter decides: `msg: M` answers the message `M` (told or asked) with the returned value, which
/// has to be `M::Reply`; `event: &E` subscribes the actor to the topic of the event `E`. A second parameter
/// `ctx: &mut Context<Self>` is passed when it is there. It takes no options.
///
/// An `Err` leaves the actor alive: an ask returns it, a told message and an event report it. See `#[actor]` for the signatures.
///
/// ```
/// # use callboard::prelude::*;
/// # #[derive(Message)]
/// # struct Restock { pieces: u32 }
/// # struct Inventory { left: u32 }
/// # #[actor]
/// # impl Inventory {
/// #[handler]
/// fn restock(&mut self, msg: Restock) {
///     self.left += msg.pieces;
/// }
/// # }
/// ```
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    marker::outside(tree::MarkKind::Handler, &args.into(), &item.into()).into()
}

/// Marks the method of an `#[actor]` block that runs before the first message, in every incarnation.
///
/// It returns `()` or a `Result<(), E>` with `E: Into<StartError>`; with an error the actor does not start, and its supervisor
/// decides what follows. `ctx: &mut Context<Self>` is passed when it is there. It takes no options.
///
/// ```
/// # use callboard::prelude::*;
/// # async fn read_stock() -> std::io::Result<u32> { Ok(7) }
/// # struct Inventory { left: u32 }
/// # #[actor]
/// # impl Inventory {
/// #[on_start]
/// async fn load(&mut self, ctx: &mut Context<Self>) -> Result<(), StartError> {
///     self.left = read_stock().await?;
///     println!("{} begins with {}", ctx.name(), self.left);
///     Ok(())
/// }
/// # }
/// ```
#[proc_macro_attribute]
pub fn on_start(args: TokenStream, item: TokenStream) -> TokenStream {
    marker::outside(tree::MarkKind::OnStart, &args.into(), &item.into()).into()
}

/// Marks the method of an `#[actor]` block that runs after the last message of an incarnation.
///
/// It returns nothing. `reason: &ExitReason` and `ctx: &mut Context<Self>`, in this order, are passed when they are there. It does
/// not run when the actor is killed or never started. It takes no options.
///
/// ```
/// # use callboard::prelude::*;
/// # struct Inventory { left: u32 }
/// # async fn write_stock(_: u32) {}
/// # #[actor]
/// # impl Inventory {
/// #[on_stop]
/// async fn flush(&mut self, reason: &ExitReason) {
///     if reason.is_normal() {
///         write_stock(self.left).await;
///     }
/// }
/// # }
/// ```
#[proc_macro_attribute]
pub fn on_stop(args: TokenStream, item: TokenStream) -> TokenStream {
    marker::outside(tree::MarkKind::OnStop, &args.into(), &item.into()).into()
}

/// Implements `Message`: a type that one actor receives, by `tell` or by `ask`.
///
/// A message travels to another task: it has to be `Send` and to own its data. Type parameters are supported.
///
/// | option of `#[message(..)]` | takes | default |
/// |---|---|---|
/// | `reply` | the type an `ask` returns | `()` |
/// | `name` | the name of the message in reports and errors | the path of the module and the name of the type |
/// | `version` | the version of the contract, a number | 1 |
/// | `crate` | the path of callboard, where it was renamed or re-exported | `::callboard` |
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Message)]
/// #[message(reply = Result<u32, String>, name = "inventory.reserve", version = 2)]
/// struct Reserve {
///     order_id: u64,
/// }
///
/// assert_eq!((Reserve::NAME, Reserve::VERSION), ("inventory.reserve", 2));
/// ```
#[proc_macro_derive(Message, attributes(message))]
pub fn derive_message(item: TokenStream) -> TokenStream {
    print::expansion("Message", derive::message(item.into())).into()
}

/// Implements `Event`: a type that is published to all subscribers of its topic.
///
/// All subscribers see the same value: an event has to be `Send + Sync` and to own its data. Type parameters are supported.
///
/// | option of `#[event(..)]` | takes | default |
/// |---|---|---|
/// | `name` | the name of the topic | the path of the module and the name of the type |
/// | `version` | the version of the contract, a number | 1 |
/// | `key` | the field the event is keyed by, `order_id` or `order.id` | no key |
/// | `crate` | the path of callboard, where it was renamed or re-exported | `::callboard` |
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Event)]
/// #[event(name = "orders.placed", version = 1, key = order_id)]
/// struct OrderPlaced {
///     order_id: u64,
/// }
///
/// assert_eq!((OrderPlaced::NAME, OrderPlaced::VERSION), ("orders.placed", 1));
/// assert_eq!(OrderPlaced { order_id: 7 }.key().unwrap().to_string(), "7");
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    print::expansion("Event", derive::event(item.into())).into()
}

/// Implements `Module`: the type that stands for one module of the monolith.
///
/// | option of `#[module(..)]` | takes | default |
/// |---|---|---|
/// | `name` | the name of the module, without white space | the name of the type in snake case, without a trailing `Module` |
/// | `crate` | the path of callboard, where it was renamed or re-exported | `::callboard` |
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Module)]
/// #[module(name = "inventory")]
/// struct StockModule;
///
/// #[derive(Module)]
/// struct OrderIntakeModule;
///
/// assert_eq!(StockModule::NAME, "inventory");
/// assert_eq!(OrderIntakeModule::NAME, "order_intake");
/// ```
#[proc_macro_derive(Module, attributes(module))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    print::expansion("Module", derive::module(item.into())).into()
}
