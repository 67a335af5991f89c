//! Reads an `impl` block as far as `#[actor]` has to understand it.
//!
//! Bodies of methods stay tokens: nothing in them concerns us, and while one is being typed the rest of the block still
//! works. Nothing is judged here; what cannot be read is kept as it is.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ImplItem, ItemImpl, Meta, Signature, Token, Visibility};

use crate::tree::{Mark, MarkKind};

/// An `impl` block with its methods.
pub(crate) struct Block {
    /// Everything before the braces, as an `impl` without items.
    pub(crate) head: ItemImpl,
    body: Group,
    pub(crate) items: Vec<Item>,
}

pub(crate) enum Item {
    Method(Box<Method>),
    /// A constant, a macro call, or what we could not read, with the markers it bears by mistake.
    Other {
        marks: Vec<Mark>,
        tokens: TokenStream,
    },
}

pub(crate) struct Method {
    /// Without the markers.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) marks: Vec<Mark>,
    /// `#[cfg_attr(.., handler)]` and the like, which are a mistake and are not written back.
    pub(crate) hidden: Vec<(Attribute, MarkKind)>,
    vis: Visibility,
    pub(crate) sig: Signature,
    body: TokenStream,
}

/// Why an item is not a block we can read, with the keyword it starts with as far as there is one.
pub(crate) struct NotAnImpl {
    pub(crate) keyword: Option<TokenTree>,
}

impl Block {
    pub(crate) fn read(item: TokenStream) -> Result<Self, NotAnImpl> {
        let mut head: Vec<TokenTree> = item.clone().into_iter().collect();
        let Some(TokenTree::Group(body)) = head.pop_if(
            |last| matches!(last, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace),
        ) else {
            return Err(NotAnImpl::new(item));
        };
        let head: TokenStream = head.into_iter().collect();
        let Ok(head) = syn::parse2::<ItemImpl>(quote!(#head {})) else {
            return Err(NotAnImpl::new(item));
        };
        let items = syn::parse2::<Items>(body.stream()).map_or_else(
            |_| {
                vec![Item::Other {
                    marks: Vec::new(),
                    tokens: body.stream(),
                }]
            },
            |items| items.0,
        );
        Ok(Self { head, body, items })
    }

    /// Every marker of the block.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.items.iter().flat_map(|item| match item {
            Item::Method(method) => &method.marks,
            Item::Other { marks, .. } => marks,
        })
    }
}

impl NotAnImpl {
    fn new(item: TokenStream) -> Self {
        const KEYWORDS: [&str; 11] = [
            "struct", "enum", "union", "trait", "fn", "mod", "impl", "const", "static", "type",
            "use",
        ];
        let keyword = item.into_iter().find(|token| matches!(token, TokenTree::Ident(ident) if KEYWORDS.contains(&ident.to_string().as_str())));
        Self { keyword }
    }
}

/// Writes the block as the user wrote it, less the markers.
impl ToTokens for Block {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        // The head was read with empty braces; they give way to the real ones.
        let mut head: Vec<TokenTree> = self.head.to_token_stream().into_iter().collect();
        head.pop();
        tokens.append_all(head);

        let mut items = TokenStream::new();
        items.append_all(&self.items);
        let mut body = Group::new(Delimiter::Brace, items);
        body.set_span(self.body.span());
        tokens.append(body);
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Method(method) => {
                let Method {
                    attrs,
                    vis,
                    sig,
                    body,
                    ..
                } = &**method;
                tokens.append_all(attrs);
                vis.to_tokens(tokens);
                sig.to_tokens(tokens);
                body.to_tokens(tokens);
            }
            Self::Other { tokens: other, .. } => other.to_tokens(tokens),
        }
    }
}

struct Items(Vec<Item>);

impl Parse for Items {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        // Inner attributes belong to the block; they are written back where they stood.
        let inner = input.call(Attribute::parse_inner)?;
        let mut items = Vec::new();
        if !inner.is_empty() {
            items.push(Item::Other {
                marks: Vec::new(),
                tokens: quote!(#(#inner)*),
            });
        }
        while !input.is_empty() {
            items.push(input.parse()?);
        }
        Ok(Self(items))
    }
}

impl Parse for Item {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let cfgs = cfgs(&attrs);
        let (marks, attrs): (Vec<_>, Vec<_>) = attrs
            .into_iter()
            .partition(|attr| MarkKind::of(attr.path()).is_some());
        let (hidden, attrs): (Vec<_>, Vec<_>) = attrs
            .into_iter()
            .partition(|attr| mark_in_cfg_attr(attr).is_some());
        let hidden = hidden
            .into_iter()
            .filter_map(|attr| Some((attr.clone(), mark_in_cfg_attr(&attr)?)))
            .collect();
        let marks = marks
            .into_iter()
            .filter_map(|attr| {
                Some(Mark {
                    kind: MarkKind::of(attr.path())?,
                    attr,
                    cfgs: cfgs.clone(),
                })
            })
            .collect();

        let ahead = input.fork();
        if let (Ok(_), Ok(_)) = (ahead.parse::<Visibility>(), ahead.parse::<Signature>()) {
            let (vis, sig) = (input.parse()?, input.parse()?);
            let mut body = TokenStream::new();
            if input.peek(Token![;]) || input.peek(syn::token::Brace) {
                body.append(input.parse::<TokenTree>()?);
            }
            return Ok(Self::Method(Box::new(Method {
                attrs,
                marks,
                hidden,
                vis,
                sig,
                body,
            })));
        }

        let rest = if input.fork().parse::<ImplItem>().is_ok() {
            input.parse::<ImplItem>()?.into_token_stream()
        } else {
            // Rust reports what is wrong with it.
            input.parse()?
        };
        Ok(Self::Other {
            marks,
            tokens: quote!(#(#attrs)* #rest),
        })
    }
}

/// The `#[cfg]`s among some attributes.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// The marker a `#[cfg_attr(.., handler)]` would set, too late for `#[actor]` to see it.
fn mark_in_cfg_attr(attr: &Attribute) -> Option<MarkKind> {
    let Meta::List(list) = &attr.meta else {
        return None;
    };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let all = list
        .parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated)
        .ok()?;
    all.iter()
        .skip(1)
        .find_map(|meta| MarkKind::of(meta.path()))
}
