//! A message has one handler.

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
    fn count(&mut self, msg: Count) -> u32 {
        self.stock
    }

    #[handler]
    fn count_again(&mut self, msg: Count) -> u32 {
        self.stock
    }
}

fn main() {}
