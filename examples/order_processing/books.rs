//! The books of a run: which orders were taken in, and how each of them ended.
//!
//! They are kept outside the modules, from what was placed and from the [`OrderClosed`] events, so
//! that they can be compared with what the modules say of themselves.

use std::collections::HashMap;

use parking_lot::Mutex;
use rust_decimal::Decimal;

use crate::contracts::{Order, OrderClosed, OrderId, Outcome, ProductId, Units};
use crate::money::ExactSum;

#[derive(Default)]
pub struct Books {
    inner: Mutex<Entries>,
}

#[derive(Clone, Debug, Default)]
pub struct Entries {
    pub orders: u64,
    pub lines: u64,
    /// The value of the accepted lines.
    pub net_value: ExactSum,
    pub outcomes: Outcomes,
    /// Orders without an outcome.
    pub open: HashMap<OrderId, Order>,
    /// Outcomes without an open order: it had one already, or it was never placed.
    pub strays: u64,
    /// What shipped, by our own account.
    pub shipped_units: HashMap<ProductId, Units>,
    /// What the orders that shipped have to pay.
    pub due: HashMap<OrderId, Decimal>,
}

/// Numbers of orders by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub shipped: u64,
    pub backordered: u64,
    pub refused: u64,
    pub cancelled: u64,
}

impl Books {
    /// Notes an order that is about to be placed.
    pub fn open(&self, order: &Order) {
        let mut entries = self.inner.lock();
        entries.orders += 1;
        entries.lines += order.lines.len() as u64;
        for line in order.lines.iter() {
            entries.net_value.add(line.value);
        }
        entries.open.insert(order.id.clone(), order.clone());
    }

    /// Notes how an order ended.
    pub fn close(&self, closed: &OrderClosed) {
        let mut entries = self.inner.lock();
        let entries = &mut *entries;
        let Some(order) = entries.open.remove(&closed.order) else {
            entries.strays += 1;
            return;
        };
        let outcomes = &mut entries.outcomes;
        match closed.outcome {
            Outcome::Shipped => outcomes.shipped += 1,
            Outcome::Backordered => outcomes.backordered += 1,
            Outcome::Refused => outcomes.refused += 1,
            Outcome::Cancelled => outcomes.cancelled += 1,
        }
        if matches!(closed.outcome, Outcome::Shipped | Outcome::Backordered) {
            for line in order.lines.iter() {
                *entries
                    .shipped_units
                    .entry(line.product.clone())
                    .or_default() += Units::from(line.quantity);
            }
            entries.due.insert(order.id, order.total);
        }
    }

    /// How many orders are under way.
    pub fn under_way(&self) -> usize {
        self.inner.lock().open.len()
    }

    pub fn entries(&self) -> Entries {
        self.inner.lock().clone()
    }
}

impl Entries {
    /// How many orders did not end in exactly one outcome.
    pub fn unaccounted(&self) -> u64 {
        self.open.len() as u64 + self.strays
    }
}

impl Outcomes {
    pub fn total(self) -> u64 {
        self.shipped + self.backordered + self.refused + self.cancelled
    }
}
