//! An event has a derive.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct Placed;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    fn on_placed(&mut self, event: &Placed) {}
}

fn main() {}
