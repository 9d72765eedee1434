//! A card's own account of its loads: the counter book is closed up to where the card stands.

use apdu_core::authority::{Account, Accounted, MadeFor};
use apdu_core::bcd::CardNumber;
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::toll_card::{LogRecord, TransactionKind};

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, load_key, shown};
use crate::audit::{Entry, Event};
use crate::keys::Load;
use crate::ledger::{self, CardFile, Known, LogEntry};

/// Loads a card's log can hold (reference §1.1).
const LONGEST_LOG: usize = 50;

impl Desk<'_> {
    /// Takes a card's account in: what it proves settles its open record, what it leaves open is listed.
    /// From any outlet, in any status of the card.
    pub async fn account(
        &self,
        who: &Who,
        attempt: &Attempt,
        card: CardNumber,
        account: &Account,
    ) -> Result<Accounted, Error> {
        let raw = raw(account);
        let mut proof = Shown::new(who, &raw);
        for _ in 0..DECISIONS {
            let decided = self
                .account_once(who, attempt, card, account, &mut proof)
                .await;
            if let Some(end) = ended(decided) {
                let end = self.or_its_twin(who, attempt, end).await;
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn account_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        account: &Account,
        proof: &mut Shown<'_>,
    ) -> Result<Accounted, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        if account.log.len() > LONGEST_LOG {
            return Err(Code::BadRequest.into());
        }
        let file = self.card_file(number).await?;
        let now = self.store.now().await?;
        let made_with = self.made_with(who, &file, &account.made_for, now).await?;
        let proved = self
            .verify_init(proof, &file, now, made_with, &account.init.0)
            .await?;
        if let Err(denied) = ledger::may_account(&file.card, &proved.verified) {
            return self
                .refuse_proved(proof, &file, now, proved.learned, denied)
                .await;
        }

        let log = self.log(&file, account).await?;
        let from = asked_from(&file, &log);
        let authorisations = self.store.authorisations_from(number, from).await?;
        let known = Known {
            log: &log,
            records: &self.records_of(&authorisations).await?,
            authorisations: &authorisations,
            rows: &self.store.book(number, from).await?,
        };
        let accounting = ledger::account(&file, &proved.verified, known, now);
        let mut change = accounting.change;
        change.writes.extend(proved.learned);
        let answer = Accounted {
            book: file
                .card
                .book
                .max(Some(proved.init.counter))
                .unwrap_or_default(),
            settled: accounting
                .settled
                .as_ref()
                .map(|record| shown(record, &file.card, who)),
            open: accounting
                .open
                .as_ref()
                .map(|record| shown(record, &file.card, who)),
        };
        let entry = Entry {
            at: now,
            operator: who.operator.clone(),
            event: Event::Accounted,
            card: Some(number),
            record: accounting.settled.or(file.open).map(|record| record.id),
            evidence: raw(account),
        };
        match accounting.alarm {
            None => {
                self.commit(change, Some(proved.counted), entry, attempt, &answer)
                    .await?;
                proof.given_back();
                Ok(answer)
            }
            // What the account says is kept; the task that showed it does not go on.
            Some(code) => {
                self.commit_refusal(change, Some(proved.counted), entry)
                    .await?;
                proof.given_back();
                Err(code.into())
            }
        }
    }

    /// Amount and terminal number the INIT of an account was made with.
    async fn made_with(
        &self,
        who: &Who,
        file: &CardFile,
        made_for: &MadeFor,
        now: i64,
    ) -> Result<(u32, [u8; 6]), Error> {
        match made_for {
            MadeFor::Preflight { amount } => {
                let today = self.today(who, now).await?;
                let terms = ledger::terms(file, *amount, &who.asker(&today), now)?;
                Ok((terms.init_amount, terms.terminal))
            }
            MadeFor::Record(id) => {
                let record = self.store.record(id).await?.ok_or(Code::NoSuchRecord)?;
                if record.card != file.card.number {
                    return Err(Code::RecordOfOtherCard.into());
                }
                Ok((record.amount, who.terminal))
            }
        }
    }

    /// The loads in the card's log. Over one of them, its latest, the card's proof may verify.
    async fn log(&self, file: &CardFile, account: &Account) -> Result<Vec<LogEntry>, Error> {
        let records: Vec<LogRecord> = account
            .log
            .iter()
            .filter_map(|bytes| LogRecord::parse(&bytes.0).ok().flatten())
            .collect();
        let is_load = |record: &&LogRecord| record.kind == TransactionKind::Load;
        let loads: Vec<&LogRecord> = records.iter().filter(is_load).collect();
        let terminals: Vec<[u8; 6]> = loads.iter().map(|load| load.terminal).collect();
        let ours = self.store.registered(&terminals).await?;
        let latest = loads.first().map(|load| load.counter);
        let balance_now =
            u32::from_be_bytes(*account.init.0.first_chunk().ok_or(Code::BadRequest)?);
        let entries = loads.iter().map(|load| LogEntry {
            counter: load.counter,
            amount: load.amount,
            terminal: load.terminal,
            second: calendar::second_at(load.date, load.time),
            ours: ours.contains(&load.terminal),
            proved_balance: account
                .prove
                .filter(|_| latest == Some(load.counter))
                .and_then(|prove| {
                    let after = after_load(&records, load, balance_now)?;
                    self.proves(file, load, after, &prove.0).then_some(after)
                }),
        });
        Ok(entries.collect())
    }

    /// Whether the TAC in an answer of GET TRANSACTION PROVE verifies over this load.
    fn proves(&self, file: &CardFile, load: &LogRecord, after: u32, prove: &[u8; 8]) -> bool {
        let [.., a, b, c, d] = *prove;
        let Some(balance) = after.checked_sub(load.amount) else {
            return false;
        };
        let load = Load {
            key: load_key(&file.card),
            balance,
            counter: load.counter,
            amount: load.amount,
            terminal: load.terminal,
            date: load.date,
            time: load.time,
        };
        self.keys.verify_tac(&load, [a, b, c, d]).is_ok()
    }
}

/// What the latest load left on the card: what is there now, and what lanes have taken since.
fn after_load(records: &[LogRecord], load: &LogRecord, balance_now: u32) -> Option<u32> {
    let since = records.iter().take_while(|record| *record != load);
    let spent = since.filter(|record| {
        matches!(
            record.kind,
            TransactionKind::Purchase | TransactionKind::CompositePurchase
        )
    });
    spent
        .map(|record| record.amount)
        .try_fold(balance_now, u32::checked_add)
}

/// The lowest counter the account can be about.
fn asked_from(file: &CardFile, log: &[LogEntry]) -> u16 {
    let said = log.iter().map(|entry| entry.counter);
    let torn = file.loading().map(|(_, counter)| counter);
    let unexplained = file.unexplained.first().copied();
    said.chain(torn)
        .chain(unexplained)
        .chain(file.card.book)
        .min()
        .unwrap_or_default()
}

/// The account as it goes into the audit trail: INIT answer, proof (zeros where there is none), log.
fn raw(account: &Account) -> Vec<u8> {
    let prove = account.prove.map_or([0; 8], |prove| prove.0);
    let mut raw = [&account.init.0[..], &prove].concat();
    account.log.iter().for_each(|entry| raw.extend(entry.0));
    raw
}
