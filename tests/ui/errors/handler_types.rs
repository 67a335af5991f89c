//! A handler is for one type, which owns its data.

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

#[derive(Message)]
struct Forward<T>(T);

struct Borrowed<'a>(&'a str);

struct Relay<T>(T);

#[actor]
impl<T: Message> Relay<T> {
    #[handler]
    fn relay(&mut self, msg: T) -> T::Reply {
        unreachable!()
    }

    #[handler]
    fn generic<M: Send + 'static>(&mut self, msg: Forward<M>) {}

    #[handler]
    fn sized<const N: usize>(&mut self, msg: Forward<[u8; N]>) {}

    #[handler]
    fn any(&mut self, msg: impl Message) {}

    #[handler]
    fn any_event(&mut self, event: &impl Event) {}

    #[handler]
    fn borrowed(&mut self, msg: Borrowed<'_>) {}

    #[handler]
    fn borrowed_event<'e>(&mut self, event: &Borrowed<'e>) {}
}

fn main() {}
