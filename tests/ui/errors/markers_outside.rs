//! A marker is nothing without `#[actor]`.

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

impl Inventory {
    #[handler]
    fn count(&mut self, msg: Count) -> u32 {
        3
    }

    #[on_start]
    fn load(&mut self) {}

    #[on_stop]
    fn flush(&mut self) {}
}

#[handler]
fn alone() {}

fn main() {}
