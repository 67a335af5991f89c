//! A handler takes a message, then the context.

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

#[actor]
impl Inventory {
    #[handler]
    fn nothing(&mut self) {}

    #[handler]
    fn only_context(&mut self, ctx: &mut Context<Self>) {}

    #[handler]
    fn context_first(&mut self, ctx: &mut Context<Self>, msg: Restock) {}

    #[handler]
    fn too_much(&mut self, msg: Count, ctx: &mut Context<Self>, now: std::time::SystemTime) -> u32 {
        3
    }
}

fn main() {}
