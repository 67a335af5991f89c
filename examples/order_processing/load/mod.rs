//! Reads a set of orders from four CSV files, and refuses what is wrong with them row by row.
//!
//! The files are read in the order products, customers, orders, order lines. A row is refused when
//! it is not well formed, when a column that is used here holds something else than it should, when
//! its id was given before (the first wins), or when it names an order or product that has no
//! accepted row. So a line of a refused order is refused as well. An order whose row is accepted but
//! none of whose lines is, is a rejected order. Columns that are not used are not looked at, except
//! that the whole row has to be UTF-8.
//!
//! A customer is only whom to tell, so an order of one that is not listed, or of nobody, is a good
//! order. It is reported as a warning, and has no credit limit.
//!
//! Rejected rows are counted over all four files, rejected orders apart from them: a refused row of
//! `orders.csv` is a row, and not an order that was ever there to be rejected.

mod fields;
mod files;
mod reject;
mod table;
mod warning;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use rust_decimal::Decimal;

use crate::contracts::{CustomerId, Line, Order, OrderId, ProductId, ShipperId};
use crate::money;

pub use reject::{Reject, Rejects, Unusable};
pub use warning::{Warning, Warnings};

use fields::{AtLeast, Known, amount, boolean, decimal, id, known_id, new_id, out_of_range, whole};
use files::{Files, Source};
use reject::Reason;
use table::Column;

/// What a shop starts with.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    pub stock: Vec<StockItem>,
    /// The customers that have a credit limit: the largest order they may place.
    pub credit_limits: HashMap<CustomerId, Decimal>,
    pub orders: Vec<Order>,
    pub rejects: Rejects,
    pub warnings: Warnings,
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
    let mut warnings = Warnings::default();
    let (stock, products) = read_products(&files.products, &mut sink)?;
    let (credit_limits, customers) =
        read_customers(&files.customers, files.credit_limit, &mut sink)?;
    let mut drafts = read_orders(&files.orders, &customers, &mut sink, &mut warnings)?;
    read_lines(&files.lines, &products, &mut drafts, &mut sink)?;
    let orders = drafts.finish(&mut sink)?;
    Ok(DataSet {
        stock,
        credit_limits,
        orders,
        rejects: sink.rejects,
        warnings,
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

// ---- rows -----------------------------------------------------------------------------------------

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
    warnings: &mut Warnings,
) -> Result<Drafts, Reject> {
    let [id, customer, shipper] = source.columns;
    let mut drafts = Drafts::default();
    source.read(sink, |row| {
        let order = OrderId::from(new_id(row, id, "order", &drafts.known)?);
        let customer = match row.get(customer) {
            "" | "NULL" => None,
            customer => Some(customer),
        };
        if customer.is_none_or(|customer| !customers.contains_key(customer)) {
            warnings.push(Warning {
                file: source.table.file(),
                line: row.line,
                customer: customer.map(str::to_owned),
            });
        }
        let customer = CustomerId::from(customer.unwrap_or("-"));
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
