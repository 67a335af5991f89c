//! The rules for the derives.

use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, LitStr};

use super::{Errors, text};
use crate::names::nearest;
use crate::options::FieldPath;

/// The rules for each name a user can give, of an actor, a message, an event or a module.
pub(crate) fn name(name: &LitStr, of_what: &str, errors: &mut Errors) -> bool {
    let value = name.value();
    if value.trim().is_empty() {
        errors.at(
            name,
            format_args!(
                "the name of {of_what} is empty: write one, or leave the option out for the default"
            ),
        );
    } else if value.contains(char::is_whitespace) {
        let better: Vec<&str> = value.split_whitespace().collect();
        errors.at(
            name,
            format_args!(
                "the name of {of_what} has white space in it: write `name = {:?}`",
                better.join("_")
            ),
        );
    } else {
        return true;
    }
    false
}

/// What is asked of every type with a derive: that a value of it can live as long as it likes.
pub(crate) fn declared(input: &DeriveInput, what: &str, errors: &mut Errors) {
    for param in input.generics.lifetimes() {
        errors.at(
            &param.lifetime,
            format_args!(
                "{what} outlives the place that makes it, so it cannot borrow for `{}`: \
                let it own its data (`String`, `Arc<..>`) and remove the lifetime",
                param.lifetime
            ),
        );
    }
}

/// The key of an event has to start at a field of it; Rust checks the rest of the path.
pub(crate) fn key(key: &FieldPath, input: &DeriveInput, errors: &mut Errors) -> bool {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) | Data::Union(_) => {
            errors.at(
                &key.tokens,
                "`key` names a field of a struct, and this has none that is always there: \
                implement `Event` by hand, with `fn key(&self)`",
            );
            return false;
        }
    };
    let names: Vec<String> = fields.members().map(|member| text(&member)).collect();
    let wanted = text(&key.first);
    if names.contains(&wanted) {
        return true;
    }
    let advice = match (nearest(&wanted, names.iter().map(String::as_str)), fields) {
        (Some(near), _) => format!("write `key = {near}`"),
        (None, Fields::Unit) => "remove the option, or add the field".to_owned(),
        (None, _) => format!(
            "it has {}",
            names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    errors.at(
        key.first.to_token_stream(),
        format_args!("`{}` has no field `{wanted}`: {advice}", input.ident),
    );
    false
}
