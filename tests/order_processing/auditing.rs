//! The checks at the end of a run have to find what is wrong.

use crate::bank::Movement;
use crate::books::{Books, Entries};
use crate::checks::{self, Audit};
use crate::contracts::{Order, OrderClosed, OrderId, Outcome, ProductId, StockLevel};
use crate::support::{decimal, order};

fn close(books: &Books, order: &str, outcome: Outcome) {
    books.close(&OrderClosed {
        order: OrderId::from(order),
        outcome,
    });
}

/// Orders 1 and 2 for 3.00 each, the first shipped, the second cancelled.
fn two_orders() -> Entries {
    let books = Books::default();
    let orders: [Order; 2] = ["1", "2"].map(|id| order(id, &[("A", 2)]));
    for order in &orders {
        books.open(order);
    }
    close(&books, "1", Outcome::Shipped);
    close(&books, "2", Outcome::Cancelled);
    books.entries()
}

fn charge(order: &str, amount: &str) -> Movement {
    Movement::Charge(OrderId::from(order), decimal(amount))
}

fn refund(order: &str, amount: &str) -> Movement {
    Movement::Refund(OrderId::from(order), decimal(amount))
}

#[test]
fn an_order_without_an_outcome_is_found() {
    let books = Books::default();
    books.open(&order("1", &[("A", 1)]));
    assert_eq!(
        checks::outcomes(&books.entries()).faults,
        ["1 orders have no outcome"]
    );
    assert_eq!(books.entries().unaccounted(), 1);
}

#[test]
fn a_second_outcome_and_one_of_nobody_are_found() {
    let books = Books::default();
    books.open(&order("1", &[("A", 1)]));
    close(&books, "1", Outcome::Shipped);
    assert!(checks::outcomes(&books.entries()).holds());
    close(&books, "1", Outcome::Cancelled);
    close(&books, "9", Outcome::Shipped);
    assert_eq!(
        checks::outcomes(&books.entries()).faults,
        ["2 outcomes belong to no open order"]
    );
    assert_eq!(books.entries().outcomes.total(), 1);
}

#[test]
fn stock_that_is_not_where_it_should_be_is_found() {
    let level = |left| StockLevel {
        product: ProductId::from("A"),
        initial: 5,
        restocked: 1,
        shipped: 2,
        left,
    };
    assert!(checks::stock(&[level(4)], &two_orders()).holds());
    assert_eq!(checks::stock(&[level(5)], &two_orders()).faults.len(), 1);
    assert_eq!(checks::stock(&[level(3)], &two_orders()).faults.len(), 1);
}

#[test]
fn money_that_is_not_where_it_should_be_is_found() {
    let is_right = |journal: &[Movement]| Audit::new(journal).check(&two_orders()).holds();
    assert!(is_right(&[charge("1", "3")]));
    assert!(is_right(&[
        charge("2", "3"),
        charge("1", "3.00"),
        refund("2", "3")
    ]));

    assert!(!is_right(&[]), "nobody paid for what shipped");
    assert!(!is_right(&[charge("1", "3.01")]), "too much");
    assert!(!is_right(&[charge("1", "3"), charge("1", "3")]), "twice");
    assert!(
        !is_right(&[charge("1", "3"), charge("1", "3"), refund("1", "3")]),
        "twice, even if one was given back"
    );
    assert!(
        !is_right(&[charge("1", "3"), refund("1", "3")]),
        "given back for what shipped"
    );
    assert!(
        !is_right(&[charge("1", "3"), charge("2", "3")]),
        "kept for what did not ship"
    );
    assert!(
        !is_right(&[charge("1", "3"), charge("2", "3"), refund("2", "2")]),
        "given back in part"
    );
    assert!(
        !is_right(&[charge("1", "3"), charge("9", "1")]),
        "for an order that nobody placed"
    );
}
