//! A message is sent to an actor that has a handler for it.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Message)]
struct Restock;

#[derive(Message)]
struct Reserve;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    fn restock(&mut self, msg: Restock) {}
}

fn uses(inventory: &ActorRef<Inventory>) {
    drop(inventory.tell(Restock));
    drop(inventory.tell(Reserve));
}

fn tries(inventory: &ActorRef<Inventory>) {
    let _ = inventory.try_tell(Reserve);
}

fn main() {}
