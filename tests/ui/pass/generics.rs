//! Generic services and messages, `Self` in bounds and types, and parameters that no handler uses.

use std::fmt::Debug;
use std::marker::PhantomData;

use callboard::HandledBy;
use callboard::prelude::*;

#[derive(Message)]
#[message(reply = Option<T>)]
struct Put<T>(T);

#[derive(Message)]
struct Tick<A>(PhantomData<fn() -> A>);

#[derive(Message)]
#[message(reply = [u8; N])]
struct Bytes<const N: usize>;

#[derive(Event)]
#[event(key = id)]
struct Changed<T>
where
    T: Debug,
{
    id: u32,
    value: T,
}

#[derive(Module)]
struct Region<T>(PhantomData<T>);

struct Cache<T, const N: usize> {
    last: Option<T>,
}

#[actor(name = "cache")]
impl<T, const N: usize> Cache<T, N>
where
    T: Send + Sync + Debug + Clone + 'static,
    Self: Send,
{
    #[handler]
    async fn put(&mut self, Put(value): Put<T>) -> Option<T> {
        self.last.replace(value)
    }

    #[handler]
    fn tick(&mut self, _: Tick<Self>, _ctx: &mut Context<Self>) {}

    #[handler]
    fn bytes(&mut self, _: Bytes<N>) -> [u8; N] {
        [0; N]
    }

    #[handler]
    fn on_changed(&mut self, event: &Changed<T>) {
        assert_eq!(event.key().unwrap().to_string(), event.id.to_string());
        self.last = Some(event.value.clone());
    }
}

struct Unused<T: ?Sized>(PhantomData<T>);

#[actor(module = Region<u8>)]
impl<T: Send + ?Sized + 'static> Unused<T> {
    #[on_start]
    fn start(&mut self) {}
}

fn handles<A: Actor, M: HandledBy<A>>() {}

fn main() {
    handles::<Cache<String, 4>, Put<String>>();
    handles::<Cache<String, 4>, Tick<Cache<String, 4>>>();
    handles::<Cache<u8, 2>, Bytes<2>>();
    assert_eq!(<Unused<str> as Actor>::NAME, "Unused");
    assert_eq!(Cache::<u8, 1> { last: None }.bytes(Bytes), [0]);
}
