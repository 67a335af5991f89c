//! All mistakes of a block are reported together, and what is sound works.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Message)]
#[message(reply = u32)]
struct Count;

#[derive(Message)]
struct Restock(u32);

#[derive(Event)]
struct Placed;

struct Inventory {
    stock: u32,
}

#[actor(capacity = 3, name = "")]
impl Inventory {
    #[handler]
    fn count(&mut self, msg: Count) -> u32 {
        self.stock
    }

    #[handler]
    fn restock(msg: Restock) {}

    #[on_start]
    fn load(&mut self) {}

    #[on_start]
    fn load_more(&mut self) {}
}

fn uses(inventory: &ActorRef<Inventory>, value: &mut Inventory) {
    drop(inventory.ask(Count));
    drop(inventory.tell(Restock(1)));
    value.count(Count);
    Inventory::restock(Restock(1));
}

fn main() {}
