//! What a handler returns is the reply of its message.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

struct OutOfStock;

#[derive(Message)]
#[message(reply = Result<u32, OutOfStock>)]
struct Reserve;

#[derive(Message)]
struct Restock;

#[derive(Message)]
#[message(reply = u32)]
struct Count;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    async fn reserve(&mut self, msg: Reserve) -> Option<u32> {
        None
    }

    #[handler]
    fn restock(&mut self, msg: Restock) -> u32 {
        self.stock
    }

    #[handler]
    fn count(&mut self, msg: Count) {}
}

fn main() {}
