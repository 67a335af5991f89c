//! Callboard under another name: `crate` says which.

mod shop {
    pub use callboard as board;
}

use shop::board::{Event, Message, Module};

#[derive(Message)]
#[message(reply = u8, crate = shop::board)]
struct Count;

#[derive(Event)]
#[event(crate = crate::shop::board, key = 0)]
struct Placed(u8);

#[derive(Module)]
#[module(crate = shop::board)]
struct InventoryModule;

struct Inventory;

#[shop::board::actor(crate = shop::board, module = InventoryModule)]
impl Inventory {
    #[shop::board::handler]
    async fn count(&mut self, _: Count) -> u8 {
        0
    }

    #[shop::board::handler]
    fn on_placed(&mut self, _: &Placed) {}

    #[shop::board::on_start]
    fn start(&mut self) {}
}

fn main() {}
