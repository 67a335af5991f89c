//! Payments: charges customers, within their credit limit, and voids payments.
//!
//! This actor can be made to crash in the middle of a charge. It holds nothing that a restart would
//! lose: the money is at the [`Bank`], and the luck that decides over a crash depends on the order
//! and the attempt only.

use std::collections::HashMap;
use std::panic::PanicHookInfo;
use std::sync::Arc;

use callboard::prelude::*;
use rust_decimal::Decimal;

use crate::bank::{Bank, Voided};
use crate::chance::Chance;
use crate::contracts::{Charge, CustomerId, PaymentsModule, Refusal, VoidPayment};

pub struct Payments {
    bank: Arc<Bank>,
    credit_limits: Arc<HashMap<CustomerId, Decimal>>,
    faults: Faults,
}

/// What goes wrong on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    pub chance: Chance,
    /// The probability that the payment of an order is declined.
    pub declined: f64,
    /// The probability that an attempt panics.
    pub panics: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    BeforeTheBank,
    AfterTheBank,
}

impl Payments {
    pub fn new(
        bank: Arc<Bank>,
        credit_limits: Arc<HashMap<CustomerId, Decimal>>,
        faults: Faults,
    ) -> Self {
        Self {
            bank,
            credit_limits,
            faults,
        }
    }

    fn check(&self, charge: &Charge) -> Result<(), Refusal> {
        match self.credit_limits.get(&charge.customer) {
            Some(&limit) if charge.amount > limit => Err(Refusal::CreditLimit { limit }),
            _ if self.faults.declines(charge) => Err(Refusal::Declined),
            _ => Ok(()),
        }
    }
}

#[actor(module = PaymentsModule)]
impl Payments {
    #[handler]
    fn charge(&mut self, charge: Charge) -> Result<(), Refusal> {
        let crash = self.faults.crash_during(&charge);
        if crash == Some(Crash::BeforeTheBank) {
            panic_as_asked("before the money is taken");
        }
        self.check(&charge)?;
        self.bank
            .charge(charge.order, charge.amount)
            .map_err(|Voided| Refusal::Voided)?;
        if crash == Some(Crash::AfterTheBank) {
            panic_as_asked("after the money was taken");
        }
        Ok(())
    }

    #[handler]
    fn void(&mut self, payment: VoidPayment) -> Option<Decimal> {
        self.bank.void(payment.order)
    }
}

impl Faults {
    /// One decision per order: a customer without money has none on the second attempt either.
    fn declines(&self, charge: &Charge) -> bool {
        self.chance
            .happens(self.declined, "declined", &charge.order.text, 0)
    }

    fn crash_during(&self, charge: &Charge) -> Option<Crash> {
        let happens = |probability, what| {
            self.chance
                .happens(probability, what, &charge.order.text, charge.attempt)
        };
        happens(self.panics, "panics").then(|| {
            if happens(0.5, "panics after the bank") {
                Crash::AfterTheBank
            } else {
                Crash::BeforeTheBank
            }
        })
    }
}

fn panic_as_asked(place: &str) -> ! {
    panic!("{INJECTED} {place}")
}

/// How the message of every injected panic begins.
const INJECTED: &str = "injected panic";

/// Whether a panic was asked for with `--payment-panics`. The panic hook keeps quiet about those,
/// and about no others.
pub fn is_injected(panic: &PanicHookInfo<'_>) -> bool {
    let payload = panic.payload();
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref().copied());
    text.is_some_and(|text: &str| text.starts_with(INJECTED))
}
