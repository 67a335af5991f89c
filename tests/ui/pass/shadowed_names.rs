//! The names of the prelude, of callboard and of primitive types may mean something else where the macros are used.

#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types)]

use ::callboard::{Event, Message, Module, actor, handler, on_start, on_stop};

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct String;
struct Box;
struct Vec;
struct Future;
struct Outcome;
struct Envelope;
struct Actor;
trait Send {}
trait Sync {}
trait Sized {}
trait Fn {}
trait Drop {}
mod core {}
mod std {}
mod callboard {}
type usize = ();
type bool = ();
type str = ();

#[derive(Message)]
#[message(reply = ::core::result::Result<u8, String>)]
struct Request(#[allow(dead_code)] u8);

#[derive(Message)]
struct Context;

#[derive(Event)]
#[event(key = __envelope)]
struct Delivered {
    __envelope: u8,
}

#[derive(Module)]
struct HandlerInfo;

struct Service {
    request: u8,
}

#[actor(module = HandlerInfo, mailbox = 3, name = "service")]
impl Service {
    #[handler]
    async fn wrap(&mut self, request: Request) -> ::core::result::Result<u8, String> {
        self.request = request.0;
        ::core::result::Result::Ok(self.request)
    }

    #[handler]
    async fn dispatch(&mut self, _: Context, _ctx: &mut ::callboard::Context<Self>) {}

    #[handler]
    fn r#match(&mut self, event: &Delivered) -> ::core::result::Result<(), String> {
        self.request = event.__envelope;
        ::core::result::Result::Ok(())
    }

    #[on_start]
    async fn start(&mut self) -> ::core::result::Result<(), ::callboard::StartError> {
        ::core::result::Result::Ok(())
    }

    #[on_stop]
    async fn stop(&mut self, _reason: &::callboard::ExitReason, _ctx: &mut ::callboard::Context<Self>) {}
}

fn main() {}
