//! Options that are not there, or not like this.

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
#[message(replay = u32)]
struct A;

#[derive(Message)]
#[message(reply = "u32", version = "2", key = id)]
struct B;

#[derive(Message)]
#[message = "b"]
struct C;

#[derive(Event)]
#[event(version = -1, version = 4294967296)]
struct D;

#[derive(Event)]
#[event(reply = u32)]
struct E;

#[derive(Event)]
#[event]
struct F;

#[derive(Module)]
#[module(name = "g", publishes(A, B), answers(C))]
struct G;

#[derive(Module)]
#[module(crate = "callboard")]
struct H;

fn main() {}
