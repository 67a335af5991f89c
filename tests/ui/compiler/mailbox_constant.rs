//! A constant is checked where it is used.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

const NONE: usize = 0;

struct Inventory {
    stock: u32,
}

#[actor(mailbox = NONE)]
impl Inventory {}

const SIZE: usize = <Inventory as Actor>::MAILBOX;

fn main() {}
