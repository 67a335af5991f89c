//! The actor calls its handlers.

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
    unsafe fn restock(&mut self, msg: Restock) {}
}

fn main() {}
