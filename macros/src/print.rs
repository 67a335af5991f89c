//! Tokens as text: in errors, and for `CALLBOARD_MACROS_DEBUG=1`, which shows what the macros wrote.

use std::env;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Prints the expansion of one macro to stderr when that was asked for, and passes it on.
pub(crate) fn expansion(name: &str, tokens: TokenStream) -> TokenStream {
    if env::var_os("CALLBOARD_MACROS_DEBUG").is_some_and(|value| value != "0" && !value.is_empty())
    {
        let mut text = format!("// ---- {name}\n");
        lines(&tokens, 0, &mut text);
        eprintln!("{}", text.trim_end());
    }
    tokens
}

/// Writes tokens on one line, spaced about as people do.
pub(crate) fn line(tokens: &TokenStream) -> String {
    let mut text = String::new();
    let mut before = None;
    for token in tokens.clone() {
        push(&token, &mut before, &mut text);
    }
    text
}

/// Breaks lines at braces and semicolons: not pretty, but enough to read, and without a formatter among the dependencies.
fn lines(tokens: &TokenStream, depth: usize, text: &mut String) {
    let mut before = None;
    for token in tokens.clone() {
        let begins = before.is_none() || text.ends_with('\n');
        match &token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !group.stream().is_empty() =>
            {
                text.push_str(if begins { "{\n" } else { " {\n" });
                lines(&group.stream(), depth + 1, text);
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                indent(depth, text);
                text.push_str("}\n");
                before = None;
            }
            TokenTree::Punct(punct)
                if text.ends_with("}\n") && matches!(punct.as_char(), ',' | ';' | ')') =>
            {
                text.insert(text.len() - 1, punct.as_char());
            }
            _ => {
                if begins {
                    indent(depth, text);
                    before = None;
                }
                push(&token, &mut before, text);
                if matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';'))
                    && angles_are_closed(text)
                {
                    text.push('\n');
                }
            }
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    text.push_str(&"    ".repeat(depth));
}

/// Whether a comma at the end of a text is between items, not between the arguments of a type.
fn angles_are_closed(text: &str) -> bool {
    let line = text
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .replace("->", "")
        .replace("=>", "");
    line.matches('<').count() == line.matches('>').count()
}

fn push(token: &TokenTree, before: &mut Option<TokenTree>, text: &mut String) {
    if before
        .as_ref()
        .is_some_and(|before| spaced(before, token, text))
    {
        text.push(' ');
    }
    match token {
        TokenTree::Group(group) => {
            let (open, close) = match group.delimiter() {
                Delimiter::Parenthesis => ("(", ")"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
                Delimiter::Brace => ("{ ", " }"),
                Delimiter::None => ("", ""),
            };
            text.push_str(open);
            text.push_str(&line(&group.stream()));
            text.push_str(close);
        }
        token => text.push_str(&token.to_string()),
    }
    *before = Some(token.clone());
}

/// Whether two tokens are kept apart.
fn spaced(before: &TokenTree, token: &TokenTree, text: &str) -> bool {
    // The sign of a number.
    if text == "-" {
        return false;
    }
    let is_word = |token: &TokenTree| match token {
        TokenTree::Ident(ident) => !["mut", "dyn", "impl", "as", "for", "where", "return"]
            .iter()
            .any(|keyword| ident == keyword),
        TokenTree::Literal(_) => true,
        _ => false,
    };
    if matches!(before, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint || "<&.!#".contains(punct.as_char()))
        || text.ends_with("::")
    {
        return false;
    }
    let closes = matches!(before, TokenTree::Punct(punct) if punct.as_char() == '>')
        || matches!(before, TokenTree::Group(_));
    match token {
        TokenTree::Punct(punct) => match punct.as_char() {
            '.' => matches!(before, TokenTree::Punct(punct) if punct.as_char() == ','),
            ',' | ';' | '?' | '>' | '!' => false,
            ':' => !(is_word(before) || closes),
            '<' => !is_word(before),
            _ => true,
        },
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis | Delimiter::Bracket => !(is_word(before) || closes),
            _ => true,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::line;

    #[test]
    fn tokens_are_quoted_as_they_are_written() {
        for (tokens, text) in [
            (quote!(msg: Reserve), "msg: Reserve"),
            (
                quote!(ctx: &mut ::callboard::Context<Self>),
                "ctx: &mut ::callboard::Context<Self>",
            ),
            (quote!(Result<Vec<u8>, (A, B)>), "Result<Vec<u8>, (A, B)>"),
            (
                quote!(impl Future<Output = u32> + Send + 'static),
                "impl Future<Output = u32> + Send + 'static",
            ),
            (
                quote!(fn(&str, [u8; 4]) -> Box<dyn Fn()>),
                "fn(&str, [u8; 4]) -> Box<dyn Fn()>",
            ),
            (quote!(<T as Timed>::Zone), "<T as Timed>::Zone"),
            (quote!(Reserve { order_id, .. }), "Reserve { order_id, .. }"),
        ] {
            assert_eq!(line(&tokens), text);
        }
    }
}
