//! An event has no reply.

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

#[derive(Event)]
struct Cancelled;

#[actor]
impl Inventory {
    #[handler]
    async fn on_placed(&mut self, event: &Placed) -> u32 {
        self.stock
    }

    #[handler]
    fn on_cancelled(&mut self, event: &Cancelled) -> Result<u32, String> {
        Ok(self.stock)
    }
}

fn main() {}
