//! Inventory and its supplier, on their own: what is reserved, what has to wait, and what comes
//! back.

use callboard::prelude::*;

use crate::contracts::{
    CancelReason, InventoryModule, OrderCancelled, OrderRefused, OrderShipped, OutOfStock, Refusal,
    Reservation, Reserve, StockComplete, TakeStock, Units,
};
use crate::contracts::{Order, ProductId};
use crate::inventory::Inventory;
use crate::load::StockItem;
use crate::supplier::Supplier;
use crate::support::{last_of, on_stock, order};

struct Warehouse {
    system: System,
    inventory: ActorRef<Inventory>,
    complete: Subscription<StockComplete>,
}

impl Warehouse {
    async fn open(stock: Vec<StockItem>) -> Self {
        let system = System::builder("warehouse")
            .module(InventoryModule, |module| {
                module
                    .actor("supplier", || Supplier::new(ms(5)))
                    .actor("inventory", move || Inventory::new(&stock))
            })
            .start()
            .await
            .expect("the warehouse is wired well");
        let inventory = system.actor("inventory").expect("it was started");
        let complete = system
            .topic()
            .subscribe()
            .overflow(Overflow::Block(secs(1)))
            .start();
        Self {
            system,
            inventory,
            complete,
        }
    }

    async fn reserve(&self, order: &Order) -> Result<Reservation, OutOfStock> {
        let reserve = Reserve {
            order: order.id.clone(),
            lines: order.lines.clone(),
        };
        self.inventory
            .ask(reserve)
            .await
            .expect("inventory answers")
    }

    async fn next_complete(&mut self) -> String {
        let delivery = self.complete.next().await.expect("the topic is open");
        delivery.event().expect("nothing is lost").order.to_string()
    }

    async fn ship(&self, order: &Order) {
        let (order, customer, shipper) = (
            order.id.clone(),
            order.customer.clone(),
            order.shipper.clone(),
        );
        publish(
            &self.system,
            OrderShipped {
                order,
                customer,
                shipper,
            },
        )
        .await;
    }

    /// Product, initial, restocked, shipped, left.
    async fn levels(&self) -> Vec<(String, Units, Units, Units, Units)> {
        let levels = self
            .inventory
            .ask(TakeStock)
            .await
            .expect("inventory answers");
        let row = |level: crate::contracts::StockLevel| {
            (
                level.product.to_string(),
                level.initial,
                level.restocked,
                level.shipped,
                level.left,
            )
        };
        levels.into_iter().map(row).collect()
    }

    /// Nothing is lost on the way either.
    async fn close(self) {
        assert!(self.system.shutdown(secs(1)).await.is_clean());
        assert_eq!(self.system.stats().conservation(), Ok(()));
    }
}

async fn publish<E: Event>(system: &System, event: E) {
    let receipt = system
        .topic::<E>()
        .publish(event)
        .await
        .expect("the topic is open");
    assert_eq!(
        (receipt.delivered, receipt.dropped),
        (1, 0),
        "inventory listens"
    );
}

fn level(
    product: &str,
    initial: Units,
    restocked: Units,
    shipped: Units,
    left: Units,
) -> (String, Units, Units, Units, Units) {
    (product.to_owned(), initial, restocked, shipped, left)
}

#[tokio::test(start_paused = true)]
async fn what_is_on_stock_is_reserved_at_once() {
    let warehouse = Warehouse::open(vec![on_stock("A", 10), on_stock("B", 1)]).await;
    let first = order("1", &[("A", 3), ("B", 1), ("A", 4)]);
    assert_eq!(warehouse.reserve(&first).await, Ok(Reservation::Complete));
    assert_eq!(
        warehouse.levels().await,
        [level("A", 10, 0, 0, 10), level("B", 1, 0, 0, 1)],
        "nothing has left"
    );

    warehouse.ship(&first).await;
    assert_eq!(
        warehouse.levels().await,
        [level("A", 10, 0, 7, 3), level("B", 1, 0, 1, 0)]
    );
    warehouse.close().await;
}

#[tokio::test(start_paused = true)]
async fn reserving_twice_reserves_once() {
    let warehouse = Warehouse::open(vec![on_stock("A", 10)]).await;
    let (first, second) = (order("1", &[("A", 7)]), order("2", &[("A", 7)]));
    for _ in 0..2 {
        assert_eq!(warehouse.reserve(&first).await, Ok(Reservation::Complete));
        assert_eq!(warehouse.reserve(&second).await, Ok(Reservation::Waiting));
    }
    assert_eq!(warehouse.levels().await, [level("A", 10, 0, 0, 10)]);
    warehouse.close().await;
}

#[tokio::test(start_paused = true)]
async fn orders_that_wait_are_served_in_their_order_and_in_full() {
    let mut warehouse = Warehouse::open(vec![on_stock("A", 10), on_stock("B", 0)]).await;
    let orders = [
        order("1", &[("A", 12)]),
        order("2", &[("B", 1), ("A", 1)]),
        order("3", &[("A", 5)]),
    ];
    for order in &orders {
        assert_eq!(
            warehouse.reserve(order).await,
            Ok(Reservation::Waiting),
            "order {}",
            order.id
        );
    }
    for order in &orders {
        assert_eq!(warehouse.next_complete().await, *order.id.text);
        assert_eq!(warehouse.reserve(order).await, Ok(Reservation::Complete));
        warehouse.ship(order).await;
    }
    // The supplier has delivered what was missing, and no more.
    assert_eq!(
        warehouse.levels().await,
        [level("A", 10, 8, 18, 0), level("B", 0, 1, 1, 0)]
    );
    warehouse.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_discontinued_and_short_takes_nothing_from_the_shelves() {
    let warehouse = Warehouse::open(vec![on_stock("A", 10), last_of("B", 2)]).await;
    let short = order("1", &[("A", 10), ("B", 2), ("B", 1)]);
    assert_eq!(
        warehouse.reserve(&short).await,
        Err(OutOfStock::Discontinued(ProductId::from("B")))
    );
    assert_eq!(
        warehouse.reserve(&order("2", &[("C", 1)])).await,
        Err(OutOfStock::UnknownProduct("C".into()))
    );
    assert_eq!(
        warehouse.reserve(&order("3", &[("A", 10), ("B", 2)])).await,
        Ok(Reservation::Complete)
    );
    warehouse.close().await;
}

#[tokio::test(start_paused = true)]
async fn goods_of_orders_that_end_badly_are_put_back() {
    let mut warehouse = Warehouse::open(vec![on_stock("A", 10)]).await;
    let (refused, cancelled, waiting) = (
        order("1", &[("A", 4)]),
        order("2", &[("A", 3)]),
        order("3", &[("A", 5)]),
    );
    for order in [&refused, &cancelled, &waiting] {
        warehouse.reserve(order).await.expect("it can be had");
    }
    let (order, customer) = (refused.id, refused.customer);
    publish(
        &warehouse.system,
        OrderRefused {
            order,
            customer,
            refusal: Refusal::Declined,
        },
    )
    .await;
    for again in [&cancelled, &cancelled] {
        let (order, customer) = (again.id.clone(), again.customer.clone());
        let reason = CancelReason::PaymentFailed;
        publish(
            &warehouse.system,
            OrderCancelled {
                order,
                customer,
                reason,
            },
        )
        .await;
    }
    assert_eq!(warehouse.levels().await, [level("A", 10, 0, 0, 10)]);

    // What came back is not handed out again, so the last order waits for its delivery as before.
    assert_eq!(warehouse.next_complete().await, "3");
    warehouse.ship(&waiting).await;
    assert_eq!(warehouse.levels().await, [level("A", 10, 2, 5, 7)]);
    warehouse.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_order_cancelled_while_it_waits_leaves_its_delivery_behind() {
    let mut warehouse = Warehouse::open(vec![on_stock("A", 1)]).await;
    let (gone, next) = (order("1", &[("A", 3)]), order("2", &[("A", 4)]));
    for order in [&gone, &next] {
        assert_eq!(warehouse.reserve(order).await, Ok(Reservation::Waiting));
    }
    let (order, customer) = (gone.id, gone.customer);
    publish(
        &warehouse.system,
        OrderCancelled {
            order,
            customer,
            reason: CancelReason::PaymentFailed,
        },
    )
    .await;
    assert_eq!(warehouse.next_complete().await, "2");
    tokio::time::sleep(ms(10)).await;
    assert_eq!(warehouse.levels().await, [level("A", 1, 6, 0, 7)]);
    warehouse.close().await;
}
