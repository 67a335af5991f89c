//! Money is a [`Decimal`], never a float, and every step is exact or says that it cannot be.
//!
//! `Decimal` holds 28 digits; beyond that its operators round without a word. The functions here
//! return `None` instead, so a row whose value would have to be rounded is refused rather than
//! charged a little wrong. Sums over a whole run may need more than 28 digits, which is what
//! [`ExactSum`] is for.

use std::fmt;

use rust_decimal::Decimal;

/// How many decimal places a [`Decimal`] can have.
const PLACES: u32 = 28;

/// Reads a plain decimal number such as `14.00`, `0.15` or `-3`.
///
/// Returns `None` for everything else: exponents, `NaN`, digit separators, and numbers that need
/// more than 28 digits.
pub fn parse(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }

    // Zeros at the outside say nothing, and must not be what makes a number too long.
    let fraction = fraction.trim_end_matches('0');
    let scale = u32::try_from(fraction.len()).ok()?;
    let mantissa = format!("{whole}{fraction}");
    let mantissa = match mantissa.trim_start_matches('0') {
        "" => 0,
        significant => significant.parse().ok()?,
    };
    exact(
        if text.starts_with('-') {
            -mantissa
        } else {
            mantissa
        },
        scale,
    )
}

/// The value of an order line: `unit_price × quantity × (1 − discount)`.
///
/// Returns `None` when the exact result needs more than 28 digits.
pub fn line_value(unit_price: Decimal, quantity: u64, discount: Decimal) -> Option<Decimal> {
    let price = unit_price.normalize();
    let rest = Decimal::ONE.checked_sub(discount)?.normalize();
    let mantissa = price
        .mantissa()
        .checked_mul(i128::from(quantity))?
        .checked_mul(rest.mantissa())?;
    exact(mantissa, price.scale() + rest.scale())
}

/// `a + b`, or `None` when the exact result needs more than 28 digits.
pub fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let at_scale = |value: Decimal| {
        value
            .mantissa()
            .checked_mul(10_i128.pow(scale - value.scale()))
    };
    exact(at_scale(a)?.checked_add(at_scale(b)?)?, scale)
}

fn exact(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

/// A sum of amounts that are not negative, exact whatever their number and size.
///
/// It is rounded only where it is shown: to two decimals, half away from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExactSum {
    whole: u128,
    /// In units of 10⁻²⁸, always less than one whole.
    fraction: u128,
}

impl ExactSum {
    const ONE: u128 = 10_u128.pow(PLACES);

    /// Adds one amount.
    pub fn add(&mut self, amount: Decimal) {
        debug_assert!(
            !amount.is_sign_negative() || amount.is_zero(),
            "amounts are not negative"
        );
        let part = amount.fract();
        // An amount has at most 29 digits, so four thousand million of the largest would fit.
        self.whole = self
            .whole
            .saturating_add(amount.trunc().mantissa().unsigned_abs());
        self.fraction += part.mantissa().unsigned_abs() * 10_u128.pow(PLACES - part.scale());
        if self.fraction >= Self::ONE {
            self.fraction -= Self::ONE;
            self.whole = self.whole.saturating_add(1);
        }
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let fraction = self.fraction + other.fraction;
        let carry = fraction / Self::ONE;
        Self {
            whole: self.whole.saturating_add(other.whole).saturating_add(carry),
            fraction: fraction % Self::ONE,
        }
    }
}

impl FromIterator<Decimal> for ExactSum {
    fn from_iter<I: IntoIterator<Item = Decimal>>(amounts: I) -> Self {
        let mut sum = Self::default();
        amounts.into_iter().for_each(|amount| sum.add(amount));
        sum
    }
}

/// Two decimals, rounded half away from zero.
impl fmt::Display for ExactSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cent = Self::ONE / 100;
        let cents = (self.fraction + cent / 2) / cent;
        let text = format!(
            "{}.{:02}",
            self.whole.saturating_add(cents / 100),
            cents % 100
        );
        f.pad_integral(true, "", &text)
    }
}
