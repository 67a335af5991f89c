//! Inventory: what is on the shelves, what is set aside for which order, and who waits for what.
//!
//! An order takes what is there. What is missing is ordered from the supplier, piece for piece, and
//! the order waits; goods that arrive go to the orders that wait for them, first come first served.
//! Only when something is missing that is discontinued, nothing is taken and the order cannot be
//! fulfilled.
//!
//! Goods of an order that was refused or cancelled are put back on the shelf for returns. They are
//! in stock, but no other order gets them during the run: which one would, depended on how fast a
//! payment happened to fail, and a run could not be repeated with the same `--seed`.

use std::collections::{HashMap, VecDeque};

use callboard::prelude::*;

use crate::contracts::{
    InventoryModule, Item, Line, OrderCancelled, OrderId, OrderRefused, OrderShipped, OutOfStock,
    ProductId, Reservation, Reserve, Restock, StockComplete, StockLevel, Supply, TakeStock, Units,
};
use crate::load::StockItem;
use crate::supplier::Supplier;

pub struct Inventory {
    stock: HashMap<ProductId, Stock>,
    reserved: HashMap<OrderId, Reserved>,
    supplier: Option<Recipient<Supply>>,
}

struct Stock {
    discontinued: bool,
    initial: Units,
    restocked: Units,
    shipped: Units,
    /// What nobody has a claim on.
    free: Units,
    returned: Units,
    /// The orders that need more of it, and how much; in the order in which they came.
    waiting: VecDeque<(OrderId, Units)>,
}

/// The goods of one order.
struct Reserved {
    items: Vec<Item>,
    /// How many of the items are not complete.
    incomplete: usize,
}

impl Inventory {
    pub fn new(items: &[StockItem]) -> Self {
        let stock = items
            .iter()
            .map(|item| (item.product.clone(), Stock::new(item)))
            .collect();
        Self {
            stock,
            reserved: HashMap::new(),
            supplier: None,
        }
    }

    /// Whether waiting would help: everything is there, or can be ordered.
    fn check(&self, items: &[Item]) -> Result<(), OutOfStock> {
        for Item { product, count } in items {
            match self.stock.get(product) {
                None => return Err(OutOfStock::UnknownProduct(product.clone())),
                Some(stock) if stock.discontinued && stock.free < *count => {
                    return Err(OutOfStock::Discontinued(product.clone()));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Sets aside what is there, and returns what is not.
    fn take(&mut self, order: &OrderId, items: Vec<Item>) -> Vec<Item> {
        let mut missing = Vec::new();
        for Item { product, count } in &items {
            let Some(stock) = self.stock.get_mut(product) else {
                continue;
            };
            let short = stock.take(order, *count);
            if short > 0 {
                missing.push(Item {
                    product: product.clone(),
                    count: short,
                });
            }
        }
        self.reserved.insert(
            order.clone(),
            Reserved {
                items,
                incomplete: missing.len(),
            },
        );
        missing
    }

    fn put_back(&mut self, order: &OrderId) {
        let Some(reserved) = self.reserved.remove(order) else {
            return;
        };
        for Item { product, count } in reserved.items {
            if let Some(stock) = self.stock.get_mut(&product) {
                stock.put_back(order, count);
            }
        }
    }
}

#[actor(module = InventoryModule)]
impl Inventory {
    #[on_start]
    fn find_supplier(&mut self, ctx: &mut Context<Self>) -> Result<(), LookupError> {
        self.supplier = Some(ctx.actor::<Supplier>("supplier")?.recipient());
        Ok(())
    }

    #[handler]
    async fn reserve(
        &mut self,
        request: Reserve,
        ctx: &mut Context<Self>,
    ) -> Result<Reservation, OutOfStock> {
        if let Some(reserved) = self.reserved.get(&request.order) {
            return Ok(reserved.state());
        }
        let items = items_of(&request.lines);
        self.check(&items)?;
        let missing = self.take(&request.order, items);
        if missing.is_empty() {
            return Ok(Reservation::Complete);
        }

        let supply = Supply {
            items: missing,
            to: ctx.actor_ref().recipient(),
        };
        match &self.supplier {
            Some(supplier) if supplier.tell(supply).await.is_ok() => Ok(Reservation::Waiting),
            _ => {
                self.put_back(&request.order);
                Err(OutOfStock::NoSupplier)
            }
        }
    }

    #[handler]
    async fn restock(&mut self, delivery: Restock, ctx: &mut Context<Self>) {
        for Item { product, count } in delivery.items {
            let Some(stock) = self.stock.get_mut(&product) else {
                continue;
            };
            stock.restocked += count;
            stock.free += count;
            while let Some(order) = stock.serve_next() {
                let Some(reserved) = self.reserved.get_mut(&order) else {
                    continue;
                };
                reserved.incomplete -= 1;
                if reserved.incomplete == 0 {
                    ctx.publish(StockComplete { order }).await;
                }
            }
        }
    }

    #[handler]
    fn on_shipped(&mut self, event: &OrderShipped) {
        let Some(reserved) = self.reserved.remove(&event.order) else {
            return;
        };
        for Item { product, count } in reserved.items {
            if let Some(stock) = self.stock.get_mut(&product) {
                stock.shipped += count;
            }
        }
    }

    #[handler]
    fn on_refused(&mut self, event: &OrderRefused) {
        self.put_back(&event.order);
    }

    #[handler]
    fn on_cancelled(&mut self, event: &OrderCancelled) {
        self.put_back(&event.order);
    }

    /// Counts everything that is in the house: free, returned, and set aside for orders that have
    /// not left.
    #[handler]
    fn take_stock(&mut self, _: TakeStock) -> Vec<StockLevel> {
        let mut levels: HashMap<_, _> = self
            .stock
            .iter()
            .map(|(product, stock)| (product, stock.level(product)))
            .collect();
        for (order, reserved) in &self.reserved {
            for Item { product, count } in &reserved.items {
                if let (Some(stock), Some(level)) =
                    (self.stock.get(product), levels.get_mut(product))
                {
                    level.left += count - stock.missing(order);
                }
            }
        }
        let mut levels: Vec<_> = levels.into_values().collect();
        levels.sort_by(|a, b| a.product.cmp(&b.product));
        levels
    }
}

impl Reserved {
    fn state(&self) -> Reservation {
        if self.incomplete == 0 {
            Reservation::Complete
        } else {
            Reservation::Waiting
        }
    }
}

impl Stock {
    fn new(item: &StockItem) -> Self {
        let units = Units::from(item.units);
        Self {
            discontinued: item.discontinued,
            initial: units,
            restocked: 0,
            shipped: 0,
            free: units,
            returned: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Takes up to `units` for `order` and returns how many are missing. Nobody overtakes the
    /// orders that wait.
    fn take(&mut self, order: &OrderId, units: Units) -> Units {
        let taken = if self.waiting.is_empty() {
            units.min(self.free)
        } else {
            0
        };
        self.free -= taken;
        let missing = units - taken;
        if missing > 0 {
            self.waiting.push_back((order.clone(), missing));
        }
        missing
    }

    /// Gives the first order that waits all that it waits for, if there is enough.
    fn serve_next(&mut self) -> Option<OrderId> {
        let (_, units) = self
            .waiting
            .front()
            .filter(|(_, units)| *units <= self.free)?;
        self.free -= units;
        self.waiting.pop_front().map(|(order, _)| order)
    }

    fn put_back(&mut self, order: &OrderId, units: Units) {
        self.returned += units - self.missing(order);
        self.waiting.retain(|(waiting, _)| waiting != order);
    }

    fn missing(&self, order: &OrderId) -> Units {
        self.waiting
            .iter()
            .filter(|(waiting, _)| waiting == order)
            .map(|(_, units)| units)
            .sum()
    }

    fn level(&self, product: &ProductId) -> StockLevel {
        StockLevel {
            product: product.clone(),
            initial: self.initial,
            restocked: self.restocked,
            shipped: self.shipped,
            left: self.free + self.returned,
        }
    }
}

/// What an order needs of each product; it may have several lines of one.
fn items_of(lines: &[Line]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(lines.len());
    let mut index = HashMap::with_capacity(lines.len());
    for Line {
        product, quantity, ..
    } in lines
    {
        let at = *index.entry(product).or_insert(items.len());
        match items.get_mut(at) {
            Some(item) => item.count += Units::from(*quantity),
            None => items.push(Item {
                product: product.clone(),
                count: Units::from(*quantity),
            }),
        }
    }
    items
}
