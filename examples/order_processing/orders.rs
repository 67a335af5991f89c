//! Orders: the process manager, which takes every order from its placing to exactly one outcome.
//!
//! ```text
//!            reserve                 charge              ship
//!  placed ─┬──────────▶ collecting ─────────▶ shipping ──────▶ shipped, backordered
//!          │   stock    ▲   │    │               │
//!          └──▶ waiting ┘   │    └▶ refused      └▶ refunding ─▶ cancelled
//!          └▶ cancelled     └▶ cancelled
//! ```
//!
//! It is one actor, and its handlers never wait for anything slow: inventory and shipping answer at
//! once and report later by an event, and collecting a payment, which may take several attempts, is
//! done by a cashier. So thousands of orders can be under way, and they reserve their goods in the
//! order in which they were placed.
//!
//! Each order under way has at most one message for this actor at any time. A mailbox with a slot
//! per order is therefore never full, and nobody who reports here can be held up by it.

use std::collections::HashMap;
use std::sync::Arc;

use callboard::prelude::*;

use crate::cashier::{Cashier, Collect, GiveBack, Payment, PaymentSettled};
use crate::contracts::{
    CancelReason, Charge, Order, OrderBackordered, OrderCancelled, OrderClosed, OrderId,
    OrderPlaced, OrderRefused, OrderShipped, OrdersModule, Outcome, Place, PlaceOrder, Reservation,
    Reserve, Ship, StockComplete, VoidPayment,
};
use crate::inventory::Inventory;
use crate::meter::{Meter, Service};
use crate::payments::Payments;
use crate::shipping::Shipping;

pub struct Orders {
    open: HashMap<OrderId, Open>,
    /// Cashiers without work. One is hired when there is none, so there are as many as orders were
    /// ever paid for at once.
    idle: Vec<ActorRef<Cashier>>,
    hired: usize,
    services: Option<Services>,
    meter: Arc<Meter>,
}

/// An order under way.
struct Open {
    order: Arc<Order>,
    stage: Stage,
    /// Whether it had to wait for the supplier.
    waited: bool,
    /// Taken from those who place orders, and given back when the order is closed.
    _place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Collecting,
    Shipping,
    /// Paid, and could not be shipped.
    Refunding,
}

/// Those whom orders asks, known by what they answer.
#[derive(Clone)]
struct Services {
    reserve: Recipient<Reserve>,
    ship: Recipient<Ship>,
    charge: Recipient<Charge>,
    void: Recipient<VoidPayment>,
}

#[actor(module = OrdersModule)]
impl Orders {
    #[on_start]
    fn find_services(&mut self, ctx: &mut Context<Self>) -> Result<(), LookupError> {
        let payments = ctx.actor::<Payments>("payments")?;
        self.services = Some(Services {
            reserve: ctx.actor::<Inventory>("inventory")?.recipient(),
            ship: ctx.actor::<Shipping>("shipping")?.recipient(),
            charge: payments.recipient(),
            void: payments.recipient(),
        });
        Ok(())
    }

    #[handler]
    async fn place(&mut self, request: PlaceOrder, ctx: &mut Context<Self>) {
        let order = Arc::new(request.order);
        ctx.publish(OrderPlaced {
            order: order.id.clone(),
            customer: order.customer.clone(),
            total: order.total,
        })
        .await;
        let open = Open {
            order: order.clone(),
            stage: Stage::Waiting,
            waited: false,
            _place: request.place,
        };
        self.open.insert(order.id.clone(), open);

        let reserve = Reserve {
            order: order.id.clone(),
            lines: order.lines.clone(),
        };
        match self
            .meter
            .ask(Service::Inventory, self.services().reserve.ask(reserve))
            .await
        {
            Ok(Ok(Reservation::Complete)) => self.collect(&order, ctx).await,
            Ok(Ok(Reservation::Waiting)) => self.wait_for_stock(&order, ctx).await,
            Ok(Err(out_of_stock)) => {
                let reason = CancelReason::OutOfStock(out_of_stock);
                self.cancel(&order, reason, ctx).await;
            }
            Err(error) => {
                let reason = unanswered(&order, "inventory", &error);
                self.cancel(&order, reason, ctx).await;
            }
        }
    }

    #[handler]
    async fn on_stock_complete(&mut self, event: &StockComplete, ctx: &mut Context<Self>) {
        if let Some(order) = self.order_in(Stage::Waiting, &event.order) {
            self.collect(&order, ctx).await;
        }
    }

    #[handler]
    async fn payment_settled(&mut self, settled: PaymentSettled, ctx: &mut Context<Self>) {
        self.idle.push(settled.cashier);
        if let Some(order) = self.order_in(Stage::Collecting, &settled.order) {
            match settled.payment {
                Payment::Paid => self.ship(&order, ctx).await,
                Payment::Refused(refusal) => {
                    let (id, customer) = (order.id.clone(), order.customer.clone());
                    ctx.publish(OrderRefused {
                        order: id,
                        customer,
                        refusal,
                    })
                    .await;
                    self.close(&order, Outcome::Refused, ctx).await;
                }
                Payment::Failed => self.cancel(&order, CancelReason::PaymentFailed, ctx).await,
            }
        } else if let Some(order) = self.order_in(Stage::Refunding, &settled.order) {
            self.cancel(&order, CancelReason::Unanswered { module: "shipping" }, ctx)
                .await;
        }
    }

    #[handler]
    async fn on_shipped(&mut self, event: &OrderShipped, ctx: &mut Context<Self>) {
        if let Some(order) = self.order_in(Stage::Shipping, &event.order) {
            let waited = self.open.get(&order.id).is_some_and(|open| open.waited);
            self.close(
                &order,
                if waited {
                    Outcome::Backordered
                } else {
                    Outcome::Shipped
                },
                ctx,
            )
            .await;
        }
    }
}

impl Orders {
    pub fn new(meter: Arc<Meter>) -> Self {
        Self {
            open: HashMap::new(),
            idle: Vec::new(),
            hired: 0,
            services: None,
            meter,
        }
    }

    async fn wait_for_stock(&mut self, order: &Order, ctx: &Context<Self>) {
        if let Some(open) = self.open.get_mut(&order.id) {
            open.waited = true;
        }
        ctx.publish(OrderBackordered {
            order: order.id.clone(),
            customer: order.customer.clone(),
        })
        .await;
    }

    async fn collect(&mut self, order: &Arc<Order>, ctx: &mut Context<Self>) {
        self.enter(Stage::Collecting, order);
        let job = Collect {
            order: order.clone(),
            to: ctx.actor_ref().recipient(),
        };
        let Some(cashier) = self.cashier(ctx).await else {
            return self.cancel(order, CancelReason::PaymentFailed, ctx).await;
        };
        if let Err(error) = cashier.tell(job).await {
            tracing::error!(order = %order.id, %error, "a cashier does not take work");
            self.cancel(order, CancelReason::PaymentFailed, ctx).await;
        }
    }

    async fn ship(&mut self, order: &Arc<Order>, ctx: &mut Context<Self>) {
        self.enter(Stage::Shipping, order);
        let (id, customer, shipper) = (
            order.id.clone(),
            order.customer.clone(),
            order.shipper.clone(),
        );
        let parcel = Ship {
            order: id,
            customer,
            shipper,
        };
        if let Err(error) = self
            .meter
            .ask(Service::Shipping, self.services().ship.ask(parcel))
            .await
        {
            tracing::error!(order = %order.id, %error, "shipping does not take the parcel");
            self.refund(order, ctx).await;
        }
    }

    async fn refund(&mut self, order: &Arc<Order>, ctx: &mut Context<Self>) {
        self.enter(Stage::Refunding, order);
        let job = GiveBack {
            order: order.clone(),
            to: ctx.actor_ref().recipient(),
        };
        match self.cashier(ctx).await {
            Some(cashier) if cashier.tell(job).await.is_ok() => {}
            _ => tracing::error!(order = %order.id, "there is nobody to give the money back"),
        }
    }

    /// Inventory hears of it and puts the goods back.
    async fn cancel(&mut self, order: &Order, reason: CancelReason, ctx: &Context<Self>) {
        ctx.publish(OrderCancelled {
            order: order.id.clone(),
            customer: order.customer.clone(),
            reason,
        })
        .await;
        self.close(order, Outcome::Cancelled, ctx).await;
    }

    async fn close(&mut self, order: &Order, outcome: Outcome, ctx: &Context<Self>) {
        let closed = self.open.remove(&order.id);
        ctx.publish(OrderClosed {
            order: order.id.clone(),
            outcome,
        })
        .await;
        // Last, so that no more orders than there are places ever have something to say to this
        // actor.
        drop(closed);
    }

    /// The order, if it is in this stage. A message for another stage is late, and what it reports
    /// has been dealt with.
    fn order_in(&self, stage: Stage, order: &OrderId) -> Option<Arc<Order>> {
        self.open
            .get(order)
            .filter(|open| open.stage == stage)
            .map(|open| open.order.clone())
    }

    fn enter(&mut self, stage: Stage, order: &Order) {
        if let Some(open) = self.open.get_mut(&order.id) {
            open.stage = stage;
        }
    }

    async fn cashier(&mut self, ctx: &mut Context<Self>) -> Option<ActorRef<Cashier>> {
        if let Some(cashier) = self.idle.pop() {
            return Some(cashier);
        }
        self.hired += 1;
        let (services, meter) = (self.services().clone(), self.meter.clone());
        let spec = ChildSpec::new(format!("cashier-{}", self.hired), move || {
            Cashier::new(
                services.charge.clone(),
                services.void.clone(),
                meter.clone(),
            )
        });
        ctx.spawn(spec)
            .await
            .inspect_err(|error| tracing::error!(%error, "cannot hire a cashier"))
            .ok()
    }

    fn services(&self) -> &Services {
        self.services
            .as_ref()
            .expect("`find_services` runs before any handler")
    }
}

fn unanswered(order: &Order, module: &'static str, error: &AskError<Reserve>) -> CancelReason {
    tracing::error!(order = %order.id, %error, "{module} does not answer");
    CancelReason::Unanswered { module }
}
