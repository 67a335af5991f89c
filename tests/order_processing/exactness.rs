//! Amounts: what is read, what a line costs, and what all of them are together.

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::money::{self, ExactSum};
use crate::support::decimal;

#[test]
fn plain_decimal_numbers_are_read() {
    let cases = [
        ("14.00", Decimal::new(14, 0)),
        ("0.15", Decimal::new(15, 2)),
        ("-3", Decimal::new(-3, 0)),
        ("+.5", Decimal::new(5, 1)),
        ("5.", Decimal::new(5, 0)),
        ("0.0000000000000000000000000001", Decimal::new(1, 28)),
        ("79228162514264337593543950335", Decimal::MAX),
        // Zeros do not make a number too long.
        (
            "000000000000000000000000000000000000007",
            Decimal::new(7, 0),
        ),
        ("1.000000000000000000000000000000000000", Decimal::ONE),
    ];
    for (text, value) in cases {
        assert_eq!(money::parse(text), Some(value), "{text}");
    }
}

#[test]
fn everything_else_is_not_a_number() {
    let cases = [
        "",
        " ",
        ".",
        "-",
        "+-1",
        "1,5",
        "1e3",
        "1_000",
        "0x10",
        "NaN",
        "inf",
        "-Infinity",
        "1.2.3",
        "１",
        // One digit more than a decimal can hold, on either side.
        "79228162514264337593543950336",
        "0.00000000000000000000000000001",
    ];
    for text in cases {
        assert_eq!(money::parse(text), None, "{text}");
    }
}

#[test]
fn a_line_costs_its_price_times_quantity_less_the_discount() {
    let value =
        |price, quantity, discount| money::line_value(decimal(price), quantity, decimal(discount));
    assert_eq!(value("9.80", 10, "0.15"), Some(decimal("83.3")));
    assert_eq!(value("2.50", 1, "0.05"), Some(decimal("2.375")));
    assert_eq!(value("2.50", 3, "1"), Some(Decimal::ZERO));
    assert_eq!(value("0", u64::MAX, "0"), Some(Decimal::ZERO));
    assert_eq!(
        value("0.01", u64::MAX, "0"),
        Some(decimal("184467440737095516.15"))
    );
}

#[test]
fn a_line_that_would_have_to_be_rounded_has_no_value() {
    let value =
        |price, quantity, discount| money::line_value(decimal(price), quantity, decimal(discount));
    assert_eq!(value("79228162514264337593543950335", 2, "0"), None);
    assert_eq!(value("0.0000000000000000000000000001", 1, "0.5"), None);
    assert_eq!(
        value(
            "79228162514264337593543950335",
            u64::MAX,
            "0.0000000000000000000000000001"
        ),
        None
    );
    assert_eq!(money::add(Decimal::MAX, decimal("0.1")), None);
    assert_eq!(money::add(Decimal::MAX, Decimal::MAX), None);
}

#[test]
fn a_sum_is_rounded_once_and_half_away_from_zero() {
    let shown = |amounts: &[&str]| {
        amounts
            .iter()
            .map(|text| decimal(text))
            .collect::<ExactSum>()
            .to_string()
    };
    assert_eq!(shown(&[]), "0.00");
    assert_eq!(shown(&["0.004", "0.004"]), "0.01");
    assert_eq!(shown(&["0.005"]), "0.01");
    assert_eq!(shown(&["0.0049999999999999999999999999"]), "0.00");
    assert_eq!(shown(&["0.995"]), "1.00");
    assert_eq!(shown(&["9.99", "0.005"]), "10.00");
    // More digits than one decimal has.
    assert_eq!(
        shown(&["79228162514264337593543950335", "0.01"]),
        "79228162514264337593543950335.01"
    );
    assert_eq!(
        shown(&["79228162514264337593543950335"; 10]),
        "792281625142643375935439503350.00"
    );
}

proptest! {
    /// Against plain integers, in units of 10⁻⁶.
    #[test]
    fn a_sum_is_what_integers_say(
        amounts in prop::collection::vec((0_i64..=1_000_000_000_000, 0_u32..=6), 0..200),
    ) {
        let decimals = amounts.iter().map(|&(digits, places)| Decimal::new(digits, places));
        let integers = amounts.iter().map(|&(digits, places)| digits * 10_i64.pow(6 - places));
        let sum: ExactSum = decimals.collect();
        let millionths: i128 = integers.map(i128::from).sum();
        let cents = (millionths + 5_000) / 10_000;
        prop_assert_eq!(sum.to_string(), format!("{}.{:02}", cents / 100, cents % 100));
    }

    /// `add` refuses rather than rounds: what it returns is always exact.
    #[test]
    fn adding_is_exact_or_refused(a in any::<(u64, u32)>(), b in any::<(u64, u32)>()) {
        let number = |(digits, places): (u64, u32)| {
            Decimal::from_i128_with_scale(i128::from(digits), places % 29)
        };
        let (a, b) = (number(a), number(b));
        if let Some(sum) = money::add(a, b) {
            let one_by_one: ExactSum = [a, b].into_iter().collect();
            prop_assert_eq!(one_by_one, [sum].into_iter().collect::<ExactSum>());
        }
    }
}
