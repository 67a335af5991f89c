//! The assembly: which modules there are, what they start with, and what happens when one of them
//! fails.

use std::collections::HashMap;
use std::sync::Arc;

use callboard::SystemStartError;
use callboard::prelude::*;
use rust_decimal::Decimal;

use crate::bank::Bank;
use crate::contracts::{
    CustomerId, InventoryModule, NotificationsModule, OrdersModule, PaymentsModule, ShippingModule,
};
use crate::inventory::Inventory;
use crate::load::StockItem;
use crate::meter::Meter;
use crate::notifications::Notifications;
use crate::orders::Orders;
use crate::payments::{Faults, Payments};
use crate::shipping::Shipping;
use crate::supplier::Supplier;

/// What a shop is made of.
pub struct Shop {
    pub stock: Arc<[StockItem]>,
    pub credit_limits: Arc<HashMap<CustomerId, Decimal>>,
    pub faults: Faults,
    pub supplier_delay: Duration,
    pub shipping_delay: Duration,
    /// How many orders may be under way at once.
    pub places: usize,
    pub bank: Arc<Bank>,
    pub meter: Arc<Meter>,
}

impl Shop {
    /// Starts the modules. Orders comes last, so it is the first to stop.
    ///
    /// # Errors
    ///
    /// When the system is wired wrongly.
    pub async fn open(self) -> Result<System, SystemStartError> {
        let Self {
            stock,
            credit_limits,
            faults,
            supplier_delay,
            shipping_delay,
            places,
            bank,
            meter,
        } = self;
        // Nobody has more to say to these than one message for each order under way; with that much
        // room nobody waits.
        let room = places.saturating_add(16);
        System::builder("shop")
            .module(InventoryModule, |module| {
                module
                    .child(
                        ChildSpec::new("supplier", move || Supplier::new(supplier_delay))
                            .mailbox(room),
                    )
                    .child(
                        ChildSpec::new("inventory", move || Inventory::new(&stock)).mailbox(room),
                    )
            })
            .module(PaymentsModule, |module| {
                let payments = move || Payments::new(bank.clone(), credit_limits.clone(), faults);
                module
                    // It may be made to crash at every charge. A supervisor that gave up would end
                    // the experiment.
                    .intensity(u32::MAX, secs(1))
                    // No backoff, so that orders whose charge does not crash need not wait: a
                    // restart loses nothing, the message that crashed is gone, and the cashiers
                    // pause before they try again.
                    .child(
                        ChildSpec::new("payments", payments)
                            .restart(Restart::Permanent)
                            .mailbox(room),
                    )
            })
            .module(ShippingModule, |module| {
                module.child(
                    ChildSpec::new("shipping", move || Shipping::new(shipping_delay)).mailbox(room),
                )
            })
            .module(NotificationsModule, |module| {
                module.actor("notifications", Notifications::default)
            })
            .module(OrdersModule, |module| {
                module.child(
                    ChildSpec::new("orders", move || Orders::new(meter.clone())).mailbox(room),
                )
            })
            .start()
            .await
    }
}
