//! How long a search for applications takes among few and among many, and by which index.
//!
//! ```text
//! applications sqlite FILE | postgres URL [MANY]
//! ```
//!
//! Applications are handed in as a channel does it, 500 at a time, first a few, then up to many, a million unless it
//! is said otherwise. Every search that a desk makes is asked for its first page, by values that differ from one time
//! to the next; the list also for a page from its middle. What the database says of its way to them must name an
//! index. The last column is what counts: a search that reads only what it shows takes as long among many as among
//! few.

use std::path::Path;
use std::time::{Duration, Instant};

use etc_api::{ApplicationState, Bank, NewApplication};
use etc_backend::audit::{Entry, Event};
use etc_backend::keys::personal::Personal;
use etc_backend::ledger::{CardKind, Valid};
use etc_backend::store::{
    ApplicationChange, ApplicationSearch, ApplicationStore, Batch, DatabaseStore, PAGE, Place,
    Purpose, Sought, States, Taken,
};
use sqlx::{Connection, PgConnection};

const FEW: usize = 10_000;
const MANY: usize = 1_000_000;
const AT_ONCE: usize = 500;
/// Of so many one of an own outlet is taken back.
const TAKEN_BACK: usize = 1_000;
/// How often each search is made.
const TIMES: usize = 200;
/// 2024-01-01, and a third of a day from one batch to the next.
const FIRST: i64 = 1_704_038_400_000;
const STEP: i64 = 8 * 60 * 60 * 1_000;

const CHANNEL: &str = "bench";

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (kind, place, many) = match arguments[..] {
        [kind, place] => (kind, place, MANY),
        [kind, place, many] => (kind, place, many.parse()?),
        _ => return Err("applications sqlite FILE | postgres URL [MANY]".into()),
    };
    let store = match kind {
        "sqlite" => DatabaseStore::sqlite(Path::new(place)).await?,
        _ => DatabaseStore::postgres(place, Purpose::Demo).await?,
    };
    let store = store.with_personal(Personal::new(&[7; 32])).await?;
    let token = [0xBE; 32];
    let noted = entry(FIRST, Event::ChannelAdded);
    store.add_channel(CHANNEL, &token, &noted).await?;

    fill(&store, 0, FEW).await?;
    statistics(kind, place).await?;
    let few = measured(&store, FEW).await?;
    let taken = fill(&store, FEW, many).await?;
    statistics(kind, place).await?;
    let among_many = measured(&store, many).await?;

    println!(
        "handed in                {:>9.0} /s",
        (many - FEW) as f64 / taken.as_secs_f64()
    );
    println!(
        "{:<36}{FEW:>9}{many:>10}  times  index",
        format!("a page of {PAGE} among")
    );
    for (asked, (few, many)) in SEARCHES.iter().zip(few.into_iter().zip(among_many)) {
        let index = explained(&store, &asked.search(FEW / 2)).await?;
        println!(
            "{:<36}{:>6.2} ms{:>7.2} ms{:>7.1}  {index}",
            asked.name,
            millis(few),
            millis(many),
            many.as_secs_f64() / few.as_secs_f64(),
        );
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// PostgreSQL counts its rows by itself, some time later.
async fn statistics(kind: &str, place: &str) -> Fallible<()> {
    if kind == "postgres" {
        let mut server = PgConnection::connect(place).await?;
        sqlx::raw_sql("VACUUM ANALYZE application")
            .execute(&mut server)
            .await?;
        server.close().await?;
    }
    Ok(())
}

fn entry(at: i64, event: Event) -> Entry {
    Entry {
        at,
        operator: "channel bench".into(),
        event,
        card: None,
        record: None,
        evidence: Vec::new(),
    }
}

fn plate(at: usize) -> String {
    let letters = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let office = char::from(letters[at / 100_000 % letters.len()]);
    format!("甘{office}{:05}", at % 100_000)
}

fn id_number(at: usize) -> String {
    format!("BENCH{at:09}")
}

fn phone(at: usize) -> String {
    format!("138{at:08}")
}

fn id(at: usize) -> String {
    format!("application-{at:09}")
}

/// Three of ten are a bank's.
fn bank(at: usize) -> Option<Bank> {
    (at % 10 < 3).then(|| Bank::ALL[at / 10 % Bank::ALL.len()])
}

fn handed_in_at(at: usize) -> i64 {
    FIRST + (at / AT_ONCE) as i64 * STEP
}

fn batch_of(at: usize) -> String {
    format!("batch-{:06}", at / AT_ONCE)
}

fn line_of(at: usize) -> u32 {
    (at % AT_ONCE + 1) as u32
}

fn taken(at: usize) -> Taken {
    let new = NewApplication {
        number: format!("{at}"),
        plate: plate(at),
        plate_colour: 0,
        vehicle_class: 1,
        user_type: 0,
        card_type: 22,
        name: "张样例".into(),
        name_on_card: None,
        id_type: 199,
        id_number: id_number(at),
        phone: phone(at),
        bank: bank(at),
        vehicle: None,
    };
    Taken {
        id: id(at),
        line: line_of(at),
        new,
        valid: Valid {
            kind: CardKind::StoredValue,
            vehicle: None,
        },
    }
}

/// Hands in those from one number to another; how long it took.
async fn fill(store: &DatabaseStore, from: usize, to: usize) -> Fallible<Duration> {
    let started = Instant::now();
    for first in (from..to).step_by(AT_ONCE) {
        let mut mark = [0; 32];
        mark[..8].copy_from_slice(&(first as u64).to_be_bytes());
        let batch = Batch {
            id: batch_of(first),
            channel: CHANNEL.into(),
            mark,
            good: (first..to.min(first + AT_ONCE)).map(taken).collect(),
            bad: Vec::new(),
            entry: entry(handed_in_at(first), Event::ApplicationsTaken),
        };
        store.take_batch(&batch).await?;
    }
    let taken = started.elapsed();
    for at in (from + 5..to).step_by(TAKEN_BACK) {
        let change = ApplicationChange {
            id: id(at),
            version: 0,
            state: ApplicationState::Withdrawn,
            locked_by: None,
        };
        let noted = entry(handed_in_at(at), Event::ApplicationWithdrawn);
        store.change_application(&change, &noted).await?;
    }
    Ok(taken)
}

/// A search that a desk makes.
struct Asked {
    name: &'static str,
    narrow: fn(&mut ApplicationSearch, usize),
}

const SEARCHES: [Asked; 8] = [
    Asked {
        name: "what waits for somebody",
        narrow: |search, _| search.states = States::Unfinished,
    },
    Asked {
        name: "the same, a page from the middle",
        narrow: |search, at| {
            search.states = States::Unfinished;
            search.after = Some(Place {
                at: handed_in_at(at),
                batch: batch_of(at),
                line: line_of(at),
            });
        },
    },
    Asked {
        name: "the same, of a bank",
        narrow: |search, at| {
            search.states = States::Unfinished;
            search.of = Some(Some(Bank::ALL[at % Bank::ALL.len()]));
        },
    },
    Asked {
        name: "by plate and colour",
        narrow: |search, at| search.plate = Some((plate(at), 0)),
    },
    Asked {
        name: "by state",
        narrow: |search, _| search.states = States::Only(ApplicationState::Withdrawn),
    },
    Asked {
        name: "by state and day",
        narrow: |search, at| {
            search.states = States::Only(ApplicationState::Open);
            search.from = Some(handed_in_at(at));
            search.to = Some(handed_in_at(at) + 3 * STEP);
        },
    },
    Asked {
        name: "by document number",
        narrow: |search, at| search.person = Some(Sought::IdNumber(id_number(at))),
    },
    Asked {
        name: "by phone",
        narrow: |search, at| search.person = Some(Sought::Phone(phone(at))),
    },
];

impl Asked {
    /// The search about the application with this number.
    fn search(&self, at: usize) -> ApplicationSearch {
        let mut search = ApplicationSearch {
            of: Some(None),
            plate: None,
            person: None,
            states: States::All,
            from: None,
            to: None,
            after: None,
            limit: PAGE + 1,
        };
        (self.narrow)(&mut search, at);
        search
    }
}

/// The median of each search among so many.
async fn measured(store: &DatabaseStore, among: usize) -> Fallible<Vec<Duration>> {
    let mut medians = Vec::new();
    for asked in &SEARCHES {
        let mut times = Vec::new();
        let mut lines = 0;
        for time in 0..TIMES {
            // Numbers of own outlets, spread over all there are.
            let at = among / TIMES * time / 10 * 10 + 5;
            let search = asked.search(at);
            let started = Instant::now();
            lines += store.find_applications(&search).await?.len();
            times.push(started.elapsed());
        }
        if lines < TIMES {
            return Err(format!("{} found {lines} lines only", asked.name).into());
        }
        times.sort_unstable();
        medians.push(times[TIMES / 2]);
    }
    Ok(medians)
}

/// The index by which the database says it goes.
async fn explained(store: &DatabaseStore, search: &ApplicationSearch) -> Fallible<String> {
    let plan = store.explain_applications(search).await?;
    let reads_all = |step: &String| {
        ["SCAN application", "Seq Scan on application"]
            .iter()
            .any(|whole| step.contains(whole))
    };
    let mut words = plan.iter().flat_map(|step| step.split_whitespace());
    let index = words.find(|word| word.starts_with("application_"));
    match (index, plan.iter().any(reads_all)) {
        (Some(index), false) => Ok(index.to_owned()),
        _ => Err(format!("no index: {}", plan.join("; ")).into()),
    }
}
