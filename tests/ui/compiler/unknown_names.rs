//! A misspelt name is one error, as without the macro.

#![allow(dead_code, unused_variables)]

use callboard::prelude::*;

#[derive(Message)]
#[message(reply = Nubmer)]
struct Count;

struct Inventory {
    stock: u32,
}

#[actor]
impl Inventory {
    #[handler]
    fn restock(&mut self, msg: Restok) {}

    #[handler]
    fn on_placed(&mut self, event: &Plaecd) -> Result<(), Erorr> {
        self.stcok += 1;
        Ok(())
    }
}

fn main() {}
