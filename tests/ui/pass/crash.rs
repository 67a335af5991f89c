//! A handler may never return, and a service may live in a function.

use callboard::prelude::*;

fn main() {
    #[derive(Message)]
    #[message(reply = u32)]
    struct Crash;

    #[derive(Event)]
    struct Crashed;

    struct Service;

    #[actor]
    impl Service {
        #[handler]
        fn crash(&mut self, _: Crash) -> ! {
            panic!("as it was told to")
        }

        #[handler]
        async fn on_crashed(&mut self, _: &Crashed) -> Result<(), std::io::Error> {
            Ok(())
        }

        #[on_start]
        async fn start(&mut self) -> Result<(), std::io::Error> {
            Ok(())
        }

        #[on_stop]
        fn stop(&mut self, _ctx: &mut Context<Self>) {}
    }
}
