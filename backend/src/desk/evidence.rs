//! Everything that speaks about a record or a card, for those who decide, and as a file that proves itself.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, Fixed};
use etc_api::{
    AuditLine, AuthorisationLine, BookLine, Bundle, CardLife, RecordEvidence, SealedLine,
};

use super::{Desk, Error, Who, shown};
use crate::audit::{Entry, Event, Line, Sealed};
use crate::bundle;
use crate::ledger::{Authorisation, BookRow, Spender};
use crate::store::{RecordSearch, StoreError};
use crate::words::Word;

/// Records of one card that are shown at once.
const ALL_RECORDS: u32 = 1_000;

impl Desk<'_> {
    /// Everything that speaks about one record.
    pub async fn evidence(&self, who: &Who, id: &str) -> Result<RecordEvidence, Error> {
        let (record, file) = self.record_and_file(id).await?;
        self.note_shown(who, record.card, Some(id)).await?;
        let audit = self.store.audit_chain(record.card).await?;
        let about = |sealed: &&Sealed| sealed.line.record.as_deref().is_none_or(|one| one == id);
        Ok(RecordEvidence {
            line: self.line(who, &record, &file.card).await?,
            authorisations: self
                .store
                .authorisations_beside(id)
                .await?
                .iter()
                .map(authorisation_line)
                .collect(),
            book: self.book_lines(record.card).await?,
            card_stopped: file.card.stopped.map(|stop| stop.word().to_owned()),
            audit: audit
                .iter()
                .filter(about)
                .map(|one| audit_line(&one.line))
                .collect(),
        })
    }

    /// A card's whole life.
    pub async fn life(&self, who: &Who, card: CardNumber) -> Result<CardLife, Error> {
        let file = self.card_file(card).await?;
        self.note_shown(who, card, None).await?;
        let search = RecordSearch {
            card: Some(card),
            limit: ALL_RECORDS,
            ..RecordSearch::default()
        };
        let audit = self.store.audit_chain(card).await?;
        Ok(CardLife {
            card,
            status: file.card.status,
            records: self.lines(who, &search).await?,
            book: self.book_lines(card).await?,
            audit: audit.iter().map(|one| audit_line(&one.line)).collect(),
        })
    }

    /// The proof of a disputed load, signed.
    pub async fn bundle(&self, who: &Who, id: &str) -> Result<Bundle, Error> {
        let (record, file) = self.record_and_file(id).await?;
        // Its own export is the last line of the chain that is exported.
        self.note_shown(who, record.card, Some(id)).await?;
        let chain = self.store.audit_chain(record.card).await?;
        let recharge = shown(&record, &file.card, who);
        let unsigned = Bundle {
            form: bundle::FORM.to_owned(),
            record: record.id.clone(),
            card: record.card,
            state: recharge.state,
            amount: record.amount,
            authorisations: self
                .store
                .authorisations_beside(id)
                .await?
                .iter()
                .map(authorisation_line)
                .collect(),
            book: self.book_lines(record.card).await?,
            chain: chain.iter().map(sealed_line).collect(),
            at: self.store.now().await?,
            key: Bytes(Vec::new()),
            signature: Bytes(Vec::new()),
        };
        let signed = bundle::sign(unsigned, self.keys);
        signed.map_err(|error| error.code(Code::NoKeys).into())
    }

    async fn book_lines(&self, card: CardNumber) -> Result<Vec<BookLine>, StoreError> {
        let rows = self.store.book(card, 0).await?;
        Ok(rows.into_iter().map(book_line).collect())
    }

    async fn note_shown(
        &self,
        who: &Who,
        card: CardNumber,
        record: Option<&str>,
    ) -> Result<(), StoreError> {
        let entry = Entry {
            at: self.store.now().await?,
            operator: who.operator.clone(),
            event: Event::EvidenceShown,
            card: Some(card),
            record: record.map(str::to_owned),
            evidence: Vec::new(),
        };
        self.store.note(&entry).await
    }
}

fn authorisation_line(one: &Authorisation) -> AuthorisationLine {
    AuthorisationLine {
        counter: one.counter,
        balance: one.balance,
        amount: one.amount,
        terminal: Fixed(one.terminal),
        second: one.second,
        operator: one.operator.clone(),
    }
}

/// A row of the counter book as it is shown.
pub(super) fn book_line(row: BookRow) -> BookLine {
    let (spender, record) = match row.spender {
        Spender::Ours(record) => (etc_api::Spender::Ours, Some(record)),
        Spender::Foreign => (etc_api::Spender::Foreign, None),
        Spender::Lost { .. } => (etc_api::Spender::Lost, None),
        Spender::Unknown => (etc_api::Spender::Unknown, None),
        Spender::Decided(_) => (etc_api::Spender::Decided, None),
    };
    BookLine {
        counter: row.counter,
        spender,
        record,
        terminal: row.said.map(|said| Fixed(said.terminal)),
        amount: row.said.map(|said| said.amount),
        at: row.at,
    }
}

fn audit_line(line: &Line) -> AuditLine {
    AuditLine {
        at: line.at,
        operator: line.operator.clone(),
        event: line.event.clone(),
        record: line.record.clone(),
        evidence: Bytes(line.evidence.clone()),
    }
}

fn sealed_line(sealed: &Sealed) -> SealedLine {
    SealedLine {
        number: sealed.line.number,
        line: audit_line(&sealed.line),
        hash: Bytes(sealed.hash.to_vec()),
    }
}
