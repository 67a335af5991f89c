//! What the modules say to each other: ids, messages and events, and nothing else.
//!
//! A module's file names this one and never another module's, except where it has to name the actor
//! it sends to.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use callboard::contract::{AsKey, Key};
use callboard::prelude::*;
use rust_decimal::Decimal;
use tokio::sync::OwnedSemaphorePermit;

// ---- modules ------------------------------------------------------------------------------------

#[derive(Module)]
#[module(name = "orders")]
pub struct OrdersModule;

#[derive(Module)]
#[module(name = "inventory")]
pub struct InventoryModule;

#[derive(Module)]
#[module(name = "payments")]
pub struct PaymentsModule;

#[derive(Module)]
#[module(name = "shipping")]
pub struct ShippingModule;

#[derive(Module)]
#[module(name = "notifications")]
pub struct NotificationsModule;

// ---- ids ----------------------------------------------------------------------------------------

/// Ids are text that nobody looks into: `10248`, `85123A`, `C536379`. A clone shares the text.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            pub text: Arc<str>,
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self { text: text.into() }
            }
        }

        // Lets the id of an order be the key of an event.
        impl AsKey for $name {
            fn as_key(&self) -> Key<'_> {
                self.text.as_key()
            }
        }

        // Lets a map be searched with a piece of the file that is being read.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text)
            }
        }
    )*};
}

ids! {
    OrderId
    ProductId
    CustomerId
    /// Who carries the parcel: `shipVia` of the order.
    ShipperId
}

// ---- values -------------------------------------------------------------------------------------

#[derive(Clone, Debug)]
pub struct Order {
    pub id: OrderId,
    pub customer: CustomerId,
    pub shipper: ShipperId,
    pub lines: Arc<[Line]>,
    /// The sum of the lines' values, not rounded.
    pub total: Decimal,
}

#[derive(Clone, Debug)]
pub struct Line {
    pub product: ProductId,
    pub quantity: u64,
    /// Price × quantity, less the discount, not rounded.
    pub value: Decimal,
}

/// Numbers of pieces. Wider than the quantity of a line, so that no sum of quantities can overflow.
pub type Units = u128;

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Shipped from stock.
    Shipped,
    /// Shipped after it had to wait for the supplier.
    Backordered,
    /// Refused by payment.
    Refused,
    /// Given up, with its stock put back and its money returned.
    Cancelled,
}

// ---- orders -------------------------------------------------------------------------------------

/// Takes an order in.
#[derive(Message, Debug)]
pub struct PlaceOrder {
    pub order: Order,
    pub place: Place,
}

/// One of the `--concurrency` places for orders under way. The order keeps it until it is closed;
/// dropping it lets the next in.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "held for its drop")] pub OwnedSemaphorePermit);

#[derive(Event, Debug)]
#[event(name = "orders.placed", key = order)]
pub struct OrderPlaced {
    pub order: OrderId,
    pub customer: CustomerId,
    pub total: Decimal,
}

#[derive(Event, Debug)]
#[event(name = "orders.backordered", key = order)]
pub struct OrderBackordered {
    pub order: OrderId,
    pub customer: CustomerId,
}

#[derive(Event, Debug)]
#[event(name = "orders.refused", key = order)]
pub struct OrderRefused {
    pub order: OrderId,
    pub customer: CustomerId,
    pub refusal: Refusal,
}

#[derive(Event, Debug)]
#[event(name = "orders.cancelled", key = order)]
pub struct OrderCancelled {
    pub order: OrderId,
    pub customer: CustomerId,
    pub reason: CancelReason,
}

/// Published once for every order that was placed, after everything else that happened to it.
#[derive(Event, Debug)]
#[event(name = "orders.closed", key = order)]
pub struct OrderClosed {
    pub order: OrderId,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelReason {
    OutOfStock(OutOfStock),
    /// No attempt to charge came to an end.
    PaymentFailed,
    /// A module did not answer.
    Unanswered {
        module: &'static str,
    },
}

// ---- inventory ----------------------------------------------------------------------------------

/// Sets the goods of an order aside. Asking twice for the same order reserves once.
#[derive(Message, Debug)]
#[message(reply = Result<Reservation, OutOfStock>)]
pub struct Reserve {
    pub order: OrderId,
    pub lines: Arc<[Line]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    Complete,
    /// Something has to come from the supplier; [`StockComplete`] follows when it is there.
    Waiting,
}

/// Nothing was reserved, and waiting would not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutOfStock {
    Discontinued(ProductId),
    UnknownProduct(ProductId),
    NoSupplier,
}

/// Everything an order had to wait for has been set aside.
#[derive(Event, Debug)]
#[event(name = "inventory.stock_complete", key = order)]
pub struct StockComplete {
    pub order: OrderId,
}

/// Goods have arrived.
#[derive(Message, Debug)]
pub struct Restock {
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub product: ProductId,
    pub count: Units,
}

#[derive(Message, Debug)]
#[message(reply = Vec<StockLevel>)]
pub struct TakeStock;

/// The books of one product: `initial + restocked = shipped + left` when nothing is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLevel {
    pub product: ProductId,
    pub initial: Units,
    pub restocked: Units,
    pub shipped: Units,
    pub left: Units,
}

// ---- supplier (part of inventory) ---------------------------------------------------------------

/// Orders goods, to be delivered as [`Restock`] after a while.
#[derive(Message, Debug)]
pub struct Supply {
    pub items: Vec<Item>,
    pub to: Recipient<Restock>,
}

// ---- payments -----------------------------------------------------------------------------------

/// Takes the money for an order. However often it is repeated for an order, money moves at most
/// once.
#[derive(Message, Debug)]
#[message(reply = Result<(), Refusal>)]
pub struct Charge {
    pub order: OrderId,
    pub customer: CustomerId,
    pub amount: Decimal,
    /// Counted from 1.
    pub attempt: u32,
}

/// Why a payment was refused; trying again would not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    CreditLimit {
        limit: Decimal,
    },
    Declined,
    /// The payment was voided before.
    Voided,
}

/// Makes sure that an order is not paid for, whatever became of the attempts to charge it: answers
/// with what was refunded, if money had been taken, and refuses every charge of that order from now
/// on. Repeating it changes nothing.
#[derive(Message, Debug)]
#[message(reply = Option<Decimal>)]
pub struct VoidPayment {
    pub order: OrderId,
}

#[derive(Event, Debug)]
#[event(name = "payments.refunded", key = order)]
pub struct PaymentRefunded {
    pub order: OrderId,
    pub customer: CustomerId,
    pub amount: Decimal,
}

// ---- shipping -----------------------------------------------------------------------------------

/// Hands a parcel over. Answered at once; [`OrderShipped`] follows when it has left.
#[derive(Message, Debug)]
pub struct Ship {
    pub order: OrderId,
    pub customer: CustomerId,
    pub shipper: ShipperId,
}

#[derive(Event, Debug)]
#[event(name = "shipping.shipped", key = order)]
pub struct OrderShipped {
    pub order: OrderId,
    pub customer: CustomerId,
    pub shipper: ShipperId,
}

#[derive(Message, Debug)]
#[message(reply = Vec<(ShipperId, u64)>)]
pub struct CountParcels;

// ---- notifications ------------------------------------------------------------------------------

#[derive(Message, Debug)]
#[message(reply = Vec<(&'static str, u64)>)]
pub struct CountNotices;
