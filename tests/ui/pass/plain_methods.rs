//! Handlers stay what they were written as: methods that anyone may call.

use callboard::prelude::*;

#[derive(Debug)]
struct OutOfStock;

#[derive(Message)]
#[message(reply = Result<u32, OutOfStock>)]
struct Reserve(u32);

#[derive(Message)]
struct Restock {
    count: u32,
}

#[derive(Message)]
#[message(reply = u32)]
struct Count;

#[derive(Event)]
struct Cancelled(u32);

#[derive(Default)]
struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    const LIMIT: u32 = 10;

    #[handler]
    async fn reserve(&mut self, Reserve(count): Reserve) -> Result<u32, OutOfStock> {
        self.stock = self.stock.checked_sub(count).ok_or(OutOfStock)?;
        Ok(self.stock)
    }

    #[handler]
    fn restock(&mut self, Restock { count }: Restock) {
        self.put_back(count);
    }

    #[handler]
    fn count(&mut self, _: Count) -> impl Future<Output = u32> + Send + use<> {
        std::future::ready(self.stock)
    }

    #[handler]
    pub(crate) fn on_cancelled<'e>(self: &mut Self, event: &'e Cancelled) -> Result<(), OutOfStock> {
        self.put_back(event.0);
        Ok(())
    }

    fn put_back(&mut self, count: u32) {
        self.stock = Self::LIMIT.min(self.stock + count);
    }
}

fn main() {
    let mut inventory = Inventory::default();
    inventory.restock(Restock { count: 3 });
    inventory.on_cancelled(&Cancelled(1)).unwrap();
    drop(inventory.reserve(Reserve(1)));
    drop(inventory.count(Count));
    assert_eq!(inventory.stock, 4);

    assert_eq!(<Inventory as Actor>::NAME, "Inventory");
    assert_eq!(<Inventory as Actor>::MAILBOX, 256);
    let handlers: Vec<_> = <Inventory as Actor>::HANDLERS.iter().map(|info| info.handler).collect();
    assert_eq!(handlers, ["reserve", "restock", "count", "on_cancelled"]);
}
