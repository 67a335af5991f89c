//! `impl Actor`: the constants, the dispatch, the hooks and the subscriptions.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Expr, Ident};

use super::{Names, envelope, type_name};
use crate::tree::{Answer, Handler, Hook, Takes};

pub(super) fn implementation(names: &Names<'_>) -> TokenStream {
    let Names {
        service,
        private,
        envelope,
        generics,
    } = names;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let self_ty = &service.self_ty;

    let module = service
        .options
        .module
        .as_ref()
        .map_or_else(|| quote!(#private::NoModule), |module| quote!(#module));
    let name = service.options.name.as_ref().map_or_else(
        || type_name(self_ty).into_token_stream(),
        quote::ToTokens::to_token_stream,
    );
    let mailbox = mailbox(service.options.mailbox.as_ref());
    let infos = service
        .handlers
        .iter()
        .map(|handler| info(handler, private));
    let (later, now): (Vec<_>, Vec<_>) = service
        .handlers
        .iter()
        .partition(|handler| handler.answer.awaited);
    let arms_now = now.iter().map(|handler| arm(handler, names));
    let arms_later = later.iter().map(|handler| arm(handler, names));
    let unused = super::generics::phantom(generics)
        .map(|_| quote!(#envelope::__Unused(__never, _) => match __never {},));
    let on_start = service.on_start.iter().map(|hook| on_start(hook, private));
    let on_stop = service.on_stop.iter().map(|hook| on_stop(hook, private));
    let subscriptions = subscriptions(names);

    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Actor for #self_ty #where_clause {
            type Envelope = #envelope #ty_generics;
            type Module = #module;
            const NAME: &'static ::core::primitive::str = #name;
            const MAILBOX: ::core::primitive::usize = #mailbox;
            const HANDLERS: &'static [#private::HandlerInfo] = &[#(#infos,)*];

            // Which handlers there are may depend on features.
            #[allow(unreachable_patterns)]
            fn dispatch_now(
                &mut self,
                __envelope: Self::Envelope,
                __ctx: &mut #private::Context<Self>,
            ) -> #private::Outcome {
                match __envelope {
                    #(#arms_now)*
                    #unused
                    _ => #private::handled_elsewhere(),
                }
            }

            #[allow(unreachable_patterns)]
            fn dispatch<'__call>(
                &'__call mut self,
                __envelope: Self::Envelope,
                __ctx: &'__call mut #private::Context<Self>,
            ) -> impl ::core::future::Future<Output = #private::Outcome> + ::core::marker::Send + '__call {
                async move {
                    match __envelope {
                        #(#arms_later)*
                        #unused
                        _ => #private::handled_elsewhere(),
                    }
                }
            }

            #(#on_start)*
            #(#on_stop)*
            #subscriptions
        }
    }
}

fn mailbox(capacity: Option<&Expr>) -> TokenStream {
    match capacity {
        None => quote!(256),
        Some(Expr::Lit(literal)) => quote!(#literal),
        Some(constant) => quote_spanned! {at(constant.span())=> {
            let __capacity: ::core::primitive::usize = #constant;
            ::core::assert!(__capacity > 0, "a mailbox without room takes no message: `mailbox` has to be at least 1");
            __capacity
        }},
    }
}

fn info(handler: &Handler, private: &TokenStream) -> TokenStream {
    let Handler { cfgs, method, .. } = handler;
    let (kind, ty) = envelope::kind(handler, private);
    let name = method.unraw().to_string();
    if handler.answer.awaited {
        quote!(#(#cfgs)* #kind::<Self, #ty>::handler(#name))
    } else {
        quote!(#(#cfgs)* #kind::<Self, #ty>::handler(#name).at_once())
    }
}

/// The arm of the dispatch for one handler.
fn arm(handler: &Handler, names: &Names<'_>) -> TokenStream {
    let Names {
        private, envelope, ..
    } = names;
    let Handler {
        cfgs,
        method,
        variant,
        takes,
        context,
        answer,
    } = handler;
    let (kind, _) = envelope::kind(handler, private);
    let context = context.map(|place| argument("__ctx", place));
    let failure = quote! {{
        use #private::{DebugFailure as _, NoFailure as _, PlainFailure as _};
        (&&&#private::Answer(__answer)).failure()
    }};
    let (first, last) = place(method, answer);
    let argument = if let Takes::Message(_) = takes {
        quote!(__message)
    } else {
        quote!(__event)
    };
    let call = call(method, answer, [Some(argument), context], private);
    let body = match takes {
        // It comes to the type of an outcome by itself, and nothing comes after it.
        Takes::Message(_) if answer.is_never() => quote! {
            let (__message, __replier) = #kind::open(__envelope);
            #call
        },
        Takes::Event(_) if answer.is_never() => quote! {
            let __event = #kind::event(&__envelope);
            #call
        },
        Takes::Message(_) => {
            let reply = held(first, last);
            quote! {
                use #private::{AnswerNobody as _, AnswerWith as _};
                let (__message, __replier) = #kind::open(__envelope);
                let __answer = (#call,);
                __replier.answer(#reply, |__answer| #failure)
            }
        }
        Takes::Event(_) => {
            let result = held(last, last);
            let result = quote_spanned!(first=> &#result);
            quote! {
                let __event = #kind::event(&__envelope);
                let __answer = (#call,);
                #private::EventResult::check(#result);
                let __answer = &__answer.0;
                #private::Outcome::event(#failure)
            }
        }
    };
    quote!(#(#cfgs)* #envelope::#variant(__envelope) => { #body })
}

/// Calls a method, and awaits it when it is async.
///
/// The future goes through a function that asks for `Send`, so that a future which is not is reported on its method, not somewhere
/// in the dispatch.
fn call<const N: usize>(
    method: &Ident,
    answer: &Answer,
    arguments: [Option<TokenStream>; N],
    private: &TokenStream,
) -> TokenStream {
    let arguments = arguments.into_iter().flatten();
    let (place, private) = (at(method.span()), blamed(private, method.span()));
    let call = quote_spanned!(place=> Self::#method(self, #(#arguments),*));
    if answer.awaited {
        quote_spanned!(place=> #private::handler_future_must_be_send(#call).await)
    } else {
        call
    }
}

fn on_start(
    Hook {
        cfgs,
        method,
        context,
        answer,
        ..
    }: &Hook,
    private: &TokenStream,
) -> TokenStream {
    let call = call(
        method,
        answer,
        [context.map(|place| argument("__ctx", place))],
        private,
    );
    let (first, last) = place(method, answer);
    let started = held(first, last);
    let body = if answer.is_never() {
        call
    } else {
        quote!(let __answer = (#call,); #private::StartResult::into_start(#started))
    };
    quote! {
        #(#cfgs)*
        fn on_start<'__call>(
            &'__call mut self,
            __ctx: &'__call mut #private::Context<Self>,
        ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #private::StartError>> + ::core::marker::Send + '__call {
            async move { #body }
        }
    }
}

fn on_stop(
    Hook {
        cfgs,
        method,
        reason,
        context,
        answer,
    }: &Hook,
    private: &TokenStream,
) -> TokenStream {
    let arguments = [
        reason.map(|place| argument("__reason", place)),
        context.map(|place| argument("__ctx", place)),
    ];
    let call = call(method, answer, arguments, private);
    quote! {
        #(#cfgs)*
        fn on_stop<'__call>(
            &'__call mut self,
            __reason: &'__call #private::ExitReason,
            __ctx: &'__call mut #private::Context<Self>,
        ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send + '__call {
            async move { #call }
        }
    }
}

fn subscriptions(
    Names {
        service, private, ..
    }: &Names<'_>,
) -> Option<TokenStream> {
    let binds: Vec<TokenStream> = service
        .handlers
        .iter()
        .filter_map(|Handler { cfgs, takes, .. }| match takes {
            Takes::Event(ty) => {
                Some(quote!(#(#cfgs)* #private::bind_event::<Self, #ty>(__wiring);))
            }
            Takes::Message(_) => None,
        })
        .collect();
    (!binds.is_empty()).then(|| {
        quote! {
            fn subscriptions(__wiring: &mut #private::Wiring<'_, Self>) {
                #(#binds)*
            }
        }
    })
}

/// Where an answer of the wrong type is blamed: on the return type, from its first token to its last, or on the name of the
/// method when nothing is written.
fn place(method: &Ident, answer: &Answer) -> (Span, Span) {
    let written = answer
        .ty
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let first = written.clone().next().unwrap_or_else(|| method.span());
    (at(first), at(written.last().unwrap_or(first)))
}

/// What a method returned, out of the tuple it was put into. Rust underlines an expression from its first token to its last, so
/// that one made of two tokens can be laid over any piece of code.
fn held(first: Span, last: Span) -> TokenStream {
    let (held, index) = (
        Ident::new("__answer", first),
        syn::Index {
            index: 0,
            span: last,
        },
    );
    quote!(#held.#index)
}

/// An argument that is blamed on the parameter it is for.
fn argument(name: &str, place: Span) -> TokenStream {
    Ident::new(name, at(place)).into_token_stream()
}

/// A place in the code of the user for tokens of ours, so that what is wrong with them is shown there. Names still resolve, and
/// lints still see generated code, as everywhere in the expansion.
fn at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

fn blamed(path: &TokenStream, place: Span) -> TokenStream {
    path.clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(at(place));
            token
        })
        .collect()
}
