//! A marker is on a method of an actor, once, and bare.

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
    const LIMIT: u32 = 3;

    #[handler]
    #[handler]
    fn count(&mut self, msg: Count) -> u32 {
        3
    }

    #[handler]
    #[on_start]
    fn restock(&mut self, msg: Restock) {}

    #[handler(on_error = restart)]
    fn on_placed(&mut self, event: &Placed) {}

    #[cfg_attr(all(), on_stop)]
    fn flush(&mut self) {}
}

fn main() {}
