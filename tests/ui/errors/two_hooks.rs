//! A hook is one method.

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
    #[on_start]
    fn load(&mut self) {}

    #[on_start]
    fn connect(&mut self) {}

    #[on_stop]
    fn flush(&mut self) {}

    #[on_stop]
    fn close(&mut self) {}
}

fn main() {}
