//! The envelope: one variant for each handler.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

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
    let self_ty = &service.self_ty;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let phantom = generics::phantom(generics);
    let unused = phantom
        .as_ref()
        .map(|phantom| quote!(#[doc(hidden)] __Unused(::core::convert::Infallible, #phantom),));
    let never = phantom
        .as_ref()
        .map(|_| quote!(Self::__Unused(ref __never, _) => match *__never {},));
    let never_owned = phantom
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
    let (kinds, types): (Vec<_>, Vec<_>) = service
        .handlers
        .iter()
        .map(|handler| kind(handler, private))
        .unzip();
    let types = types.into_iter().map(|ty| names.outside(ty));

    quote! {
        #[doc(hidden)]
        pub enum #envelope #impl_generics #where_clause {
            #(#(#cfgs)* #variants(#kinds<#self_ty, #types>),)*
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

            fn patience(&self) -> ::core::option::Option<#private::Patience> {
                match *self {
                    #(#(#cfgs)* Self::#variants(ref __envelope) => #kinds::patience(__envelope),)*
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

/// `HandledBy` for each message, `HeardBy` for each event: the proof that it may be sent to this actor.
pub(super) fn wraps(names: &Names<'_>) -> TokenStream {
    let Names {
        service,
        private,
        envelope,
        ..
    } = names;
    let sound = service.handlers.iter().map(|handler| {
        let Handler {
            cfgs,
            variant,
            takes,
            ..
        } = handler;
        let (kind, ty) = kind(handler, private);
        let relation = match takes {
            Takes::Message(_) => quote!(#private::HandledBy),
            Takes::Event(_) => quote!(#private::HeardBy),
        };
        let wrap = wrap(
            names,
            &relation,
            ty,
            &kind,
            &quote!(#envelope::#variant(__content)),
        );
        quote!(#(#cfgs)* #wrap)
    });
    let spoilt = service.spoilt.iter().map(|ty| {
        // Never runs: the block with the mistake does not compile.
        wrap(
            names,
            &quote!(#private::HandledBy),
            ty,
            &quote!(#private::RequestTo),
            &quote!(::core::unreachable!()),
        )
    });
    sound.chain(spoilt).collect()
}

fn wrap(
    names: &Names<'_>,
    relation: &TokenStream,
    ty: &Type,
    kind: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Names {
        service,
        envelope,
        generics,
        ..
    } = names;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (self_ty, ty) = (&service.self_ty, names.outside(ty));
    quote! {
        #[automatically_derived]
        impl #impl_generics #relation<#self_ty> for #ty #where_clause {
            fn wrap(__content: #kind<#self_ty, Self>) -> #envelope #ty_generics {
                #body
            }
        }
    }
}

/// What the variant of a handler is made of: the kind of envelope, and what is in it.
pub(super) fn kind<'a>(handler: &'a Handler, private: &TokenStream) -> (TokenStream, &'a Type) {
    match &handler.takes {
        Takes::Message(ty) => (quote!(#private::RequestTo), ty),
        Takes::Event(ty) => (quote!(#private::DeliveredTo), ty),
    }
}
