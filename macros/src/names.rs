//! Names: how one is turned into another, and which one was probably meant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Ident, Path};

/// The path everything that is generated starts with.
pub(crate) fn private(krate: Option<&Path>) -> TokenStream {
    krate.map_or_else(
        || quote!(::callboard::__private),
        |path| quote!(#path::__private),
    )
}

/// `on_cancelled` becomes `OnCancelled`.
pub(crate) fn camel_case(name: &str) -> String {
    let camel: String = name
        .split('_')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .chain(chars)
        })
        .collect();
    // A method `self_` would become the keyword, and one of digits only, `_1`, no identifier at all.
    if camel == "Self" || !camel.starts_with(char::is_alphabetic) {
        format!("__{camel}")
    } else {
        camel
    }
}

/// `HttpServer` and `HTTPServer` become `http_server`.
fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, &c) in chars.iter().enumerate() {
        let begins_word = c.is_uppercase()
            && i > 0
            && chars[i - 1] != '_'
            && (!chars[i - 1].is_uppercase()
                || chars.get(i + 1).is_some_and(|next| next.is_lowercase()));
        if begins_word {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// What a module is called when nobody says otherwise: `OrderHistoryModule` is `order_history`.
pub(crate) fn module_name(ident: &Ident) -> String {
    let ty = ident.unraw().to_string();
    snake_case(
        ty.strip_suffix("Module")
            .filter(|rest| !rest.is_empty())
            .unwrap_or(&ty),
    )
}

/// The candidate a reader would take for `name` misspelt, if there is one.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            // `order` for `order_id` is no slip of the finger, but meant all the same.
            let begins =
                name.len() > 2 && (candidate.starts_with(name) || name.starts_with(candidate));
            (
                if begins { 0 } else { distance(name, candidate) },
                candidate,
            )
        })
        .filter(|&(distance, candidate)| distance <= name.len().max(candidate.len()) / 3)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters have to be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let edited = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped {
                        edited.min(table[i - 2][j - 2] + 1)
                    } else {
                        edited
                    }
                }
            };
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::{camel_case, module_name, nearest};

    #[test]
    fn a_method_name_becomes_a_variant_name() {
        for (method, variant) in [
            ("reserve", "Reserve"),
            ("on_order_placed", "OnOrderPlaced"),
            ("_quiet", "Quiet"),
            ("v2", "V2"),
            ("self_", "__Self"),
            ("_1", "__1"),
        ] {
            assert_eq!(camel_case(method), variant);
        }
    }

    #[test]
    fn a_type_name_becomes_a_module_name() {
        for (ty, module) in [
            ("InventoryModule", "inventory"),
            ("OrderHistory", "order_history"),
            ("HTTPServerModule", "http_server"),
            ("Module", "module"),
            ("V2", "v2"),
        ] {
            assert_eq!(module_name(&format_ident!("{ty}")), module);
        }
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_another_word_finds_none() {
        let known = ["module", "mailbox", "name", "crate"];
        assert_eq!(nearest("mialbox", known), Some("mailbox"));
        assert_eq!(nearest("mail_box", known), Some("mailbox"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("mail", known), Some("mailbox"));
        assert_eq!(nearest("capacity", known), None);
    }
}
