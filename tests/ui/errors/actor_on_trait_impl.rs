//! `#[actor]` goes on an inherent `impl` block.

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

trait Stock {
    fn count(&mut self, msg: Count) -> u32;
}

#[actor]
impl Stock for Inventory {
    #[handler]
    fn count(&mut self, _: Count) -> u32 {
        self.stock
    }
}

fn main() {}
