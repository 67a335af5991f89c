//! What travels owns its data.

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

#[derive(Message)]
struct Reserve<'a> {
    sku: &'a str,
}

#[derive(Event)]
struct Reserved<'a>(&'a str);

#[derive(Module)]
struct InventoryModule<'a>(&'a str);

fn main() {}
