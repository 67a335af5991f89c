//! Notifications: tells the customer. It knows the other modules by their events alone, and they do
//! not know it.

use std::collections::BTreeMap;

use callboard::prelude::*;

use crate::contracts::{
    CancelReason, CountNotices, CustomerId, NotificationsModule, OrderBackordered, OrderCancelled,
    OrderPlaced, OrderRefused, OrderShipped, PaymentRefunded, Refusal,
};

#[derive(Default)]
pub struct Notifications {
    sent: BTreeMap<&'static str, u64>,
}

impl Notifications {
    /// Where a real shop would send a mail, the example writes to its log (`--trace`) and counts.
    fn send(&mut self, kind: &'static str, customer: &CustomerId, text: std::fmt::Arguments<'_>) {
        *self.sent.entry(kind).or_default() += 1;
        tracing::debug!(%customer, "{text}");
    }
}

#[actor(module = NotificationsModule, mailbox = 1024)]
impl Notifications {
    #[handler]
    fn on_placed(&mut self, event: &OrderPlaced) {
        self.send(
            "confirmation",
            &event.customer,
            format_args!(
                "thank you for order {} over {:.2}",
                event.order, event.total
            ),
        );
    }

    #[handler]
    fn on_backordered(&mut self, event: &OrderBackordered) {
        self.send(
            "delay",
            &event.customer,
            format_args!("order {} has to wait for our supplier", event.order),
        );
    }

    #[handler]
    fn on_shipped(&mut self, event: &OrderShipped) {
        self.send(
            "shipment",
            &event.customer,
            format_args!(
                "order {} is on its way with shipper {}",
                event.order, event.shipper
            ),
        );
    }

    #[handler]
    fn on_refused(&mut self, event: &OrderRefused) {
        let why = match event.refusal {
            Refusal::CreditLimit { .. } => "it is over your credit limit",
            Refusal::Declined | Refusal::Voided => "your payment was declined",
        };
        self.send(
            "refusal",
            &event.customer,
            format_args!("we cannot accept order {}: {why}", event.order),
        );
    }

    #[handler]
    fn on_cancelled(&mut self, event: &OrderCancelled) {
        let why = match event.reason {
            CancelReason::OutOfStock(_) => "it is sold out",
            CancelReason::PaymentFailed | CancelReason::Unanswered { .. } => {
                "something went wrong on our side"
            }
        };
        self.send(
            "cancellation",
            &event.customer,
            format_args!("we had to cancel order {}: {why}", event.order),
        );
    }

    #[handler]
    fn on_refunded(&mut self, event: &PaymentRefunded) {
        self.send(
            "refund",
            &event.customer,
            format_args!(
                "we have returned {:.2} for order {}",
                event.amount, event.order
            ),
        );
    }

    #[handler]
    fn count(&mut self, _: CountNotices) -> Vec<(&'static str, u64)> {
        self.sent
            .iter()
            .map(|(kind, count)| (*kind, *count))
            .collect()
    }
}
