//! Questions about types, as far as tokens can answer them. What they cannot is left to bounds, with texts of their own.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, GenericParam, Generics, Lifetime, PathArguments, PathSegment, ReturnType,
    Signature, Type, TypeImplTrait, TypeParamBound,
};

use crate::tree::Answer;

/// The type inside of parentheses and of what a `macro_rules!` put around it.
pub(super) fn peeled(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => peeled(&paren.elem),
        Type::Group(group) => peeled(&group.elem),
        ty => ty,
    }
}

/// `Context<Self>`, with any kind of reference to it or none.
pub(super) fn is_context(ty: &Type) -> bool {
    match peeled(ty) {
        Type::Reference(reference) => is_context(&reference.elem),
        // Always with the actor: a plain `Context` is a type of the user.
        ty => last_segment(ty)
            .is_some_and(|last| last.ident == "Context" && !last.arguments.is_none()),
    }
}

pub(super) fn is_self(ty: &Type) -> bool {
    matches!(peeled(ty), Type::Path(path) if path.qself.is_none() && path.path.is_ident("Self"))
}

pub(super) fn is_shared_reference(ty: &Type) -> bool {
    matches!(peeled(ty), Type::Reference(reference) if reference.mutability.is_none())
}

pub(super) fn is_unit(ty: &Type) -> bool {
    matches!(peeled(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether a type certainly is neither `()` nor a `Result<(), E>`. An alias may be either.
pub(super) fn is_reply(ty: &Type) -> bool {
    const VALUES: [&str; 18] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "Option", "Vec",
    ];
    match peeled(ty) {
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        Type::Array(_) | Type::Reference(_) => true,
        ty => last_segment(ty).is_some_and(|last| {
            VALUES.iter().any(|value| last.ident == value)
                || (last.ident == "Result" && first_argument(last).is_some_and(|ok| !is_unit(ok)))
        }),
    }
}

/// What a method gives back. `async fn() -> T` and `fn() -> impl Future<Output = T>` are the same to an actor.
pub(super) fn answer(sig: &Signature) -> Answer {
    let ty = match &sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(peeled(ty)),
    };
    match ty.and_then(future) {
        Some(output) if sig.asyncness.is_none() => Answer {
            awaited: true,
            ty: output.cloned(),
        },
        _ => Answer {
            awaited: sig.asyncness.is_some(),
            ty: ty.cloned(),
        },
    }
}

/// The output of an `impl Future<Output = T>`; the inner option is `None` when the output is not written.
#[expect(
    clippy::option_option,
    reason = "no future, and a future without a written output, are two answers"
)]
fn future(ty: &Type) -> Option<Option<&Type>> {
    let Type::ImplTrait(opaque) = ty else {
        return None;
    };
    opaque.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        (last.ident == "Future").then(|| match &last.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|argument| match argument {
                    GenericArgument::AssocType(output) if output.ident == "Output" => {
                        Some(peeled(&output.ty))
                    }
                    _ => None,
                })
            }
            _ => None,
        })
    })
}

/// The lifetimes in a type that are not `'static`.
pub(super) fn borrows(ty: &Type) -> impl Iterator<Item = Lifetime> {
    struct Lifetimes(Vec<Lifetime>);
    impl<'ast> Visit<'ast> for Lifetimes {
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            if lifetime.ident != "static" {
                self.0.push(lifetime.clone());
            }
        }

        // The lifetimes of `fn(&'a str)` and `dyn for<'a> Fn(&'a str)` are bound in place.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_type_trait_object(&mut self, _: &'ast syn::TypeTraitObject) {}
    }
    let mut lifetimes = Lifetimes(Vec::new());
    lifetimes.visit_type(ty);
    lifetimes.0.into_iter()
}

/// An `impl Trait` anywhere in a type.
pub(super) fn find_impl(ty: &Type) -> Option<&TypeImplTrait> {
    struct Opaque<'ast>(Option<&'ast TypeImplTrait>);
    impl<'ast> Visit<'ast> for Opaque<'ast> {
        fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
            self.0.get_or_insert(ty);
        }
    }
    let mut opaque = Opaque(None);
    visit::visit_type(&mut opaque, ty);
    opaque.0
}

/// The first parameter a caller would have to choose.
pub(super) fn non_lifetime(generics: &Generics) -> Option<(&GenericParam, &Ident)> {
    generics.params.iter().find_map(|param| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(ty) => Some((param, &ty.ident)),
        GenericParam::Const(constant) => Some((param, &constant.ident)),
    })
}

/// Whether a type is just a type parameter, `T`.
pub(super) fn is_parameter(ty: &Type, generics: &Generics) -> bool {
    matches!(peeled(ty), Type::Path(path) if path.qself.is_none() && generics.type_params().any(|param| path.path.is_ident(&param.ident)))
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peeled(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::{answer, borrows, is_reply};

    #[test]
    fn a_future_is_awaited_whichever_way_it_is_returned() {
        for (sig, awaited, ty) in [
            (parse_quote!(fn f(&mut self)), false, None),
            (parse_quote!(fn f(&mut self) -> u32), false, Some("u32")),
            (parse_quote!(async fn f(&mut self)), true, None),
            (
                parse_quote!(async fn f(&mut self) -> u32),
                true,
                Some("u32"),
            ),
            (
                parse_quote!(fn f(&mut self) -> impl Future<Output = u32> + Send),
                true,
                Some("u32"),
            ),
            (
                parse_quote!(fn f(&mut self) -> impl Send + std::future::Future<Output = u32> + '_),
                true,
                Some("u32"),
            ),
            (
                parse_quote!(fn f(&mut self) -> impl Iterator<Item = u32>),
                false,
                Some("impl Iterator < Item = u32 >"),
            ),
        ] {
            let found = answer(&sig);
            assert_eq!(found.awaited, awaited, "{}", sig.to_token_stream());
            assert_eq!(
                found
                    .ty
                    .map(|ty| ty.to_token_stream().to_string())
                    .as_deref(),
                ty
            );
        }
    }

    #[test]
    fn only_what_cannot_be_a_result_counts_as_a_reply_to_an_event() {
        for reply in [
            parse_quote!(u32),
            parse_quote!((u8, u8)),
            parse_quote!(Result<u32, E>),
            parse_quote!(Option<()>),
            parse_quote!(&'static str),
        ] {
            assert!(is_reply(&reply), "{}", reply.to_token_stream());
        }
        for fine in [
            parse_quote!(()),
            parse_quote!(Result<(), E>),
            parse_quote!(anyhow::Result<()>),
            parse_quote!(io::Result),
            parse_quote!(Outcome),
        ] {
            assert!(!is_reply(&fine), "{}", fine.to_token_stream());
        }
    }

    #[test]
    fn a_borrow_is_found_unless_it_is_static_or_bound_in_place() {
        for owned in [
            parse_quote!(A),
            parse_quote!(A<&'static str>),
            parse_quote!(A<fn(&str)>),
            parse_quote!(A<Box<dyn Fn(&str)>>),
        ] {
            assert!(
                borrows(&owned).next().is_none(),
                "{}",
                owned.to_token_stream()
            );
        }
        for borrowed in [
            parse_quote!(A<'_>),
            parse_quote!(A<'a>),
            parse_quote!(Vec<A<'a>>),
        ] {
            assert!(
                borrows(&borrowed).next().is_some(),
                "{}",
                borrowed.to_token_stream()
            );
        }
    }
}
