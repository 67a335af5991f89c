//! The ledger behind the payments module. It stands for a payment provider: it is outside, and it
//! does not crash with us.
//!
//! The key of a payment is the id of its order. A charge that is repeated with the same key finds
//! the first one and moves no money, and after [`Bank::void`] a key takes no more money ever. That
//! is what makes it safe to try again when nobody knows how far an attempt came.

use std::collections::HashMap;

use parking_lot::Mutex;
use rust_decimal::Decimal;

use crate::contracts::OrderId;

#[derive(Default)]
pub struct Bank {
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    payments: HashMap<OrderId, Payment>,
    /// Every movement of money as it happened, for an audit that does not trust the map.
    journal: Vec<Movement>,
}

#[derive(Clone, Copy)]
enum Payment {
    Taken(Decimal),
    Voided { refunded: Option<Decimal> },
}

/// The payment was voided before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voided;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    Charge(OrderId, Decimal),
    Refund(OrderId, Decimal),
}

impl Bank {
    /// Takes the money, unless it was taken before.
    ///
    /// # Errors
    ///
    /// When the payment was voided; no money moves.
    pub fn charge(&self, order: OrderId, amount: Decimal) -> Result<(), Voided> {
        let mut ledger = self.ledger.lock();
        match ledger.payments.get(&order) {
            Some(Payment::Taken(_)) => Ok(()),
            Some(Payment::Voided { .. }) => Err(Voided),
            None => {
                ledger
                    .payments
                    .insert(order.clone(), Payment::Taken(amount));
                ledger.journal.push(Movement::Charge(order, amount));
                Ok(())
            }
        }
    }

    /// Gives the money back if it was taken, and tells how much; the same answer every time.
    pub fn void(&self, order: OrderId) -> Option<Decimal> {
        let mut ledger = self.ledger.lock();
        let refunded = match ledger.payments.get(&order) {
            Some(Payment::Voided { refunded }) => return *refunded,
            Some(Payment::Taken(amount)) => Some(*amount),
            None => None,
        };
        ledger
            .payments
            .insert(order.clone(), Payment::Voided { refunded });
        if let Some(amount) = refunded {
            ledger.journal.push(Movement::Refund(order, amount));
        }
        refunded
    }

    /// All movements so far, in their order.
    pub fn statement(&self) -> Vec<Movement> {
        self.ledger.lock().journal.clone()
    }
}
