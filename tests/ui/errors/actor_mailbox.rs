//! A mailbox holds at least one message.

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

#[actor(mailbox = 0)]
impl Inventory {}

struct A;
#[actor(mailbox = -1)]
impl A {}

struct B;
#[actor(mailbox = 0x0_usize)]
impl B {}

fn main() {}
