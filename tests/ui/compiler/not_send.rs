//! What travels is `Send`.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

use std::cell::Cell;
use std::rc::Rc;

#[derive(Message)]
struct Reserve(Rc<u32>);

#[derive(Message)]
#[message(reply = Rc<u32>)]
struct Count;

#[derive(Event)]
struct Placed(Cell<u32>);

struct Inventory {
    stock: Rc<u32>,
}

#[actor]
impl Inventory {}

fn main() {}
