//! What is odd about an accepted row.

use std::fmt;

use super::reject::Quoted;

/// An order that was accepted although nothing is known of its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub file: &'static str,
    /// The line of the file on which the row begins, counted from 1.
    pub line: u64,
    /// `None` when the row names nobody.
    pub customer: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            customer,
        } = self;
        write!(f, "{file}:{line}: warning: ")?;
        match customer {
            Some(id) => write!(f, "there is no accepted customer {}", Quoted(id))?,
            None => f.write_str("the order names no customer")?,
        }
        f.write_str("; the order is taken all the same")
    }
}

/// All warnings of a set of files: counted without limit, kept up to a number.
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    /// The first ones, in the order of reading.
    pub kept: Vec<Warning>,
    pub count: u64,
}

impl Warnings {
    /// How many are kept to be shown.
    pub const KEPT: usize = 20;

    pub fn push(&mut self, warning: Warning) {
        self.count += 1;
        if self.kept.len() < Self::KEPT {
            self.kept.push(warning);
        }
    }

    /// One text per warning, and one for those that were not kept.
    pub fn report(&self) -> impl Iterator<Item = String> + '_ {
        let hidden = self.count - self.kept.len() as u64;
        let more = (hidden > 0).then(|| format!("… and {hidden} more: unknown customer"));
        self.kept.iter().map(Warning::to_string).chain(more)
    }
}
