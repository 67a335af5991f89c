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

#[actor(mialbox = 1024)]
impl Inventory {}

struct A;
#[actor(capacity = 1024)]
impl A {}

struct B;
#[actor(mailbox = 2, name = "b", mailbox = 3)]
impl B {}

struct C;
#[actor(mailbox = "many", module = 3, name = inventory, crate)]
impl C {}

struct D;
#[actor("d", 3, name("d"), 5 = mailbox)]
impl D {}

struct E;
#[actor(mailbox, supervise(one_for_one))]
impl E {}

fn main() {}
