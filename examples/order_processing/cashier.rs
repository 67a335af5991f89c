//! A cashier collects the payment for one order at a time, however often it takes.
//!
//! The payments module may crash under an attempt, and then nobody knows whether money was taken.
//! The cashier tries again: the charge of an order is idempotent, so an attempt that succeeds
//! settles the question. When all attempts are used up it has the payment voided, which returns
//! what may have been taken.
//!
//! Waiting between attempts is why this is not done by [`Orders`] itself. A handler that sleeps
//! keeps its actor busy, which is what a cashier is for, and what the process manager of all orders
//! cannot afford.

use std::sync::Arc;

use callboard::prelude::*;
use rust_decimal::Decimal;
use tokio::time::sleep;

use crate::contracts::{
    Charge, Order, OrderId, OrdersModule, PaymentRefunded, Refusal, VoidPayment,
};
use crate::meter::{Meter, Service};

/// How often a charge is tried before the order is given up.
pub const ATTEMPTS: u32 = 5;

/// Voiding must not be given up as long as there is hope: until it is done, nobody knows whose
/// money it is.
const VOID_ATTEMPTS: u32 = 20;

pub struct Cashier {
    charges: Recipient<Charge>,
    voids: Recipient<VoidPayment>,
    meter: Arc<Meter>,
}

/// Collects the payment for an order; answered with [`PaymentSettled`].
#[derive(Message, Debug)]
pub struct Collect {
    pub order: Arc<Order>,
    pub to: Recipient<PaymentSettled>,
}

/// Gives an order's money back; answered with [`PaymentSettled`] as [`Payment::Failed`].
#[derive(Message, Debug)]
pub struct GiveBack {
    pub order: Arc<Order>,
    pub to: Recipient<PaymentSettled>,
}

#[derive(Message, Debug)]
pub struct PaymentSettled {
    pub order: OrderId,
    pub payment: Payment,
    /// The cashier, which is free again.
    pub cashier: ActorRef<Cashier>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    Paid,
    Refused(Refusal),
    /// Nothing is paid, and nothing will be.
    Failed,
}

impl Cashier {
    pub fn new(
        charges: Recipient<Charge>,
        voids: Recipient<VoidPayment>,
        meter: Arc<Meter>,
    ) -> Self {
        Self {
            charges,
            voids,
            meter,
        }
    }

    async fn collect_from(&self, order: &Order) -> Result<(), Problem> {
        for attempt in 1..=ATTEMPTS {
            if attempt > 1 {
                self.meter.count_retry();
                sleep(pause_before(attempt)).await;
            }
            let charge = Charge {
                order: order.id.clone(),
                customer: order.customer.clone(),
                amount: order.total,
                attempt,
            };
            // An error of the ask, whichever, leaves open whether money was taken or will be by a
            // charge still queued.
            match self
                .meter
                .ask(Service::Payments, self.charges.ask(charge))
                .await
            {
                Ok(answer) => return answer.map_err(Problem::Refused),
                Err(error) => {
                    tracing::warn!(order = %order.id, attempt, %error, "a charge did not end");
                }
            }
        }
        Err(Problem::OutOfAttempts)
    }

    async fn give_back(&self, order: &Order, ctx: &Context<Self>) {
        for attempt in 1..=VOID_ATTEMPTS {
            if attempt > 1 {
                self.meter.count_retry();
                sleep(pause_before(attempt)).await;
            }
            let void = VoidPayment {
                order: order.id.clone(),
            };
            match self
                .meter
                .ask(Service::Payments, self.voids.ask(void))
                .await
            {
                Ok(Some(amount)) => return announce_refund(order, amount, ctx).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(order = %order.id, attempt, %error, "a void did not end");
                }
            }
        }
        // Payments is gone for good. The audit at the end compares the bank's journal with the
        // orders, and will say so.
        tracing::error!(order = %order.id, "nobody knows whether this order was paid");
    }
}

enum Problem {
    Refused(Refusal),
    OutOfAttempts,
}

#[actor(module = OrdersModule, mailbox = 2)]
impl Cashier {
    #[handler]
    async fn collect(&mut self, job: Collect, ctx: &mut Context<Self>) {
        let payment = match self.collect_from(&job.order).await {
            Ok(()) => Payment::Paid,
            Err(Problem::Refused(refusal)) => Payment::Refused(refusal),
            Err(Problem::OutOfAttempts) => {
                self.give_back(&job.order, ctx).await;
                Payment::Failed
            }
        };
        report(&job.to, &job.order, payment, ctx).await;
    }

    #[handler]
    async fn refund(&mut self, job: GiveBack, ctx: &mut Context<Self>) {
        self.give_back(&job.order, ctx).await;
        report(&job.to, &job.order, Payment::Failed, ctx).await;
    }
}

async fn announce_refund(order: &Order, amount: Decimal, ctx: &Context<Cashier>) {
    let (id, customer) = (order.id.clone(), order.customer.clone());
    ctx.publish(PaymentRefunded {
        order: id,
        customer,
        amount,
    })
    .await;
}

async fn report(
    to: &Recipient<PaymentSettled>,
    order: &Order,
    payment: Payment,
    ctx: &Context<Cashier>,
) {
    let settled = PaymentSettled {
        order: order.id.clone(),
        payment,
        cashier: ctx.actor_ref(),
    };
    if let Err(error) = to.tell(settled).await {
        tracing::error!(order = %order.id, %error, "nobody is interested in a payment");
    }
}

/// 1, 2, 4 … up to 64 ms: a crashed actor is back in less, a busy one is not asked all the time.
fn pause_before(attempt: u32) -> Duration {
    ms(1 << attempt.saturating_sub(2).min(6))
}
