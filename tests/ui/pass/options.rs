//! Every option of every macro.

use callboard::prelude::*;

#[derive(Module)]
#[module(name = "stock")]
struct InventoryModule;

#[derive(Module)]
struct OrderHistoryModule;

#[derive(Message)]
#[message(reply = Vec<(u32, u32)>, name = "stock.reserve", version = 2)]
struct Reserve;

#[derive(Message)]
#[message(version = 3)]
#[message(reply = u8)]
struct Restock;

struct Order {
    id: (u64, &'static str),
}

#[derive(Event)]
#[event(name = "orders.placed", version = 4, key = order.id.0)]
struct Placed {
    order: Order,
}

#[derive(Event)]
#[event(key = 0)]
struct Cancelled(String);

#[derive(Event)]
#[event(key = 0.1)]
struct Moved((u8, char));

const CAPACITY: usize = 8;

struct Inventory;

#[actor(module = InventoryModule, mailbox = CAPACITY * 2, name = "inventory")]
impl Inventory {}

struct Small;

#[actor(mailbox = 1,)]
impl Small {}

fn main() {
    assert_eq!(InventoryModule::NAME, "stock");
    assert_eq!(OrderHistoryModule::NAME, "order_history");
    assert_eq!((Reserve::NAME, Reserve::VERSION), ("stock.reserve", 2));
    assert_eq!((Restock::NAME, Restock::VERSION), (concat!(module_path!(), "::Restock"), 3));
    let _: <Restock as Message>::Reply = 0_u8;
    assert_eq!((Placed::NAME, Placed::VERSION), ("orders.placed", 4));
    let keys = [
        Placed { order: Order { id: (7, "x") } }.key().unwrap().to_string(),
        Cancelled("a".to_owned()).key().unwrap().to_string(),
        Moved((0, 'c')).key().unwrap().to_string(),
    ];
    assert_eq!(keys, ["7", "a", "c"]);
    assert_eq!((<Inventory as Actor>::NAME, <Inventory as Actor>::MAILBOX), ("inventory", 16));
    assert_eq!(<Small as Actor>::MAILBOX, 1);
}
