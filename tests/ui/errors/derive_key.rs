//! A key is a field.

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

#[derive(Event)]
#[event(key = order)]
struct A {
    order_id: u64,
    lines: u32,
}

#[derive(Event)]
#[event(key = customer)]
struct B {
    id: u64,
    lines: u32,
}

#[derive(Event)]
#[event(key = "id")]
struct C {
    id: u64,
}

#[derive(Event)]
#[event(key = id)]
struct D;

#[derive(Event)]
#[event(key = 1)]
struct E(u64);

#[derive(Event)]
#[event(key = id)]
enum F {
    One { id: u64 },
}

#[derive(Event)]
#[event(key = self.id)]
struct G {
    id: u64,
}

fn main() {}
