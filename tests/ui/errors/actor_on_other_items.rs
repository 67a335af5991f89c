//! `#[actor]` goes on an `impl` block.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[actor]
pub struct Inventory {
    stock: u32,
}

#[actor]
#[derive(Debug)]
enum State {}

#[actor(mailbox = 3)]
async fn reserve() {}

#[actor]
mod inventory {}

fn main() {}
