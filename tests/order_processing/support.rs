//! What the tests share: a folder of CSV files, orders made by hand, and quiet panics.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use rust_decimal::Decimal;

use crate::contracts::{CustomerId, Line, Order, OrderId, ProductId, ShipperId};
use crate::load::StockItem;
use crate::{money, payments};

pub const PRODUCTS: &str = "productID,unitsInStock,discontinued\nP1,10,0\nP2,5,1\n";
pub const CUSTOMERS: &str = "customerID,creditLimit\nC1,\nC2,100\n";
pub const ORDERS: &str = "orderID,customerID,shipVia\nO1,C1,1\nO2,C2,2\n";
pub const LINES: &str =
    "orderID,productID,unitPrice,quantity,discount\nO1,P1,2.50,4,0.1\nO2,P2,1.00,1,0\n";

/// A folder that is removed with this value.
pub struct Folder(PathBuf);

impl Folder {
    /// Two good orders.
    pub fn good() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("order_processing-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
            .with("products.csv", PRODUCTS)
            .with("customers.csv", CUSTOMERS)
            .with("orders.csv", ORDERS)
            .with("order-details.csv", LINES)
    }

    pub fn with(self, file: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.0.join(file), content).expect("a temporary file can be written");
        self
    }

    pub fn without(self, file: &str) -> Self {
        std::fs::remove_file(self.0.join(file)).expect("the file was there");
        self
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn decimal(text: &str) -> Decimal {
    money::parse(text).expect("a decimal number")
}

/// An order of the customer `C1`, with the quantity of each product, at a price of 1.50.
pub fn order(id: &str, products: &[(&str, u64)]) -> Order {
    let line = |(product, quantity): &(&str, u64)| Line {
        product: ProductId::from(*product),
        quantity: *quantity,
        value: decimal("1.50") * Decimal::from(*quantity),
    };
    let lines: Vec<_> = products.iter().map(line).collect();
    Order {
        id: OrderId::from(id),
        customer: CustomerId::from("C1"),
        shipper: ShipperId::from("1"),
        total: lines.iter().map(|line| line.value).sum(),
        lines: lines.into(),
    }
}

pub fn on_stock(product: &str, units: u64) -> StockItem {
    StockItem {
        product: ProductId::from(product),
        units,
        discontinued: false,
    }
}

pub fn last_of(product: &str, units: u64) -> StockItem {
    StockItem {
        discontinued: true,
        ..on_stock(product, units)
    }
}

/// As the program does, so that a test's output is not full of panics that it asked for.
pub fn silence_injected_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !payments::is_injected(panic) {
                show(panic);
            }
        }));
    });
}
