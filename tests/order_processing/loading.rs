//! Reading the files: what is accepted, and how what is not is reported.

use crate::load::{self, DataSet, LoadError};
use crate::money::ExactSum;
use crate::support::{CUSTOMERS, Folder, LINES, ORDERS, PRODUCTS, decimal};

fn read(folder: &Folder) -> DataSet {
    load::load(folder.path(), false).expect("the files can be used")
}

fn lines_of(data: &DataSet) -> usize {
    data.orders.iter().map(|order| order.lines.len()).sum()
}

/// Adds rows below those of a good file, and compares the reports, which begin at the line of the
/// first of them.
#[track_caller]
fn check_rows(file: &'static str, good: &str, rows: &str, expected: &[&str]) {
    let folder = Folder::good().with(file, format!("{good}{rows}"));
    let data = read(&folder);
    let reports: Vec<_> = data.rejects.report().collect();
    assert_eq!(reports, expected);
    assert_eq!(
        data.rejects.rows,
        expected.len() as u64,
        "all of them are rows"
    );
    assert_eq!(data.orders.len(), 2, "the good orders are accepted");

    // Strict stops at the first of them.
    let strict = load::load(folder.path(), true)
        .map(|_| ())
        .map_err(|error| match error {
            LoadError::Strict(reject) => reject.to_string(),
            LoadError::Unusable(_) => panic!("the files can be used"),
        });
    assert_eq!(strict.err().as_deref(), expected.first().copied());
}

#[test]
fn good_files_are_accepted_whole() {
    let data = read(&Folder::good());
    assert_eq!((data.orders.len(), lines_of(&data)), (2, 2));
    assert_eq!((data.rejects.rows, data.rejects.orders), (0, 0));
    assert_eq!(data.orders[0].total, decimal("9"));
    assert_eq!(
        data.credit_limits.values().collect::<Vec<_>>(),
        [&decimal("100")]
    );
    let stock: Vec<_> = data
        .stock
        .iter()
        .map(|item| (&*item.product.text, item.units, item.discontinued))
        .collect();
    assert_eq!(stock, [("P1", 10, false), ("P2", 5, true)]);
}

#[test]
fn rows_of_products_are_checked() {
    let rows = "P3,x,0\nP4,-1,0\nP5,1.5,0\nP6,18446744073709551616,0\nP7,1,maybe\n ,1,0\nP1,3,0\nP8,1\nP9,1,0,0\n";
    check_rows(
        "products.csv",
        PRODUCTS,
        rows,
        &[
            "products.csv:4: `unitsInStock` is not a whole number of at most 64 bits: \"x\"",
            "products.csv:5: `unitsInStock` is not 0 or more: \"-1\"",
            "products.csv:6: `unitsInStock` is not a whole number of at most 64 bits: \"1.5\"",
            "products.csv:7: `unitsInStock` is not a whole number of at most 64 bits: \"18446744073709551616\"",
            "products.csv:8: `discontinued` is neither 0 nor 1: \"maybe\"",
            "products.csv:9: `productID` is empty",
            "products.csv:10: product \"P1\" was already given on line 2",
            "products.csv:11: expected 3 fields, found 2",
            "products.csv:12: expected 3 fields, found 4",
        ],
    );
}

#[test]
fn rows_of_customers_are_checked() {
    let rows = ",5\nC1,5\nC3,-1\nC4,lots\nC5,NULL\n";
    check_rows(
        "customers.csv",
        CUSTOMERS,
        rows,
        &[
            "customers.csv:4: `customerID` is empty",
            "customers.csv:5: customer \"C1\" was already given on line 2",
            "customers.csv:6: `creditLimit` is not 0 or more: \"-1\"",
            "customers.csv:7: `creditLimit` is not a decimal number of at most 28 digits: \"lots\"",
        ],
    );
}

#[test]
fn rows_of_orders_are_checked() {
    let rows = ",C1,1\nO1,C2,1\nO4,C1\n";
    check_rows(
        "orders.csv",
        ORDERS,
        rows,
        &[
            "orders.csv:4: `orderID` is empty",
            "orders.csv:5: order \"O1\" was already given on line 2",
            "orders.csv:6: expected 3 fields, found 2",
        ],
    );
}

#[test]
fn rows_of_lines_are_checked() {
    let rows = "O9,P1,1,1,0\nO1,P9,1,1,0\nO1,P1,1,0,0\nO1,P1,1,-2,0\nO1,P1,1,1.5,0\nO1,P1,-1,1,0\nO1,P1,NaN,1,0\n\
                O1,P1,1e2,1,0\nO1,P1,1,1,1.01\nO1,P1,1,1,-0.1\nO1,P1,1,1,\n,P1,1,1,0\nO1,,1,1,0\nO1,P1,1,1\n\
                O1,P1,1,1,0,0\nO1,P1,1,18446744073709551616,0\nO1,P1,1,-99999999999999999999999999999999999999999,0\n";
    check_rows(
        "order-details.csv",
        LINES,
        rows,
        &[
            "order-details.csv:4: there is no accepted order \"O9\"",
            "order-details.csv:5: there is no accepted product \"P9\"",
            "order-details.csv:6: `quantity` is not greater than 0: \"0\"",
            "order-details.csv:7: `quantity` is not greater than 0: \"-2\"",
            "order-details.csv:8: `quantity` is not a whole number of at most 64 bits: \"1.5\"",
            "order-details.csv:9: `unitPrice` is not 0 or more: \"-1\"",
            "order-details.csv:10: `unitPrice` is not a decimal number of at most 28 digits: \"NaN\"",
            "order-details.csv:11: `unitPrice` is not a decimal number of at most 28 digits: \"1e2\"",
            "order-details.csv:12: `discount` is not from 0 to 1: \"1.01\"",
            "order-details.csv:13: `discount` is not from 0 to 1: \"-0.1\"",
            "order-details.csv:14: `discount` is not a decimal number of at most 28 digits: \"\"",
            "order-details.csv:15: `orderID` is empty",
            "order-details.csv:16: `productID` is empty",
            "order-details.csv:17: expected 5 fields, found 4",
            "order-details.csv:18: expected 5 fields, found 6",
            "order-details.csv:19: `quantity` is not a whole number of at most 64 bits: \"18446744073709551616\"",
            "order-details.csv:20: `quantity` is not a whole number of at most 64 bits: \
         \"-99999999999999999999999999999999999999999\"",
        ],
    );
}

#[test]
fn amounts_too_long_for_a_decimal_are_refused() {
    let most = "79228162514264337593543950335";
    // Too long by itself, and too long together with the line that the order has.
    let rows =
        format!("O1,P1,{most},2,0\nO1,P1,{most},1,0\nO1,P1,0.0000000000000000000000000001,1,0.5\n");
    check_rows(
        "order-details.csv",
        LINES,
        &rows,
        &[
            "order-details.csv:4: the value of order \"O1\" would need more than 28 digits",
            "order-details.csv:5: the value of order \"O1\" would need more than 28 digits",
            "order-details.csv:6: the value of order \"O1\" would need more than 28 digits",
        ],
    );
}

#[test]
fn the_lines_of_a_refused_order_are_refused_with_it() {
    let folder = Folder::good()
        .with("orders.csv", format!("{ORDERS}O3,C1\n"))
        .with(
            "order-details.csv",
            format!("{LINES}O3,P1,1,1,0\nO3,P1,1,2,0\n"),
        );
    let data = read(&folder);
    assert_eq!(
        data.rejects.by_kind.iter().collect::<Vec<_>>(),
        [(&"unknown order", &2), (&"wrong number of fields", &1)]
    );
    assert_eq!((data.rejects.rows, data.rejects.orders), (3, 0));
}

#[test]
fn an_order_of_a_customer_that_is_not_listed_is_a_good_order() {
    let folder = Folder::good()
        .with("orders.csv", format!("{ORDERS}O3,C9,1\nO4,,1\nO5,NULL,1\n"))
        .with(
            "order-details.csv",
            format!("{LINES}O3,P1,1,1,0\nO4,P1,1,1,0\nO5,P1,1,1,0\n"),
        );
    let data = load::load(folder.path(), true).expect("a warning does not stop a strict run");
    assert_eq!(
        (data.orders.len(), data.rejects.rows, data.warnings.count),
        (5, 0, 3)
    );
    assert_eq!(
        data.warnings.report().collect::<Vec<_>>(),
        [
            "orders.csv:4: warning: there is no accepted customer \"C9\"; the order is taken all the same",
            "orders.csv:5: warning: the order names no customer; the order is taken all the same",
            "orders.csv:6: warning: the order names no customer; the order is taken all the same",
        ]
    );
}

#[test]
fn many_warnings_are_counted_and_a_few_are_shown() {
    let folder = Folder::good().with("customers.csv", "customerID\n").with(
        "orders.csv",
        (0..100).fold(ORDERS.to_owned(), |rows, id| format!("{rows}X{id},C9,1\n")),
    );
    let data = read(&folder);
    assert_eq!(data.warnings.count, 102);
    assert_eq!(
        data.warnings.report().skip(20).collect::<Vec<_>>(),
        ["… and 82 more: unknown customer"]
    );
}

#[test]
fn an_order_without_a_valid_line_is_a_rejected_order() {
    let folder = Folder::good()
        .with("orders.csv", format!("{ORDERS}O3,C1,1\nO4,C1,1\n"))
        .with("order-details.csv", format!("{LINES}O3,P1,1,0,0\n"));
    let data = read(&folder);
    let reports: Vec<_> = data.rejects.report().collect();
    assert_eq!(
        reports,
        [
            "order-details.csv:4: `quantity` is not greater than 0: \"0\"",
            "orders.csv:4: order \"O3\" has no valid line",
            "orders.csv:5: order \"O4\" has no valid line",
        ]
    );
    assert_eq!(
        (data.orders.len(), data.rejects.rows, data.rejects.orders),
        (2, 1, 2)
    );
}

#[test]
fn bytes_that_are_not_utf_8_cost_their_row() {
    let mut lines = LINES.as_bytes().to_vec();
    lines.extend(b"O1,P\xe9,1,1,0\nO2,P1,1,1,0\n");
    let data = read(&Folder::good().with("order-details.csv", lines));
    assert_eq!(
        data.rejects.report().collect::<Vec<_>>(),
        ["order-details.csv:4: the row is not valid UTF-8"]
    );
    assert_eq!(lines_of(&data), 3);

    let mut orders = b"orderID,customerID,shipVia,city\nO1,C1,1,M\xfcnster\n".to_vec();
    orders.extend(b"O2,C2,2,Bern\n");
    let data = read(&Folder::good().with("orders.csv", orders));
    assert_eq!(
        data.rejects.report().next().as_deref(),
        Some("orders.csv:2: the row is not valid UTF-8")
    );
    assert_eq!(data.orders.len(), 1);
}

#[test]
fn rows_are_reported_with_the_line_an_editor_shows() {
    // A byte-order mark, CRLF, an empty line, and a field that goes over two lines.
    let products = "\u{feff}productID,note,unitsInStock,discontinued\r\n\
                    P1,\"two\r\nlines\",10,0\r\n\r\nP2,n,5,1\r\nP3,n,x,0\r\n\"P4\",\"a, \"\"b\"\"\",y,0";
    let data = read(&Folder::good().with("products.csv", products));
    let reports: Vec<_> = data.rejects.report().collect();
    assert_eq!(
        reports,
        [
            "products.csv:6: `unitsInStock` is not a whole number of at most 64 bits: \"x\"",
            "products.csv:7: `unitsInStock` is not a whole number of at most 64 bits: \"y\"",
        ]
    );
    assert_eq!(data.orders.len(), 2);
}

#[test]
fn a_stray_quote_costs_its_own_row_only() {
    let lines = format!("{LINES}O1,P1,\"1,1,0\nO1,P1,1,1,0\nO2,P1,1,1,\"0\nO2,P1,1,1,0\n");
    let data = read(&Folder::good().with("order-details.csv", lines));
    let reports: Vec<_> = data.rejects.report().collect();
    assert_eq!(
        reports,
        [
            "order-details.csv:4: expected 5 fields, found 3",
            "order-details.csv:6: a quote is opened and never closed",
        ]
    );
    assert_eq!(lines_of(&data), 4);
}

#[test]
fn commas_in_an_address_do_no_harm_to_the_right_of_what_is_used() {
    let orders = "orderID,customerID,shipVia,address\nO1,C1,1,2, rue du Commerce\nO2,C2,2,x\n";
    let data = read(&Folder::good().with("orders.csv", orders));
    assert_eq!((data.orders.len(), data.rejects.rows), (2, 0));
}

#[test]
fn columns_are_found_by_name_in_any_order_and_case() {
    let folder = Folder::good()
        .with(
            "products.csv",
            "Discontinued,extra,UNITSINSTOCK, productid \nfalse,,10, P1 \nTRUE,,5,P2\n",
        )
        .with("customers.csv", "customerID\nC1\nC2\n");
    let data = read(&folder);
    assert_eq!(
        (
            data.orders.len(),
            data.rejects.rows,
            data.credit_limits.len()
        ),
        (2, 0, 0)
    );
    assert!(data.stock[1].discontinued);
}

#[test]
fn an_order_that_nobody_was_chosen_to_carry_is_a_good_order() {
    let data = read(&Folder::good().with(
        "orders.csv",
        "orderID,customerID,shipVia\nO1,C1,\nO2,C2,NULL\n",
    ));
    let shippers: Vec<_> = data
        .orders
        .iter()
        .map(|order| order.shipper.to_string())
        .collect();
    assert_eq!(shippers, ["-", "-"]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let folder = Folder::good()
        .without("customers.csv")
        .with("orders.csv", "")
        .with(
            "order-details.csv",
            "orderID,productID,unitPrice,price,Quantity,quantity,quantity\n",
        );
    let error = load::load(folder.path(), false).expect_err("the files cannot be used");
    let LoadError::Unusable(faults) = error else {
        panic!("{error:?}")
    };
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert!(
        faults[0].starts_with("customers.csv: cannot read "),
        "{}",
        faults[0]
    );
    assert_eq!(
        faults[1..],
        [
            "orders.csv:1: there is no column `orderID`",
            "orders.csv:1: there is no column `customerID`",
            "orders.csv:1: there is no column `shipVia`",
            "order-details.csv:1: there is more than one column `quantity`",
            "order-details.csv:1: there is no column `discount`",
        ]
    );
}

#[test]
fn no_orders_are_no_error() {
    let folder = Folder::good()
        .with("orders.csv", "orderID,customerID,shipVia\n")
        .with(
            "order-details.csv",
            "orderID,productID,unitPrice,quantity,discount",
        );
    let data = read(&folder);
    assert_eq!(
        (data.orders.len(), data.rejects.rows, data.rejects.orders),
        (0, 0, 0)
    );
}

#[test]
fn many_rejects_are_counted_and_a_few_are_shown() {
    let rows = "O9,P1,1,1,0\n".repeat(100_000);
    let data = read(&Folder::good().with("order-details.csv", format!("{LINES}{rows}")));
    let reports: Vec<_> = data.rejects.report().collect();
    assert_eq!(data.rejects.rows, 100_000);
    assert_eq!(reports.len(), 21);
    assert_eq!(reports[20], "… and 99980 more: unknown order");
}

#[test]
fn a_field_is_shown_escaped_and_cut() {
    let rows = format!("O1,\u{1b}[31m{},1,1,0\n", "x".repeat(1000));
    let data = read(&Folder::good().with("order-details.csv", format!("{LINES}{rows}")));
    let report = data
        .rejects
        .report()
        .next()
        .expect("the product is unknown");
    assert!(
        report.contains("\\u{1b}[31mxxx") && report.ends_with("x\"…") && report.len() < 150,
        "{report}"
    );
}

#[test]
fn the_sample_is_clean() {
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/order_processing/data"
    );
    let data = load::load(sample.as_ref(), true).expect("the sample has no bad row");
    let net: ExactSum = data
        .orders
        .iter()
        .flat_map(|order| order.lines.iter())
        .map(|line| line.value)
        .collect();
    assert_eq!(
        (data.orders.len(), lines_of(&data), net.to_string().as_str()),
        (360, 879, "166831.55")
    );
}
