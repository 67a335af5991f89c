//! A name is neither empty nor in several words.

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

#[actor(name = "")]
impl Inventory {}

struct Orders;
#[actor(name = "order service")]
impl Orders {}

#[derive(Message)]
#[message(name = "")]
struct Reserve;

#[derive(Event)]
#[event(name = "stock reserved")]
struct Reserved;

#[derive(Module)]
#[module(name = " ")]
struct OrdersModule;

fn main() {}
