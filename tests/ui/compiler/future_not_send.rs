//! An actor moves between threads at every await.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

use std::rc::Rc;

#[derive(Message)]
struct Restock;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    async fn restock(&mut self, msg: Restock) {
        let counter = Rc::new(1);
        tick().await;
        self.stock += *counter;
    }

    #[on_start]
    async fn load(&mut self) {
        let counter = Rc::new(1);
        tick().await;
        self.stock = *counter;
    }
}

async fn tick() {}

fn main() {}
