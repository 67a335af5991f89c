//! What the fields of a row say, or what is wrong with them.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use rust_decimal::Decimal;

use super::reject::Reason;
use super::table::{Column, Row};
use crate::money;

/// The accepted ids of a kind, and the lines on which they were given.
pub type Known<T> = HashMap<T, u64>;

pub fn id<'r>(row: &'r Row<'_>, column: Column) -> Result<&'r str, Reason> {
    match row.get(column) {
        "" => Err(Reason::EmptyId {
            column: column.name,
        }),
        id => Ok(id),
    }
}

/// An id that was not given before.
pub fn new_id<'r, T>(
    row: &'r Row<'_>,
    column: Column,
    what: &'static str,
    known: &Known<T>,
) -> Result<&'r str, Reason>
where
    T: Eq + Hash + Borrow<str>,
{
    let id = id(row, column)?;
    match known.get(id) {
        Some(&first) => Err(Reason::Duplicate {
            what,
            id: id.to_owned(),
            first,
        }),
        None => Ok(id),
    }
}

/// An id that was given in another file; the text is shared with it.
pub fn known_id<T>(
    row: &Row<'_>,
    column: Column,
    what: &'static str,
    known: &Known<T>,
) -> Result<T, Reason>
where
    T: Clone + Eq + Hash + Borrow<str>,
{
    let id = id(row, column)?;
    match known.get_key_value(id) {
        Some((known, _)) => Ok(known.clone()),
        None => Err(Reason::Unknown {
            what,
            id: id.to_owned(),
        }),
    }
}

pub fn decimal(row: &Row<'_>, column: Column) -> Result<Decimal, Reason> {
    let text = row.get(column);
    money::parse(text).ok_or_else(|| Reason::NotADecimal {
        column: column.name,
        value: text.to_owned(),
    })
}

/// A decimal that is not negative.
pub fn amount(row: &Row<'_>, column: Column) -> Result<Decimal, Reason> {
    match decimal(row, column)? {
        amount if amount >= Decimal::ZERO => Ok(amount),
        _ => Err(out_of_range(row, column, "0 or more")),
    }
}

/// The least number that is accepted.
pub struct AtLeast(pub u64);

pub fn whole(row: &Row<'_>, column: Column, AtLeast(least): AtLeast) -> Result<u64, Reason> {
    let text = row.get(column);
    // Signed and wider first, so that -1 is out of range rather than not a number.
    let number = text.parse::<i128>().ok();
    match number.map(|number| (number >= i128::from(least), u64::try_from(number))) {
        Some((true, Ok(number))) => Ok(number),
        Some((false, _)) if least == 0 => Err(out_of_range(row, column, "0 or more")),
        Some((false, _)) => Err(out_of_range(row, column, "greater than 0")),
        _ => Err(Reason::NotAWholeNumber {
            column: column.name,
            value: text.to_owned(),
        }),
    }
}

pub fn boolean(row: &Row<'_>, column: Column) -> Result<bool, Reason> {
    match row.get(column) {
        "0" => Ok(false),
        "1" => Ok(true),
        text if text.eq_ignore_ascii_case("false") => Ok(false),
        text if text.eq_ignore_ascii_case("true") => Ok(true),
        text => Err(Reason::NotABoolean {
            column: column.name,
            value: text.to_owned(),
        }),
    }
}

pub fn out_of_range(row: &Row<'_>, column: Column, range: &'static str) -> Reason {
    Reason::OutOfRange {
        column: column.name,
        value: row.get(column).to_owned(),
        range,
    }
}
