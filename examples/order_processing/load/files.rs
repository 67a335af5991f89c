//! The four files, opened and with their columns found.

use std::path::Path;

use super::Sink;
use super::reject::{Reason, Reject, Unusable};
use super::table::{Column, Row, Table};

pub struct Files {
    pub products: Source<3>,
    pub customers: Source<1>,
    pub credit_limit: Option<Column>,
    pub orders: Source<3>,
    pub lines: Source<5>,
}

/// A file, and the columns of it that have to be there.
pub struct Source<const N: usize> {
    pub table: Table,
    pub columns: [Column; N],
}

impl Files {
    /// Opens all four before it gives up, so that one look tells everything that is missing.
    pub fn open(dir: &Path) -> Result<Self, Vec<Unusable>> {
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
    pub fn open(
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
    pub fn read(
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
