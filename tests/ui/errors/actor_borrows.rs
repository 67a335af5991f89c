//! An actor owns its data.

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

struct Borrowing<'a>(&'a str);

#[actor]
impl<'a> Borrowing<'a> {}

struct Anonymous<'a>(&'a str);

#[actor]
impl Anonymous<'_> {}

fn main() {}
