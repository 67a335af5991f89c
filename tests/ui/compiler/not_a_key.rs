//! A key is of a type that can be one.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Event)]
#[event(key = price)]
struct Placed {
    price: f64,
}

struct Order {
    id: u64,
}

#[derive(Event)]
#[event(key = order.number)]
struct Shipped {
    order: Order,
}

fn main() {}
