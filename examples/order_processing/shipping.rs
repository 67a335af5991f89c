//! Shipping: takes parcels in, and says when they have left.

use std::collections::BTreeMap;

use callboard::prelude::*;

use crate::contracts::{CountParcels, OrderShipped, Ship, ShipperId, ShippingModule};

pub struct Shipping {
    delay: Duration,
    parcels: BTreeMap<ShipperId, u64>,
}

/// A parcel is on the truck: what shipping tells itself when the delay is over.
#[derive(Message, Debug)]
pub struct Dispatch {
    parcel: Ship,
}

impl Shipping {
    pub fn new(delay: Duration) -> Self {
        Self {
            delay,
            parcels: BTreeMap::new(),
        }
    }
}

#[actor(module = ShippingModule)]
impl Shipping {
    /// Answers at once and lets a timer do the waiting, so that all parcels wait at the same time.
    #[handler]
    async fn ship(&mut self, parcel: Ship, ctx: &mut Context<Self>) {
        if self.delay.is_zero() {
            self.dispatch(Dispatch { parcel }, ctx).await;
        } else {
            ctx.tell_after(self.delay, Dispatch { parcel });
        }
    }

    #[handler]
    async fn dispatch(&mut self, dispatch: Dispatch, ctx: &mut Context<Self>) {
        let Ship {
            order,
            customer,
            shipper,
        } = dispatch.parcel;
        *self.parcels.entry(shipper.clone()).or_default() += 1;
        ctx.publish(OrderShipped {
            order,
            customer,
            shipper,
        })
        .await;
    }

    #[handler]
    fn count(&mut self, _: CountParcels) -> Vec<(ShipperId, u64)> {
        self.parcels
            .iter()
            .map(|(shipper, count)| (shipper.clone(), *count))
            .collect()
    }
}
