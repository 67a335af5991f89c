//! The supplier: delivers what was ordered, in full, after a while.

use callboard::prelude::*;

use crate::contracts::{InventoryModule, Restock, Supply};

pub struct Supplier {
    delay: Duration,
}

/// What the supplier tells itself when the goods are on the way long enough.
#[derive(Message, Debug)]
pub struct Deliver {
    order: Supply,
}

impl Supplier {
    pub fn new(delay: Duration) -> Self {
        Self { delay }
    }
}

#[actor(module = InventoryModule)]
impl Supplier {
    /// A timer rather than a sleep: while a handler sleeps, nobody else can order.
    #[handler]
    fn supply(&mut self, order: Supply, ctx: &mut Context<Self>) {
        ctx.tell_after(self.delay, Deliver { order });
    }

    /// Knows its customer by the message alone, which is why the order says where to deliver.
    #[handler]
    async fn deliver(&mut self, delivery: Deliver) {
        let Supply { items, to } = delivery.order;
        if let Err(error) = to.tell(Restock { items }).await {
            tracing::error!(%error, "a delivery came back");
        }
    }
}
