//! A message has a derive.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct Restock;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    fn restock(&mut self, msg: Restock) {}
}

fn main() {}
