//! A handler of an event returns nothing, or a `Result` of nothing.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Event)]
struct Placed;

type Answer = u32;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    async fn on_placed(&mut self, event: &Placed) -> Answer {
        self.stock
    }
}

fn main() {}
