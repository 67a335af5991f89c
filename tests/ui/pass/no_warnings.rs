//! Nothing the macros write is a warning, whatever the user turned on.

#![deny(
    warnings,
    unused,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unnameable_types,
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    variant_size_differences,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    private_interfaces
)]
#![forbid(unsafe_code, dead_code, nonstandard_style)]

use callboard::{Context, Event, ExitReason, Message, Module, StartError, actor, handler, on_start, on_stop};

/// A message of everyone's.
#[derive(Debug, Message)]
#[message(reply = Result<u32, std::num::TryFromIntError>)]
pub struct Reserve {
    order_id: u64,
}

#[derive(Debug, Message)]
struct Large([u8; 4096]);

#[derive(Debug, Message)]
struct Crash;

/// An event.
#[derive(Debug, Event)]
#[event(key = order_id)]
pub struct Cancelled {
    order_id: u64,
}

/// A module.
#[derive(Debug, Module)]
pub struct InventoryModule;

/// A service.
#[derive(Debug)]
pub struct Inventory {
    stock: u64,
}

/// Its handlers.
#[actor(module = InventoryModule, mailbox = 2 * 8)]
impl Inventory {
    #[handler]
    async fn reserve(&mut self, msg: Reserve, ctx: &mut Context<Self>) -> Result<u32, std::num::TryFromIntError> {
        self.stock -= msg.order_id;
        ctx.stop();
        u32::try_from(self.stock)
    }

    #[handler]
    fn large(&mut self, msg: Large) {
        self.stock += u64::from(msg.0[0]);
    }

    #[handler]
    fn on_cancelled(&mut self, event: &Cancelled) {
        self.stock += event.order_id;
    }

    #[handler]
    async fn crash(&mut self, _: Crash) -> ! {
        panic!("as it was told to")
    }

    /// Loads.
    #[on_start]
    pub async fn load(&mut self) -> Result<(), StartError> {
        self.stock = 3;
        Ok(())
    }

    #[on_stop]
    fn flush(&mut self, _reason: &ExitReason) {
        self.stock = 0;
    }
}

/// Without handlers.
#[derive(Debug)]
pub struct Idle;

#[actor]
impl Idle {}

/// What is deprecated may be handled where the user allows it.
pub mod old {
    #![allow(deprecated)]
    #![allow(missing_docs, missing_debug_implementations)]

    use callboard::{Message, actor, handler};

    #[deprecated]
    #[derive(Message)]
    pub struct Old;

    pub struct Service;

    #[actor]
    impl Service {
        #[deprecated]
        #[handler]
        pub fn old(&mut self, _: Old) {}
    }
}

fn main() {
    drop(Reserve { order_id: 1 });
    drop(Crash);
    drop(Large([0; 4096]));
    drop(Cancelled { order_id: 1 });
    drop(Inventory { stock: 1 });
}
