//! Payments that crash, and cashiers that do not give up: money moves at most once.

use std::collections::HashMap;
use std::sync::Arc;

use callboard::prelude::*;
use rust_decimal::Decimal;

use crate::bank::{Bank, Movement, Voided};
use crate::cashier::{ATTEMPTS, Cashier, Collect, GiveBack, Payment, PaymentSettled};
use crate::chance::Chance;
use crate::contracts::{
    Charge, CustomerId, Order, OrderId, PaymentRefunded, PaymentsModule, Refusal, VoidPayment,
};
use crate::meter::Meter;
use crate::payments::{Faults, Payments};
use crate::support::{decimal, order, silence_injected_panics};

/// Payments with a bank, one cashier, and a test that plays the orders module.
struct Counter {
    system: System,
    bank: Arc<Bank>,
    meter: Arc<Meter>,
    payments: ActorRef<Payments>,
    cashier: ActorRef<Cashier>,
    till: Recipient<PaymentSettled>,
    settled: Subscription<Settled>,
}

/// Takes what the cashier reports, where the test can see it.
struct Till;

#[derive(Event, Debug)]
#[event(name = "test.settled")]
struct Settled(PaymentSettled);

#[actor]
impl Till {
    #[handler]
    async fn settled(&mut self, settled: PaymentSettled, ctx: &mut Context<Self>) {
        ctx.publish(Settled(settled)).await;
    }
}

impl Counter {
    async fn open(faults: Faults, limits: &[(&str, &str)]) -> Self {
        silence_injected_panics();
        let bank = Arc::new(Bank::default());
        let limits: HashMap<_, _> = limits
            .iter()
            .map(|(customer, limit)| (CustomerId::from(*customer), decimal(limit)))
            .collect();
        let (limits, accounts) = (Arc::new(limits), bank.clone());
        let system = System::builder("counter")
            .module(PaymentsModule, |module| {
                module
                    .intensity(u32::MAX, secs(1))
                    .actor("payments", move || {
                        Payments::new(accounts.clone(), limits.clone(), faults)
                    })
            })
            .actor("till", || Till)
            .start()
            .await
            .expect("the counter is wired well");
        let payments: ActorRef<Payments> = system.actor("payments").expect("it was started");
        let meter = Arc::new(Meter::new());
        let (counted, asked) = (meter.clone(), payments.clone());
        let hire = move || Cashier::new(asked.recipient(), asked.recipient(), counted.clone());
        let cashier = system
            .spawn(ChildSpec::new("cashier", hire))
            .await
            .expect("a cashier can be hired");
        let till = system
            .actor::<Till>("till")
            .expect("it was started")
            .recipient();
        let settled = system
            .topic()
            .subscribe()
            .overflow(Overflow::Block(secs(1)))
            .start();
        Self {
            system,
            bank,
            meter,
            payments,
            cashier,
            till,
            settled,
        }
    }

    async fn collect(&mut self, order: &Order) -> Payment {
        let collect = Collect {
            order: Arc::new(order.clone()),
            to: self.till.clone(),
        };
        self.cashier
            .tell(collect)
            .await
            .expect("the cashier takes work");
        self.next_settled(order).await
    }

    async fn give_back(&mut self, order: &Order) -> Payment {
        let refund = GiveBack {
            order: Arc::new(order.clone()),
            to: self.till.clone(),
        };
        self.cashier
            .tell(refund)
            .await
            .expect("the cashier takes work");
        self.next_settled(order).await
    }

    async fn next_settled(&mut self, order: &Order) -> Payment {
        let event = self
            .settled
            .next()
            .await
            .and_then(Delivery::event)
            .expect("the topic is open");
        assert_eq!(event.0.order, order.id);
        event.0.payment.clone()
    }

    async fn charge(
        &self,
        order: &Order,
        attempt: u32,
    ) -> Result<Result<(), Refusal>, AskError<Charge>> {
        self.payments.ask(charge(order, attempt)).await
    }

    async fn close(self) {
        assert!(self.system.shutdown(secs(1)).await.is_clean());
        assert_eq!(self.system.stats().conservation(), Ok(()));
    }
}

fn charge(order: &Order, attempt: u32) -> Charge {
    Charge {
        order: order.id.clone(),
        customer: order.customer.clone(),
        amount: order.total,
        attempt,
    }
}

fn faults(declined: f64, panics: f64) -> Faults {
    Faults {
        chance: Chance::new(7),
        declined,
        panics,
    }
}

#[test]
fn the_bank_takes_money_once_and_gives_it_back_once() {
    let (bank, order, amount) = (Bank::default(), OrderId::from("1"), decimal("9.95"));
    for _ in 0..3 {
        assert_eq!(bank.charge(order.clone(), amount), Ok(()));
    }
    for _ in 0..3 {
        assert_eq!(bank.void(order.clone()), Some(amount));
        assert_eq!(bank.charge(order.clone(), amount), Err(Voided));
    }
    assert_eq!(
        bank.statement(),
        [
            Movement::Charge(order.clone(), amount),
            Movement::Refund(order, amount)
        ]
    );
}

#[test]
fn a_payment_voided_before_it_was_taken_is_never_taken() {
    let (bank, order) = (Bank::default(), OrderId::from("1"));
    assert_eq!(bank.void(order.clone()), None);
    assert_eq!(bank.charge(order.clone(), Decimal::ONE), Err(Voided));
    assert_eq!(bank.void(order.clone()), None);
    assert!(bank.statement().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_order_over_the_credit_limit_is_refused() {
    let counter = Counter::open(faults(0.0, 0.0), &[("C1", "15")]).await;
    // At 1.50 a piece.
    assert_eq!(
        counter
            .charge(&order("1", &[("A", 10)]), 1)
            .await
            .expect("payments answers"),
        Ok(())
    );
    let refusal = Refusal::CreditLimit {
        limit: decimal("15"),
    };
    assert_eq!(
        counter
            .charge(&order("2", &[("A", 11)]), 1)
            .await
            .expect("payments answers"),
        Err(refusal)
    );
    assert_eq!(counter.bank.statement().len(), 1);
    counter.close().await;
}

#[tokio::test(start_paused = true)]
async fn whether_a_payment_is_declined_depends_on_the_order_and_not_on_the_attempt() {
    let counter = Counter::open(faults(0.5, 0.0), &[]).await;
    let mut declined = 0;
    for number in 0..100 {
        let order = order(&number.to_string(), &[("A", 1)]);
        let first = counter.charge(&order, 1).await.expect("payments answers");
        let second = counter.charge(&order, 2).await.expect("payments answers");
        assert_eq!(first, second);
        declined += u32::from(first == Err(Refusal::Declined));
    }
    assert!((30..70).contains(&declined), "{declined} of 100");
    counter.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_leaves_open_whether_money_was_taken() {
    let counter = Counter::open(faults(0.0, 1.0), &[]).await;
    for number in 0..40 {
        let order = order(&number.to_string(), &[("A", 1)]);
        assert!(matches!(
            counter.charge(&order, 1).await,
            Err(AskError::HandlerPanicked)
        ));
    }
    let taken = counter.bank.statement().len();
    assert!((10..30).contains(&taken), "{taken} of 40");

    // It is answered by the payments actor of a later life, which knows all about it.
    for number in 0..40 {
        let void = VoidPayment {
            order: OrderId::from(number.to_string().as_str()),
        };
        counter.payments.ask(void).await.expect("payments answers");
    }
    assert_eq!(counter.bank.statement().len(), 2 * taken);
    counter.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_cashier_tries_again_until_the_payment_is_settled() {
    let mut counter = Counter::open(faults(0.0, 0.5), &[]).await;
    let mut paid = 0;
    for number in 0..100 {
        let order = order(&number.to_string(), &[("A", 1)]);
        match counter.collect(&order).await {
            Payment::Paid => paid += 1,
            Payment::Failed => {}
            Payment::Refused(refusal) => panic!("{refusal:?}"),
        }
    }
    // 1 of 2⁵ orders uses up its five attempts.
    assert!((90..100).contains(&paid), "{paid} of 100");
    assert!(counter.meter.retries() > 80, "{}", counter.meter.retries());
    let (charges, refunds): (Vec<_>, Vec<_>) = counter
        .bank
        .statement()
        .into_iter()
        .partition(|movement| matches!(movement, Movement::Charge(..)));
    assert_eq!(charges.len() - refunds.len(), paid);
    counter.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_cashier_out_of_attempts_gives_back_what_was_taken() {
    let mut counter = Counter::open(faults(0.0, 1.0), &[]).await;
    let mut refunds = counter
        .system
        .topic::<PaymentRefunded>()
        .subscribe()
        .start();
    let order = order("1", &[("A", 2)]);
    assert_eq!(counter.collect(&order).await, Payment::Failed);
    assert_eq!(counter.meter.retries(), u64::from(ATTEMPTS) - 1);

    let (charged, refunded) = (
        Movement::Charge(order.id.clone(), decimal("3")),
        Movement::Refund(order.id, decimal("3")),
    );
    assert_eq!(counter.bank.statement(), [charged, refunded]);
    let event = refunds
        .next()
        .await
        .and_then(Delivery::event)
        .expect("the customer hears of it");
    assert_eq!(event.amount, decimal("3"));
    counter.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_payment_can_be_given_back_after_it_was_collected() {
    let mut counter = Counter::open(faults(0.0, 0.0), &[]).await;
    let order = order("1", &[("A", 2)]);
    assert_eq!(counter.collect(&order).await, Payment::Paid);
    for _ in 0..2 {
        assert_eq!(counter.give_back(&order).await, Payment::Failed);
    }
    assert_eq!(
        counter.collect(&order).await,
        Payment::Refused(Refusal::Voided)
    );
    assert_eq!(counter.bank.statement().len(), 2);
    counter.close().await;
}

/// Takes longer over its first charge than anyone waits for.
struct Slow {
    bank: Arc<Bank>,
    is_awake: bool,
}

#[actor]
impl Slow {
    #[handler]
    async fn charge(&mut self, charge: Charge) -> Result<(), Refusal> {
        if !std::mem::replace(&mut self.is_awake, true) {
            tokio::time::sleep(secs(12)).await;
        }
        self.bank
            .charge(charge.order, charge.amount)
            .map_err(|Voided| Refusal::Voided)
    }

    #[handler]
    fn void(&mut self, payment: VoidPayment) -> Option<Decimal> {
        self.bank.void(payment.order)
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_late_does_not_charge_a_second_time() {
    let mut counter = Counter::open(faults(0.0, 0.0), &[]).await;
    let bank = counter.bank.clone();
    let slow = ChildSpec::new("slow", move || Slow {
        bank: bank.clone(),
        is_awake: false,
    });
    let slow = counter.system.spawn(slow).await.expect("it starts");
    let meter = counter.meter.clone();
    let hire = move || Cashier::new(slow.recipient(), slow.recipient(), meter.clone());
    counter.cashier = counter
        .system
        .spawn(ChildSpec::new("patient", hire))
        .await
        .expect("a cashier can be hired");

    let order = order("1", &[("A", 2)]);
    assert_eq!(counter.collect(&order).await, Payment::Paid);
    assert_eq!(
        counter.meter.retries(),
        2,
        "two asks of five seconds each went by"
    );
    assert_eq!(
        counter.bank.statement(),
        [Movement::Charge(order.id, decimal("3"))]
    );
    counter.close().await;
}
