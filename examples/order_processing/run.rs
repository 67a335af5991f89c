//! One run: open the shop, put the orders through, close it, and check the books.

use std::sync::Arc;

use callboard::SystemStats;
use callboard::prelude::*;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::bank::Bank;
use crate::books::{Books, Entries};
use crate::chance::Chance;
use crate::checks::{self, Audit, Check};
use crate::cli::Options;
use crate::contracts::{
    CountNotices, CountParcels, Order, OrderClosed, OrderId, Place, PlaceOrder, ShipperId,
    TakeStock,
};
use crate::inventory::Inventory;
use crate::load::{DataSet, Rejects};
use crate::meter::{Latency, Meter};
use crate::notifications::Notifications;
use crate::orders::Orders;
use crate::payments::Faults;
use crate::progress::Progress;
use crate::shipping::Shipping;
use crate::shop::Shop;

/// Everything there is to say about a run that has ended.
pub struct Report {
    pub entries: Entries,
    pub rejects: Rejects,
    pub audit: Audit,
    pub parcels: Vec<(ShipperId, u64)>,
    pub notices: Vec<(&'static str, u64)>,
    pub latencies: Vec<Latency>,
    pub retries: u64,
    pub stats: SystemStats,
    /// From the first order taken in to the last one closed.
    pub elapsed: Duration,
    /// What stopped the run before all orders were through.
    pub cut_short: Option<&'static str>,
    pub outcomes: Check,
    pub conservation: [Check; 3],
}

impl Report {
    pub fn conservation_holds(&self) -> bool {
        self.conservation.iter().all(Check::holds)
    }

    pub fn holds(&self) -> bool {
        self.outcomes.holds() && self.conservation_holds()
    }
}

/// Puts a data set through a shop of its own.
///
/// The first `interrupt` stops the intake: orders under way are finished. The second one leaves
/// them.
///
/// # Errors
///
/// When the shop does not open, or when one of its modules is gone at the end and cannot be asked.
pub async fn process(
    data: DataSet,
    options: &Options,
    progress: Progress,
    interrupt: &Notify,
) -> Result<Report, callboard::Error> {
    let DataSet {
        stock,
        credit_limits,
        orders,
        rejects,
        // Said when the data was read.
        warnings: _,
    } = data;
    let (bank, meter, books) = (
        Arc::new(Bank::default()),
        Arc::new(Meter::new()),
        Arc::new(Books::default()),
    );
    // More places than orders would only make mailboxes larger.
    let in_all = orders.len().saturating_mul(options.repeat as usize);
    let places = options.concurrency.min(in_all).max(1);
    let shop = Shop {
        stock: stock.into(),
        credit_limits: Arc::new(credit_limits),
        faults: Faults {
            chance: Chance::new(options.seed),
            declined: options.payment_failures.0,
            panics: options.payment_panics.0,
        },
        supplier_delay: options.supplier_delay,
        shipping_delay: options.shipping_delay,
        places,
        bank: bank.clone(),
        meter: meter.clone(),
    };
    let system = shop.open().await?;
    let progress = Arc::new(progress);
    let closed = keep_books(&system, books.clone(), progress.clone());

    let started = Instant::now();
    let intake = Intake {
        shop: system.actor("orders")?,
        places: Arc::new(Semaphore::new(places)),
        books: &books,
        options,
        // Nothing takes longer on purpose than both delays together; half a minute more is for a
        // slow machine.
        patience: options.supplier_delay + options.shipping_delay + secs(30),
    };
    let cut_short = intake.run(&orders, &closed, interrupt).await;
    let elapsed = started.elapsed();
    progress.finish();

    // These questions queue behind all events of the run, so the answers are about all of it.
    let levels = system
        .actor::<Inventory>("inventory")?
        .ask(TakeStock)
        .await?;
    let parcels = system
        .actor::<Shipping>("shipping")?
        .ask(CountParcels)
        .await?;
    let notices = system
        .actor::<Notifications>("notifications")?
        .ask(CountNotices)
        .await?;
    system.shutdown(secs(5)).await;

    let (entries, stats) = (books.entries(), system.stats());
    let audit = Audit::new(&bank.statement());
    Ok(Report {
        outcomes: checks::outcomes(&entries),
        conservation: [
            checks::messages(&stats),
            checks::stock(&levels, &entries),
            audit.check(&entries),
        ],
        latencies: meter.latencies(),
        retries: meter.retries(),
        entries,
        rejects,
        audit,
        parcels,
        notices,
        stats,
        elapsed,
        cut_short,
    })
}

/// Writes every closed order down, and notifies of each.
fn keep_books(system: &System, books: Arc<Books>, progress: Arc<Progress>) -> Arc<Notify> {
    let closed = Arc::new(Notify::new());
    // Losing one would look like a lost order, so orders waits rather than that.
    let overflow = Overflow::Block(secs(60));
    let mut closings = system
        .topic::<OrderClosed>()
        .subscribe()
        .capacity(1024)
        .overflow(overflow)
        .start();
    let noted = closed.clone();
    tokio::spawn(async move {
        while let Some(delivery) = closings.next().await {
            if let Delivery::Event(event) = delivery {
                books.close(&event);
                progress.advance();
                noted.notify_one();
            }
        }
    });
    closed
}

/// Takes orders in, as fast as places and the rate allow.
struct Intake<'a> {
    shop: ActorRef<Orders>,
    places: Arc<Semaphore>,
    books: &'a Books,
    options: &'a Options,
    /// How long nothing may happen before something must be wrong.
    patience: Duration,
}

impl Intake<'_> {
    /// Takes all orders in and waits until they are closed. Returns why, when it did not come that
    /// far.
    async fn run(
        &self,
        orders: &[Order],
        closed: &Notify,
        interrupt: &Notify,
    ) -> Option<&'static str> {
        let cut_short = self.take_in(orders, interrupt).await.err();
        self.wait_for_the_last(closed, interrupt, cut_short.is_some())
            .await
            .err()
            .or(cut_short)
    }

    async fn take_in(&self, orders: &[Order], interrupt: &Notify) -> Result<(), &'static str> {
        let (started, mark) = (Instant::now(), round_mark(orders));
        let rounds = (1..=self.options.repeat)
            .flat_map(|round| orders.iter().map(move |order| (round, order)));
        for (index, (round, order)) in (0_u64..).zip(rounds) {
            let place = tokio::select! {
                biased;
                () = interrupt.notified() => return Err("interrupted"),
                place = self.next_place(started, index) => place?,
            };
            let order = in_round(order, round, &mark);
            // Before it is placed: it may be closed before we come back.
            self.books.open(&order);
            if self.shop.tell(PlaceOrder { order, place }).await.is_err() {
                return Err("orders does not take orders");
            }
        }
        Ok(())
    }

    /// Waits until the order is due and fewer than `--concurrency` are under way.
    async fn next_place(&self, started: Instant, index: u64) -> Result<Place, &'static str> {
        if let Some(rate) = self.options.rate {
            // By the clock rather than by pauses: what is late is caught up with, and fast rates
            // come in bunches.
            match started.checked_add(rate.due(index)) {
                Some(due) => sleep_until(due).await,
                None => return Err("the rate is too slow"),
            }
        }
        match timeout(self.patience, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(Place(place)),
            _ => Err("orders under way do not move"),
        }
    }

    async fn wait_for_the_last(
        &self,
        closed: &Notify,
        interrupt: &Notify,
        mut interrupted: bool,
    ) -> Result<(), &'static str> {
        while self.books.under_way() > 0 {
            tokio::select! {
                () = closed.notified() => {}
                () = interrupt.notified() => {
                    if std::mem::replace(&mut interrupted, true) {
                        return Err("interrupted twice");
                    }
                }
                () = sleep(self.patience) => return Err("orders under way do not move"),
            }
        }
        Ok(())
    }
}

/// What stands between the id of an order and the number of the round: not a part of any id, so the
/// results are distinct.
fn round_mark(orders: &[Order]) -> String {
    let mut mark = "#".to_owned();
    while orders.iter().any(|order| order.id.text.contains(&mark)) {
        mark.push('#');
    }
    mark
}

/// The same order once more, under an id of its own.
fn in_round(order: &Order, round: u32, mark: &str) -> Order {
    match round {
        1 => order.clone(),
        _ => Order {
            id: OrderId::from(format!("{}{mark}{round}", order.id).as_str()),
            ..order.clone()
        },
    }
}
