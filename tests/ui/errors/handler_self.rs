//! A handler takes `&mut self`.

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

#[actor]
impl Inventory {
    #[handler]
    async fn count(msg: Count) -> u32 {
        3
    }

    #[handler]
    fn restock(&self, msg: Restock) {}

    #[handler]
    fn on_placed(self, event: &Placed) {}

    #[on_start]
    fn load() {}

    #[on_stop]
    fn flush(self: Box<Self>) {}
}

// The messages count as handled: only the handlers are wrong.
fn uses(inventory: &ActorRef<Inventory>) {
    let _ = inventory.try_tell(Restock(1));
    let _ = inventory.try_tell(Count);
}

fn main() {}
