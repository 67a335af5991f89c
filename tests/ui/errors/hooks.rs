//! What the hooks take and return.

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
    #[on_start]
    fn load(&mut self, ctx: &mut Context<Self>, path: &str) {}

    #[on_stop]
    async fn flush(&mut self) -> Result<(), std::io::Error> {
        Ok(())
    }
}

struct Orders;

#[actor]
impl Orders {
    #[on_start]
    fn load(&mut self, path: String) {}

    #[on_stop]
    fn flush(&mut self, ctx: &mut Context<Self>, reason: &ExitReason) {}
}

fn main() {}
