//! Reads a set of orders from four CSV files, and refuses what is wrong with them row by row.
//!
//! The files are read in the order products, customers, orders, order lines. A row is refused when
//! it is not well formed, when a column that is used here holds something else than it should, when
//! its id was given before (the first wins), or when it names an order, product or customer that
//! has no accepted row. So a line of a refused order is refused as well. An order whose row is
//! accepted but none of whose lines is, is a rejected order. Columns that are not used are not
//! looked at, except that the whole row has to be UTF-8.

mod reject;
mod table;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::path::Path;

use rust_decimal::Decimal;

use crate::contracts::{CustomerId, Line, Order, OrderId, ProductId, ShipperId};
use crate::money;

use reject::Reason;
pub use reject::{Reject, Rejects, Unusable};
use table::{Column, Row, Table};

/// What a shop starts with.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    pub stock: Vec<StockItem>,
    /// The customers that have a credit limit: the largest order they may place.
    pub credit_limits: HashMap<CustomerId, Decimal>,
    pub orders: Vec<Order>,
    pub rejects: Rejects,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockItem {
    pub product: ProductId,
    pub units: u64,
    /// The supplier has no more of it.
    pub discontinued: bool,
}

/// Why there is nothing to process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// Files or columns are missing: all of them.
    Unusable(Vec<Unusable>),
    /// The first reject, in strict mode.
    Strict(Reject),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(faults) => {
                for fault in faults {
                    writeln!(f, "{fault}")?;
                }
                f.write_str("nothing was processed")
            }
            Self::Strict(reject) => {
                write!(f, "{reject}\nnothing was processed, because of --strict")
            }
        }
    }
}

impl From<Reject> for LoadError {
    fn from(reject: Reject) -> Self {
        Self::Strict(reject)
    }
}

/// Reads the four files of the folder `dir`.
///
/// # Errors
///
/// When a file or a column is missing; with `strict` also at the first row or order that has to be
/// rejected.
pub fn load(dir: &Path, strict: bool) -> Result<DataSet, LoadError> {
    let files = Files::open(dir).map_err(LoadError::Unusable)?;
    let mut sink = Sink {
        rejects: Rejects::default(),
        strict,
    };
    let (stock, products) = read_products(&files.products, &mut sink)?;
    let (credit_limits, customers) =
        read_customers(&files.customers, files.credit_limit, &mut sink)?;
    let mut drafts = read_orders(&files.orders, &customers, &mut sink)?;
    read_lines(&files.lines, &products, &mut drafts, &mut sink)?;
    let orders = drafts.finish(&mut sink)?;
    Ok(DataSet {
        stock,
        credit_limits,
        orders,
        rejects: sink.rejects,
    })
}

/// Where rejects go, and where reading stops when it is strict.
struct Sink {
    rejects: Rejects,
    strict: bool,
}

impl Sink {
    fn reject(&mut self, reject: Reject) -> Result<(), Reject> {
        if self.strict {
            return Err(reject);
        }
        self.rejects.push(reject);
        Ok(())
    }
}

// ---- files --------------------------------------------------------------------------------------

struct Files {
    products: Source<3>,
    customers: Source<1>,
    credit_limit: Option<Column>,
    orders: Source<3>,
    lines: Source<5>,
}

/// A file, and the columns of it that have to be there.
struct Source<const N: usize> {
    table: Table,
    columns: [Column; N],
}

impl Files {
    /// Opens all four before it gives up, so that one look tells everything that is missing.
    fn open(dir: &Path) -> Result<Self, Vec<Unusable>> {
        let products = Source::open(
            dir,
            "products.csv",
            ["productID", "unitsInStock", "discontinued"],
        );
        let customers =
            Source::open(dir, "customers.csv", ["customerID"]).and_then(|mut customers| {
                let credit_limit = customers
                    .table
                    .optional_column("creditLimit")
                    .map_err(|fault| vec![fault])?;
                Ok((customers, credit_limit))
            });
        let orders = Source::open(dir, "orders.csv", ["orderID", "customerID", "shipVia"]);
        let lines = Source::open(
            dir,
            "order-details.csv",
            ["orderID", "productID", "unitPrice", "quantity", "discount"],
        );
        match (products, customers, orders, lines) {
            (Ok(products), Ok((customers, credit_limit)), Ok(orders), Ok(lines)) => Ok(Self {
                products,
                customers,
                credit_limit,
                orders,
                lines,
            }),
            (products, customers, orders, lines) => {
                let faults = [products.err(), customers.err(), orders.err(), lines.err()];
                Err(faults.into_iter().flatten().flatten().collect())
            }
        }
    }
}

impl<const N: usize> Source<N> {
    fn open(
        dir: &Path,
        file: &'static str,
        names: [&'static str; N],
    ) -> Result<Self, Vec<Unusable>> {
        let mut table = Table::open(dir, file).map_err(|fault| vec![fault])?;
        let found = names.map(|name| table.column(name));
        let faults: Vec<_> = found
            .iter()
            .filter_map(|column| column.clone().err())
            .collect();
        let columns: Vec<_> = found.into_iter().flatten().collect();
        let columns = columns.try_into().map_err(|_| faults)?;
        Ok(Self { table, columns })
    }

    /// Reads every row with `read`, and hands over those that are refused.
    fn read(
        &self,
        sink: &mut Sink,
        mut read: impl FnMut(&Row<'_>) -> Result<(), Reason>,
    ) -> Result<(), Reject> {
        let mut rows = self.table.rows();
        while let Some(row) = rows.next() {
            let file = self.table.file();
            let read = row.and_then(|row| {
                read(&row).map_err(|reason| Reject {
                    file,
                    line: row.line,
                    reason,
                })
            });
            if let Err(reject) = read {
                sink.reject(reject)?;
            }
        }
        Ok(())
    }
}

// ---- rows ---------------------------------------------------------------------------------------

/// The accepted ids of a kind, and the lines on which they were given.
type Known<T> = HashMap<T, u64>;

fn read_products(
    source: &Source<3>,
    sink: &mut Sink,
) -> Result<(Vec<StockItem>, Known<ProductId>), Reject> {
    let [id, units, discontinued] = source.columns;
    let (mut stock, mut known) = (Vec::new(), Known::new());
    source.read(sink, |row| {
        let product = ProductId::from(new_id(row, id, "product", &known)?);
        let units = whole(row, units, AtLeast(0))?;
        let discontinued = boolean(row, discontinued)?;
        known.insert(product.clone(), row.line);
        stock.push(StockItem {
            product,
            units,
            discontinued,
        });
        Ok(())
    })?;
    Ok((stock, known))
}

fn read_customers(
    source: &Source<1>,
    credit_limit: Option<Column>,
    sink: &mut Sink,
) -> Result<(HashMap<CustomerId, Decimal>, Known<CustomerId>), Reject> {
    let [id] = source.columns;
    let (mut limits, mut known) = (HashMap::new(), Known::new());
    source.read(sink, |row| {
        let customer = CustomerId::from(new_id(row, id, "customer", &known)?);
        if let Some(column) = credit_limit
            && !matches!(row.get(column), "" | "NULL")
        {
            limits.insert(customer.clone(), amount(row, column)?);
        }
        known.insert(customer, row.line);
        Ok(())
    })?;
    Ok((limits, known))
}

fn read_orders(
    source: &Source<3>,
    customers: &Known<CustomerId>,
    sink: &mut Sink,
) -> Result<Drafts, Reject> {
    let [id, customer, shipper] = source.columns;
    let mut drafts = Drafts::default();
    source.read(sink, |row| {
        let order = OrderId::from(new_id(row, id, "order", &drafts.known)?);
        let customer = known_id(row, customer, "customer", customers)?;
        // An order nobody was chosen to carry is a good order; its parcel counts for a shipper of
        // its own.
        let shipper = match row.get(shipper) {
            "" | "NULL" => ShipperId::from("-"),
            shipper => ShipperId::from(shipper),
        };
        drafts.index.insert(order.clone(), drafts.list.len());
        drafts.known.insert(order.clone(), row.line);
        drafts.list.push(Draft {
            row: row.line,
            order,
            customer,
            shipper,
            lines: Vec::new(),
            total: Decimal::ZERO,
        });
        Ok(())
    })?;
    Ok(drafts)
}

fn read_lines(
    source: &Source<5>,
    products: &Known<ProductId>,
    drafts: &mut Drafts,
    sink: &mut Sink,
) -> Result<(), Reject> {
    let [order, product, unit_price, quantity, discount] = source.columns;
    source.read(sink, |row| {
        let draft = drafts.find(id(row, order)?)?;
        let product = known_id(row, product, "product", products)?;
        let quantity = whole(row, quantity, AtLeast(1))?;
        let price = amount(row, unit_price)?;
        let discount = match decimal(row, discount)? {
            share if (Decimal::ZERO..=Decimal::ONE).contains(&share) => share,
            _ => return Err(out_of_range(row, discount, "from 0 to 1")),
        };

        let exact = money::line_value(price, quantity, discount)
            .and_then(|value| Some((value, money::add(draft.total, value)?)));
        let Some((value, total)) = exact else {
            return Err(Reason::NotExact {
                order: draft.order.to_string(),
            });
        };
        draft.total = total;
        draft.lines.push(Line {
            product,
            quantity,
            value,
        });
        Ok(())
    })
}

/// The orders whose rows were accepted, while their lines are being read.
#[derive(Default)]
struct Drafts {
    list: Vec<Draft>,
    index: HashMap<OrderId, usize>,
    known: Known<OrderId>,
}

struct Draft {
    row: u64,
    order: OrderId,
    customer: CustomerId,
    shipper: ShipperId,
    lines: Vec<Line>,
    total: Decimal,
}

impl Drafts {
    fn find(&mut self, order: &str) -> Result<&mut Draft, Reason> {
        match self.index.get(order) {
            Some(&index) => Ok(&mut self.list[index]),
            None => Err(Reason::Unknown {
                what: "order",
                id: order.to_owned(),
            }),
        }
    }

    fn finish(self, sink: &mut Sink) -> Result<Vec<Order>, Reject> {
        let mut orders = Vec::with_capacity(self.list.len());
        for Draft {
            row,
            order,
            customer,
            shipper,
            lines,
            total,
        } in self.list
        {
            if lines.is_empty() {
                let reason = Reason::NoValidLine {
                    order: order.to_string(),
                };
                sink.reject(Reject {
                    file: "orders.csv",
                    line: row,
                    reason,
                })?;
            } else {
                orders.push(Order {
                    id: order,
                    customer,
                    shipper,
                    lines: lines.into(),
                    total,
                });
            }
        }
        Ok(orders)
    }
}

// ---- fields -------------------------------------------------------------------------------------

fn id<'r>(row: &'r Row<'_>, column: Column) -> Result<&'r str, Reason> {
    match row.get(column) {
        "" => Err(Reason::EmptyId {
            column: column.name,
        }),
        id => Ok(id),
    }
}

/// An id that was not given before.
fn new_id<'r, T>(
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
fn known_id<T>(
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

fn decimal(row: &Row<'_>, column: Column) -> Result<Decimal, Reason> {
    let text = row.get(column);
    money::parse(text).ok_or_else(|| Reason::NotADecimal {
        column: column.name,
        value: text.to_owned(),
    })
}

/// A decimal that is not negative.
fn amount(row: &Row<'_>, column: Column) -> Result<Decimal, Reason> {
    match decimal(row, column)? {
        amount if amount >= Decimal::ZERO => Ok(amount),
        _ => Err(out_of_range(row, column, "0 or more")),
    }
}

struct AtLeast(u64);

fn whole(row: &Row<'_>, column: Column, AtLeast(least): AtLeast) -> Result<u64, Reason> {
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

fn boolean(row: &Row<'_>, column: Column) -> Result<bool, Reason> {
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

fn out_of_range(row: &Row<'_>, column: Column, range: &'static str) -> Reason {
    Reason::OutOfRange {
        column: column.name,
        value: row.get(column).to_owned(),
        range,
    }
}
