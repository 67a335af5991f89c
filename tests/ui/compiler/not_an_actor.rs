//! A service struct without `#[actor]` is no actor.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct Inventory {
    stock: u32,
}

impl Inventory {}

fn uses(system: &System) {
    let _ = system.actor::<Inventory>("inventory");
}

fn main() {}
