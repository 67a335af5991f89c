//! The envelope: one variant for each handler.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Names, generics};
use crate::tree::{Handler, Takes};

/// The enum, and `Envelope` for it.
pub(super) fn definition(names: &Names<'_>) -> TokenStream {
    let Names {
        service,
        private,
        envelope,
        generics,
    } = names;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let phantom = generics::phantom(generics);
    let unused = phantom
        .as_ref()
        .map(|phantom| quote!(#[doc(hidden)] __Unused(::core::convert::Infallible, #phantom),));
    let never = phantom.map(|_| quote!(Self::__Unused(ref __never, _) => match *__never {},));
    let never_owned = never
        .as_ref()
        .map(|_| quote!(Self::__Unused(__never, _) => match __never {},));

    let cfgs: Vec<_> = service
        .handlers
        .iter()
        .map(|handler| &handler.cfgs)
        .collect();
    let variants: Vec<_> = service
        .handlers
        .iter()
        .map(|handler| &handler.variant)
        .collect();
    let contents = service
        .handlers
        .iter()
        .map(|handler| content(handler, names));
    let kinds: Vec<_> = service
        .handlers
        .iter()
        .map(|handler| kind(handler, private))
        .collect();

    quote! {
        #[doc(hidden)]
        pub enum #envelope #impl_generics #where_clause {
            #(#(#cfgs)* #variants(#contents),)*
            #unused
        }

        // Counts the handlers that are there under their cfgs.
        enum __Index { #(#(#cfgs)* #variants,)* }

        #[automatically_derived]
        impl #impl_generics #private::Envelope for #envelope #ty_generics #where_clause {
            fn index(&self) -> ::core::primitive::usize {
                match *self {
                    #(#(#cfgs)* Self::#variants(_) => __Index::#variants as ::core::primitive::usize,)*
                    #never
                }
            }

            fn is_abandoned(&self) -> ::core::primitive::bool {
                match *self {
                    #(#(#cfgs)* Self::#variants(ref __envelope) => #kinds::is_abandoned(__envelope),)*
                    #never
                }
            }

            fn deadline(&self) -> ::core::option::Option<#private::Instant> {
                match *self {
                    #(#(#cfgs)* Self::#variants(ref __envelope) => #kinds::deadline(__envelope),)*
                    #never
                }
            }

            fn refuse(self) -> ::core::option::Option<#private::Payload> {
                match self {
                    #(#(#cfgs)* Self::#variants(__envelope) => #kinds::refuse(__envelope),)*
                    #never_owned
                }
            }
        }
    }
}

/// `HandledBy` for each message: the proof that lets it be sent to this actor.
pub(super) fn handled_by(names: &Names<'_>) -> impl Iterator<Item = TokenStream> {
    let Names {
        service,
        private,
        envelope,
        generics,
    } = names;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let self_ty = &service.self_ty;
    let implemented = move |cfgs: TokenStream, message: TokenStream, body: TokenStream| {
        quote! {
            #cfgs
            #[automatically_derived]
            impl #impl_generics #private::HandledBy<#self_ty> for #message #where_clause {
                fn wrap(__request: #private::Request<Self>) -> #envelope #ty_generics {
                    #body
                }
            }
        }
    };
    let sound = service.handlers.iter().filter_map(
        move |Handler {
                  cfgs,
                  variant,
                  takes,
                  ..
              }| match takes {
            Takes::Message(ty) => Some((
                quote!(#(#cfgs)*),
                names.outside(ty),
                quote!(#envelope::#variant(__request)),
            )),
            Takes::Event(_) => None,
        },
    );
    // Never runs: the block with the mistake does not compile.
    let spoilt = service.spoilt.iter().map(move |ty| {
        (
            TokenStream::new(),
            names.outside(ty),
            quote!(::core::unreachable!()),
        )
    });
    sound
        .chain(spoilt)
        .map(move |(cfgs, message, body)| implemented(cfgs, message, body))
}

/// `Request` or `Delivered`.
pub(super) fn kind(handler: &Handler, private: &TokenStream) -> TokenStream {
    match handler.takes {
        Takes::Message(_) => quote!(#private::Request),
        Takes::Event(_) => quote!(#private::Delivered),
    }
}

fn content(handler: &Handler, names: &Names<'_>) -> TokenStream {
    let kind = kind(handler, &names.private);
    let (Takes::Message(ty) | Takes::Event(ty)) = &handler.takes;
    let ty = names.outside(ty);
    quote!(#kind<#ty>)
}
