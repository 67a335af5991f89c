//! `CALLBOARD_MACROS_DEBUG=1` shows what the macros wrote.

use std::env;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Prints the expansion of one macro to stderr when that was asked for, and passes it on.
pub(crate) fn expansion(name: &str, tokens: TokenStream) -> TokenStream {
    if env::var_os("CALLBOARD_MACROS_DEBUG").is_some_and(|value| value != "0" && !value.is_empty())
    {
        let mut text = format!("// ---- {name}\n");
        write(&tokens, 0, &mut text);
        eprintln!("{}", text.trim_end());
    }
    tokens
}

/// Breaks lines at braces and semicolons: not pretty, but enough to read, and without a formatter among the dependencies.
fn write(tokens: &TokenStream, depth: usize, text: &mut String) {
    let indent = |text: &mut String| {
        if text.ends_with('\n') {
            text.push_str(&"    ".repeat(depth));
        }
    };
    let mut tokens = tokens.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        indent(text);
        match &token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && !group.stream().is_empty() =>
            {
                text.push_str("{\n");
                write(&group.stream(), depth + 1, text);
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                indent(text);
                text.push('}');
                // What closes or continues the expression stays on the line of its brace.
                if !matches!(tokens.peek(), Some(TokenTree::Punct(_))) {
                    text.push('\n');
                }
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                match punct.as_char() {
                    ';' => text.push('\n'),
                    _ if punct.spacing() == Spacing::Joint => {}
                    _ => text.push(' '),
                }
            }
            token => {
                text.push_str(&token.to_string());
                text.push(' ');
            }
        }
    }
}
