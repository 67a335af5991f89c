//! A `#[cfg]` on a method holds for all that is generated from it, so that types that are not there are not named.

use callboard::prelude::*;

#[derive(Message)]
struct Restock;

#[derive(Message)]
struct Count;

#[derive(Event)]
struct Placed;

struct Inventory;

#[actor]
impl Inventory {
    #[cfg(any())]
    #[handler]
    async fn audit(&mut self, msg: NotThere) -> NeitherThis {}

    #[handler]
    #[cfg(all())]
    fn restock(&mut self, _: Restock) {}

    #[cfg(not(all()))]
    #[handler]
    fn restock(&mut self, _: Restock) {}

    #[cfg(any())]
    #[handler]
    fn on_gone(&mut self, event: &NotThere) {}

    #[cfg(any())]
    #[handler]
    fn count_slowly(&mut self, _: Count) {}

    #[cfg(all())]
    #[handler]
    fn count(&mut self, _: Count) {}

    #[handler]
    fn on_placed(&mut self, _: &Placed) {}

    #[on_start]
    #[cfg(any())]
    fn load(&mut self) -> NotThere {}

    #[on_start]
    #[cfg(all())]
    fn load(&mut self) {}

    #[cfg(any())]
    #[on_stop]
    fn flush(&mut self, reason: &NotThere) {}
}

#[actor]
#[cfg(any())]
impl NotThere {
    #[handler]
    fn restock(&mut self, _: Restock) {}
}

fn main() {
    let handlers: Vec<_> = <Inventory as Actor>::HANDLERS.iter().map(|info| info.handler).collect();
    assert_eq!(handlers, ["restock", "count", "on_placed"]);
}
