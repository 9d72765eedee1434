//! How many durable authorisations a database carries, against its own bare commits, in one run.
//!
//! ```text
//! authorisations sqlite FILE | postgres URL
//! ```
//!
//! An authorisation is the whole request without HTTP: read, count the proof, verify MAC1, decide, compute
//! MAC2, commit. A bare commit is a transaction that updates one row, on plain connections without anything of
//! ours: as many as the backend writes with (one in SQLite, where there is one writer, else 16), with its
//! settings, every commit flushed, in the same run on the same database. Both are asked for by the same number
//! of counters at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apdu_core::authority::{Authorise, CardProfile, CardStatus, Pin, ProofCounter};
use apdu_core::bcd::{CardNumber, Date};
use apdu_core::hex::Fixed;
use etc_api::{OutletKind, Role};
use etc_backend::audit::{Entry, Event};
use etc_backend::demo;
use etc_backend::desk::{Attempt, Desk, Who};
use etc_backend::keys::SoftKeys;
use etc_backend::keys::personal::Personal;
use etc_backend::ledger::{
    Card, CardKind, CardStock, Change, Means, PaymentTaken, PosSlip, Purse, Record, State, Write,
};
use etc_backend::random::OsRandom;
use etc_backend::store::{Commit, DatabaseStore, Purpose, Session, Stock, StockCard, Store};
use etc_sim::card::{Knobs, Personalisation, TollCard};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::task::JoinSet;

/// Counters that ask at the same time.
const COUNTERS: usize = 32;
/// Cards that are asked for, each as often as one counter value allows.
const CARDS: usize = 600;
const PER_CARD: usize = 5;
/// The even stream of requests whose slowest are looked at.
const PER_SECOND: u64 = 200;
const AMOUNT: u32 = 10_000;
const TERMINAL: [u8; 6] = [1, 2, 3, 4, 5, 6];

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let mut arguments = std::env::args().skip(1);
    let (kind, place) = (arguments.next(), arguments.next());
    let (store, plain) = match (kind.as_deref(), place) {
        (Some("sqlite"), Some(file)) => {
            let store = DatabaseStore::sqlite(Path::new(&file)).await?;
            let store = store.with_personal(Personal::new(&[7; 32])).await?;
            (store, Plain::sqlite(&file).await?)
        }
        (Some("postgres"), Some(url)) => {
            let store = DatabaseStore::postgres(&url, Purpose::Demo).await?;
            let store = store.with_personal(Personal::new(&[7; 32])).await?;
            (store, Plain::postgres(&url).await?)
        }
        _ => return Err("authorisations sqlite FILE | postgres URL".into()),
    };
    let bench = Arc::new(Bench {
        store,
        keys: SoftKeys::from_toml(demo::KEYS)?,
    });
    let cards = bench.prepare().await?;

    let bare = bare_commits(&Arc::new(plain)).await?;
    let (burst, stream) = cards.split_at(CARDS * 2 / 3);
    let started = Instant::now();
    let asked = bench.authorise(jobs(burst), None).await?.len();
    let authorised = per_second(asked, started.elapsed());

    let mut waits = bench
        .authorise(
            jobs(stream),
            Some(Duration::from_nanos(1_000_000_000 / PER_SECOND)),
        )
        .await?;
    waits.sort_unstable();
    let p99 = waits[waits.len() * 99 / 100];
    println!("bare commits             {bare:>9.0} /s");
    println!(
        "durable authorisations   {authorised:>9.0} /s  {:.2} of the bare commits ({COUNTERS} counters, {asked} requests)",
        authorised / bare
    );
    println!(
        "p99 at {PER_SECOND}/s             {:>9.1} ms  ({} requests)",
        p99.as_secs_f64() * 1_000.0,
        waits.len()
    );
    Ok(())
}

struct Bench {
    store: DatabaseStore,
    keys: SoftKeys,
}

/// A paid record and the INIT answer of its card.
#[derive(Clone)]
struct Asked {
    record: String,
    init: [u8; 16],
}

/// One authorisation after the other for each card, spread so that no two of a card stand side by side.
fn jobs(cards: &[Asked]) -> Vec<(usize, Asked)> {
    (0..PER_CARD)
        .flat_map(|round| cards.iter().map(move |card| (round, card.clone())))
        .collect()
}

impl Bench {
    fn desk(&self) -> Desk<'_> {
        Desk {
            store: &self.store,
            keys: &self.keys,
            random: &OsRandom,
        }
    }

    /// Cards, a paid record on each, and what each card answers to the INIT of its write.
    async fn prepare(&self) -> Fallible<Vec<Asked>> {
        self.store
            .add(&demo::stock("nobody signs in".into())?)
            .await?;
        let numbers: Vec<CardNumber> = (0..CARDS)
            .map(|card| format!("620122012609{card:08}").parse())
            .collect::<Result<_, _>>()
            .map_err(|_| "20 digits")?;
        let stock = Stock {
            cards: numbers.iter().map(|&number| stock_card(number)).collect(),
            ..Stock::default()
        };
        self.store.add(&stock).await?;
        for counter in 0..COUNTERS {
            let session = session(counter);
            self.store.open_session(&session, &entry(0, None)).await?;
        }
        let mut asked = Vec::new();
        for number in numbers {
            asked.push(self.paid_record(number).await?);
        }
        Ok(asked)
    }

    async fn paid_record(&self, number: CardNumber) -> Fallible<Asked> {
        let now = self.store.now().await?;
        let file = self
            .store
            .card_file(number)
            .await?
            .ok_or("the card was added")?;
        let record = Record {
            id: format!("bench-{number}"),
            card: number,
            amount: AMOUNT,
            state: State::Paid,
            created_counter: 5,
            balance_before: 3_000,
            created_at: now,
            outlet: "LZ01".into(),
            operator: demo::TELLER.into(),
            version: 0,
        };
        let payment = PaymentTaken {
            record: record.id.clone(),
            means: Means::Pos(PosSlip {
                terminal: "BENCH".into(),
                number: number.to_string(),
                day: "20260101".into(),
            }),
            amount: AMOUNT,
            operator: demo::TELLER.into(),
            outlet: "LZ01".into(),
            at: now,
        };
        let writes = vec![
            Write::InsertRecord(record.clone()),
            Write::InsertPayment(payment),
            Write::CloseBook(5),
        ];
        let commit = Commit {
            change: Change::of(&file.card, writes),
            proved: None,
            entry: entry(now, Some(number)),
            answer: None,
        };
        self.store.commit(&commit).await?;
        Ok(Asked {
            record: record.id,
            init: init_answer(number)?,
        })
    }

    /// Authorises all of them, as fast as the counters can or one every `pace`; how long each took from
    /// when it was due.
    async fn authorise(
        self: &Arc<Self>,
        jobs: Vec<(usize, Asked)>,
        pace: Option<Duration>,
    ) -> Fallible<Vec<Duration>> {
        let jobs = Arc::new(jobs);
        let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let started = Instant::now();
        let mut counters = JoinSet::new();
        for counter in 0..COUNTERS {
            let (bench, jobs, next) = (Arc::clone(self), Arc::clone(&jobs), Arc::clone(&next));
            counters.spawn(async move {
                let mut waits = Vec::new();
                let who = who(counter);
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((round, asked)) = jobs.get(at) else {
                        return Fallible::Ok(waits);
                    };
                    let due = match pace {
                        Some(pace) => started + pace * u32::try_from(at)?,
                        None => Instant::now(),
                    };
                    tokio::time::sleep_until(due.into()).await;
                    let attempt = Attempt {
                        key: format!("{}-{round}", asked.record),
                        route: "POST".into(),
                        body: [0; 32],
                    };
                    let request = Authorise {
                        init: Fixed(asked.init),
                    };
                    let desk = bench.desk();
                    desk.authorise(&who, &attempt, &asked.record, &request)
                        .await?;
                    waits.push(due.elapsed());
                }
            });
        }
        let mut waits = Vec::new();
        while let Some(done) = counters.join_next().await {
            waits.extend(done??);
        }
        Ok(waits)
    }
}

/// Connections with nothing of ours but the backend's settings.
enum Plain {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Plain {
    /// One: there is one writer.
    async fn sqlite(file: &str) -> Fallible<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false);
        Ok(Self::Sqlite(pool.connect_with(options).await?))
    }

    /// As many as a backend has.
    async fn postgres(url: &str) -> Fallible<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .test_before_acquire(false);
        Ok(Self::Postgres(pool.connect(url).await?))
    }

    /// A transaction that updates one row.
    async fn commit(&self, token: &[u8], at: i64) -> Fallible<()> {
        const UPDATE: &str = "UPDATE session SET seen_at = $1 WHERE token = $2";
        match self {
            Self::Sqlite(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                let update = sqlx::query(UPDATE).bind(at).bind(token);
                update.execute(&mut *transaction).await?;
                transaction.commit().await?;
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let update = sqlx::query(UPDATE).bind(at).bind(token);
                update.execute(&mut *transaction).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }
}

/// Bare commits per second.
async fn bare_commits(plain: &Arc<Plain>) -> Fallible<f64> {
    const EACH: usize = 100;
    let started = Instant::now();
    let mut counters = JoinSet::new();
    for counter in 0..COUNTERS {
        let plain = Arc::clone(plain);
        counters.spawn(async move {
            let token = session(counter).token;
            for at in 0..EACH {
                plain.commit(&token, at as i64).await?;
            }
            Fallible::Ok(())
        });
    }
    while let Some(done) = counters.join_next().await {
        done??;
    }
    Ok(per_second(COUNTERS * EACH, started.elapsed()))
}

fn per_second(times: usize, elapsed: Duration) -> f64 {
    times as f64 / elapsed.as_secs_f64()
}

fn stock_card(number: CardNumber) -> StockCard {
    StockCard {
        card: Card {
            number,
            kind: CardKind::StoredValue,
            version: 0x40,
            start: Date([0x20, 0x24, 0x01, 0x15]),
            expiry: Date([0x20, 0x34, 0x01, 0x14]),
            plate: "甘A12345".into(),
            plate_colour: 0,
            vehicle_class: 1,
            status: CardStatus::Normal,
            profile: CardProfile {
                pin: Pin::None,
                issue_file_length: 43,
                proof_counter: ProofCounter::After,
            },
            purse: Purse {
                key_index: 1,
                refuses_one_fen: false,
                refuses_odd_terminals: false,
            },
            stock: CardStock::default(),
            proved_counter: 5,
            book: None,
            weak_random: false,
            stopped: None,
            revision: 0,
        },
        holder: None,
    }
}

/// What the card answers to the INIT of its record's write.
fn init_answer(number: CardNumber) -> Fallible<[u8; 16]> {
    let person = Personalisation {
        balance: 3_000,
        counter: 5,
        ..Personalisation::factory(number.serial)
    };
    let mut knobs = Knobs::default();
    knobs.pin.required = false;
    let mut card = TollCard::new(&person, knobs, 1);
    card.power_on();
    card.transmit(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0x10, 0x01]);
    let amount = AMOUNT.to_be_bytes();
    let init: [&[u8]; 4] = [
        &[0x80, 0x50, 0x00, 0x02, 0x0B, 0x01],
        &amount,
        &TERMINAL,
        &[0x10],
    ];
    let answer = card.transmit(&init.concat());
    let answer = answer
        .first_chunk::<16>()
        .ok_or("the card refused the INIT")?;
    Ok(*answer)
}

fn session(counter: usize) -> Session {
    let mut token = [0xBE; 32];
    token[0] = counter as u8;
    Session {
        token,
        operator: demo::TELLER.into(),
        terminal: TERMINAL,
        opened_at: 0,
        seen_at: 0,
    }
}

fn who(counter: usize) -> Who {
    Who {
        operator: demo::TELLER.into(),
        name: "Bench".into(),
        role: Role::Teller,
        outlet: etc_api::Outlet {
            code: "LZ01".into(),
            name: "LZ01".into(),
            kind: OutletKind::Own,
            bank: None,
        },
        terminal: TERMINAL,
        session: session(counter).token,
    }
}

fn entry(at: i64, card: Option<CardNumber>) -> Entry {
    Entry {
        at,
        operator: demo::TELLER.into(),
        event: Event::Paid,
        card,
        record: None,
        evidence: Vec::new(),
    }
}
