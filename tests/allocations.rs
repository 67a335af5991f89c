//! In the steady state, a tell and an ask allocate nothing.
//!
//! A binary of its own, since the counting allocator counts everything in the process.
#![allow(
    unsafe_code,
    reason = "an allocator can't be counted without being one"
)]

use std::alloc::{GlobalAlloc, Layout, System as SystemAllocator};
use std::cell::Cell;

use callboard::prelude::*;

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: by the caller's word.
        unsafe { SystemAllocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller's word.
        unsafe { SystemAllocator.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Message)]
struct Add(u64);

#[derive(Message)]
#[message(reply = u64)]
struct Total;

#[derive(Message)]
#[message(reply = u64)]
struct TotalLater;

#[derive(Default)]
struct Counter {
    total: u64,
}

#[actor(mailbox = 64)]
impl Counter {
    #[handler]
    fn add(&mut self, msg: Add) {
        self.total += msg.0;
    }

    #[handler]
    fn total(&mut self, _: Total) -> u64 {
        self.total
    }

    #[handler]
    async fn total_later(&mut self, _: TotalLater) -> u64 {
        tokio::task::yield_now().await;
        self.total
    }
}

/// The allocations of this thread, which runs everything, while `work` runs for the second time.
async fn allocations(mut work: impl AsyncFnMut()) -> u64 {
    work().await;
    let before = ALLOCATIONS.get();
    work().await;
    ALLOCATIONS.get() - before
}

#[tokio::test]
async fn tells_and_asks_allocate_nothing_in_the_steady_state() -> Result<(), callboard::Error> {
    for inline in [callboard::InlineAsk::Never, callboard::InlineAsk::Always] {
        let system = System::builder("t")
            .inline_asks(inline)
            .actor("counter", Counter::default)
            .start()
            .await?;
        let counter: ActorRef<Counter> = system.actor("counter")?;

        let told = allocations(async || {
            for n in 0..1000 {
                // Also through the line before a full mailbox.
                counter.tell(Add(n)).await.expect("it runs");
            }
            counter.ask(Total).no_timeout().await.expect("it answers");
        });
        assert_eq!(told.await, 0, "tell, {inline:?}");

        let asked = allocations(async || {
            for _ in 0..1000 {
                counter.ask(Total).no_timeout().await.expect("it answers");
                counter
                    .ask(TotalLater)
                    .no_timeout()
                    .await
                    .expect("it answers");
            }
        });
        assert_eq!(asked.await, 0, "ask, {inline:?}");
        assert!(system.shutdown(secs(1)).await.is_clean());
    }
    Ok(())
}
