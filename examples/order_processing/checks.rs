//! What must hold at the end of a run, whatever failed during it.

use std::collections::HashMap;

use callboard::SystemStats;
use rust_decimal::Decimal;

use crate::bank::Movement;
use crate::books::Entries;
use crate::contracts::{OrderId, StockLevel};
use crate::money::ExactSum;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub what: &'static str,
    /// What is wrong; nothing when it holds.
    pub faults: Vec<String>,
}

impl Check {
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Every order that was placed ended, and ended once.
pub fn outcomes(entries: &Entries) -> Check {
    let mut faults = Vec::new();
    if !entries.open.is_empty() {
        faults.push(format!("{} orders have no outcome", entries.open.len()));
    }
    if entries.strays > 0 {
        faults.push(format!(
            "{} outcomes belong to no open order",
            entries.strays
        ));
    }
    let (ended, orders) = (entries.outcomes.total(), entries.orders);
    if faults.is_empty() && ended != orders {
        faults.push(format!("{ended} of {orders} orders ended"));
    }
    Check {
        what: "every order ended in exactly one outcome",
        faults,
    }
}

/// Every message that was accepted was handled, or is accounted for as not handled.
pub fn messages(stats: &SystemStats) -> Check {
    let faults = match stats.conservation() {
        Ok(()) => Vec::new(),
        Err(imbalances) => imbalances.iter().map(ToString::to_string).collect(),
    };
    Check {
        what: "conservation of messages: whatever was accepted is accounted for",
        faults,
    }
}

/// What inventory says is left, is what it began with, and got, less what we know has shipped.
pub fn stock(levels: &[StockLevel], entries: &Entries) -> Check {
    let faults = levels.iter().filter_map(|level| {
        let StockLevel {
            product,
            initial,
            restocked,
            left,
            ..
        } = level;
        let shipped = entries
            .shipped_units
            .get(product)
            .copied()
            .unwrap_or_default();
        (initial + restocked != shipped + left).then(|| {
            format!(
                "{product}: {initial} + {restocked} restocked − {shipped} shipped ≠ {left} left"
            )
        })
    });
    Check {
        what: "conservation of stock: initial + restocked − shipped = left",
        faults: faults.collect(),
    }
}

/// What the bank says.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    pub charged: ExactSum,
    pub refunded: ExactSum,
    payments: HashMap<OrderId, Payment>,
    faults: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Payment {
    charged: Option<Decimal>,
    refunded: Option<Decimal>,
}

impl Audit {
    pub fn new(journal: &[Movement]) -> Self {
        let mut audit = Self::default();
        for movement in journal {
            match movement {
                Movement::Charge(order, amount) => {
                    audit.charged.add(*amount);
                    let payment = audit.payments.entry(order.clone()).or_default();
                    if payment.charged.replace(*amount).is_some() {
                        audit
                            .faults
                            .push(format!("order {order} was charged twice"));
                    }
                }
                Movement::Refund(order, amount) => {
                    audit.refunded.add(*amount);
                    let payment = audit.payments.entry(order.clone()).or_default();
                    if payment.refunded.replace(*amount).is_some() {
                        audit
                            .faults
                            .push(format!("order {order} was refunded twice"));
                    }
                }
            }
        }
        audit
    }

    /// Each order that shipped is paid with its exact value, and nobody has paid for any other.
    pub fn check(&self, entries: &Entries) -> Check {
        let mut faults = self.faults.clone();
        for (order, due) in &entries.due {
            match self.payments.get(order) {
                Some(Payment {
                    charged: Some(charged),
                    refunded: None,
                }) if charged == due => {}
                other => faults.push(format!(
                    "order {order} shipped for {due}, but the bank has {other:?}"
                )),
            }
        }
        for (order, payment) in &self.payments {
            if !entries.due.contains_key(order) && payment.charged != payment.refunded {
                faults.push(format!(
                    "order {order} did not ship, but the bank has {payment:?}"
                ));
            }
        }
        let due = entries.due.values().copied().collect::<ExactSum>();
        if self.charged != due.plus(self.refunded) {
            faults.push(format!(
                "{} charged − {} refunded ≠ {due} shipped",
                self.charged, self.refunded
            ));
        }
        Check {
            what: "conservation of money: charged − refunded = shipped, nothing charged twice",
            faults,
        }
    }
}
