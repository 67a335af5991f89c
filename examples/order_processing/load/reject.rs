//! What is wrong with the files, and the list of it.

use std::collections::BTreeMap;
use std::fmt;

/// A file that cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    pub file: &'static str,
    pub fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Unreadable { path: String, error: String },
    MissingColumn(&'static str),
    AmbiguousColumn(&'static str),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, fault } = self;
        match fault {
            Fault::Unreadable { path, error } => write!(f, "{file}: cannot read {path}: {error}"),
            Fault::MissingColumn(column) => write!(f, "{file}:1: there is no column `{column}`"),
            Fault::AmbiguousColumn(column) => {
                write!(f, "{file}:1: there is more than one column `{column}`")
            }
        }
    }
}

/// A row, or an order, that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub file: &'static str,
    /// The line of the file on which the row begins, counted from 1; an editor shows the same
    /// number.
    pub line: u64,
    pub reason: Reason,
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    // How the row is written.
    FieldCount {
        expected: usize,
        found: usize,
    },
    UnclosedQuote,
    NotUtf8,
    EmptyId {
        column: &'static str,
    },
    NotADecimal {
        column: &'static str,
        value: String,
    },
    NotAWholeNumber {
        column: &'static str,
        value: String,
    },
    NotABoolean {
        column: &'static str,
        value: String,
    },
    // What it says.
    OutOfRange {
        column: &'static str,
        value: String,
        range: &'static str,
    },
    Duplicate {
        what: &'static str,
        id: String,
        first: u64,
    },
    Unknown {
        what: &'static str,
        id: String,
    },
    NotExact {
        order: String,
    },
    // Of an order whose own row is fine. This is a rejected order, not a rejected row.
    NoValidLine {
        order: String,
    },
}

impl Reason {
    /// What reasons of the same kind are counted under.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => "wrong number of fields",
            Self::UnclosedQuote => "quote never closed",
            Self::NotUtf8 => "not UTF-8",
            Self::EmptyId { .. } => "empty id",
            Self::NotADecimal { .. } => "not a decimal number",
            Self::NotAWholeNumber { .. } => "not a whole number",
            Self::NotABoolean { .. } => "neither 0 nor 1",
            Self::OutOfRange { .. } => "out of range",
            Self::Duplicate { .. } => "duplicate id",
            Self::Unknown { what: "order", .. } => "unknown order",
            Self::Unknown { .. } => "unknown product",
            Self::NotExact { .. } => "amount too long",
            Self::NoValidLine { .. } => "order without a valid line",
        }
    }

    /// Whether it is an order that is rejected, rather than a row.
    pub fn is_of_order(&self) -> bool {
        matches!(self, Self::NoValidLine { .. })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldCount { expected, found } => {
                write!(f, "expected {expected} fields, found {found}")
            }
            Self::UnclosedQuote => f.write_str("a quote is opened and never closed"),
            Self::NotUtf8 => f.write_str("the row is not valid UTF-8"),
            Self::EmptyId { column } => write!(f, "`{column}` is empty"),
            Self::NotADecimal { column, value } => {
                write!(
                    f,
                    "`{column}` is not a decimal number of at most 28 digits: {}",
                    Quoted(value)
                )
            }
            Self::NotAWholeNumber { column, value } => {
                write!(
                    f,
                    "`{column}` is not a whole number of at most 64 bits: {}",
                    Quoted(value)
                )
            }
            Self::NotABoolean { column, value } => {
                write!(f, "`{column}` is neither 0 nor 1: {}", Quoted(value))
            }
            Self::OutOfRange {
                column,
                value,
                range,
            } => write!(f, "`{column}` is not {range}: {}", Quoted(value)),
            Self::Duplicate { what, id, first } => {
                write!(f, "{what} {} was already given on line {first}", Quoted(id))
            }
            Self::Unknown { what, id } => write!(f, "there is no accepted {what} {}", Quoted(id)),
            Self::NotExact { order } => {
                write!(
                    f,
                    "the value of order {} would need more than 28 digits",
                    Quoted(order)
                )
            }
            Self::NoValidLine { order } => write!(f, "order {} has no valid line", Quoted(order)),
        }
    }
}

/// A piece of a file as it may safely appear on a terminal: escaped, and cut when it is long.
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

/// All rejects of a set of files: counted without limit, kept up to a number per kind.
#[derive(Clone, Debug, Default)]
pub struct Rejects {
    /// The first of each kind, in the order of reading.
    pub kept: Vec<Reject>,
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Rows, over all files.
    pub rows: u64,
    /// Orders whose row was fine but that have no valid line.
    pub orders: u64,
}

impl Rejects {
    /// How many of each kind are kept to be shown.
    pub const KEPT_PER_KIND: u64 = 20;

    pub fn push(&mut self, reject: Reject) {
        if reject.reason.is_of_order() {
            self.orders += 1;
        } else {
            self.rows += 1;
        }
        let count = self.by_kind.entry(reject.reason.kind()).or_default();
        *count += 1;
        if *count <= Self::KEPT_PER_KIND {
            self.kept.push(reject);
        }
    }

    /// One text per reject, and one per kind that has more of them.
    pub fn report(&self) -> impl Iterator<Item = String> + '_ {
        let more = self.by_kind.iter().filter_map(|(kind, count)| {
            let hidden = count
                .checked_sub(Self::KEPT_PER_KIND)
                .filter(|&hidden| hidden > 0)?;
            Some(format!("… and {hidden} more: {kind}"))
        });
        self.kept.iter().map(Reject::to_string).chain(more)
    }
}
