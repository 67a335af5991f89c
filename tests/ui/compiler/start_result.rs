//! `#[on_start]` returns nothing, or a `Result` of nothing.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[on_start]
    fn load(&mut self) -> u32 {
        self.stock
    }
}

fn main() {}
