//! Only the context can be passed.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Message)]
struct Restock;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    fn restock(&mut self, msg: Restock, ctx: &mut u32) {}
}

fn main() {}
