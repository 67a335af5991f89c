//! A module has a derive.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct InventoryModule;

struct Inventory {
    stock: u32,
}

#[actor(module = InventoryModule)]
impl Inventory {}

fn main() {}
