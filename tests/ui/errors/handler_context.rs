//! The context is lent.

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
    fn count(&mut self, msg: Count, ctx: Context<Self>) -> u32 {
        3
    }

    #[handler]
    fn restock(&mut self, msg: Restock, ctx: &Context<Self>) {}

    #[handler]
    fn on_placed(&mut self, event: &Placed, at: std::time::SystemTime) {}

    #[on_start]
    fn load(&mut self, ctx: Context<Self>) {}
}

fn main() {}
