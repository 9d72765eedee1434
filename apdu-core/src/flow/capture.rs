//! The field kit: reads of a real card, so that a test can answer as it did.
//!
//! Nothing here costs anything. There is no VERIFY, no INITIALIZE, no CREDIT and no EXTERNAL
//! AUTHENTICATE: every command reads, and may be repeated. So the PIN's form and the load keys are not
//! learnt.

use alloc::vec::Vec;

use crate::apdu::Command;
use crate::card::{Card, NoAnswer, PowerSession};
use crate::field_kit::{Findings, Log, Proof};
use crate::sw::Sw;
use crate::toll_card::{
    self, HolderFile, IssueFile, LogRecord, TransactionKind, TransitRecord, wallet,
};

/// Records the log 0018 keeps at most (reference §1.1).
const LONGEST_LOG: u8 = 50;
/// The master file's name, `1PAY.SYS.DDF01`.
const MASTER_FILE: &[u8] = b"1PAY.SYS.DDF01";
/// The toll application's AID.
const TOLL_APPLICATION: &[u8] = &[0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01];
/// Short identifiers of the two station files, 0012 and 0008: only their lengths are of interest.
const STATION_FILES: [u8; 2] = [0x12, 0x08];

/// Reads what a card shows to everybody, and says what follows for its profile.
///
/// # Errors
/// The first command that was not answered at all; what was read before it is in the trace.
pub async fn capture(card: &mut dyn Card) -> Result<Findings, NoAnswer> {
    let session = card.connect().await?;
    let mut reader = Reading { card, session };

    reader.select_by_name(MASTER_FILE).await?;
    reader.ok(&toll_card::select_master_file()).await?;
    let holder = reader.whole(HolderFile::read()).await?;

    let by_name = reader.select_by_name(TOLL_APPLICATION).await?;
    let by_id = reader.ok(&toll_card::select_toll_application()).await?;
    let issue = reader.whole(IssueFile::read(IssueFile::CLASSIC)).await?;
    reader.ok(&IssueFile::read(IssueFile::LONG)).await?;
    reader.ok(&wallet::get_balance()).await?;
    let log = reader.log().await?;
    let transit = reader.ok(&TransitRecord::read()).await?;
    for sfi in STATION_FILES {
        let read = Command::read([0x00, 0xB0, 0x80 | sfi, 0x00], 256);
        reader.ok(&read).await?;
    }
    let proof = match log.newest_load {
        Some(counter) => reader.proof(counter).await?,
        None => Proof::NotAsked,
    };
    let fill = |file: &Option<Vec<u8>>, at: usize| {
        let byte = *file.as_ref()?.get(at)?;
        matches!(byte, 0x00 | 0xFF).then_some(byte)
    };
    Ok(Findings {
        selected_by_name: by_name.is_some(),
        toll_application: by_id.is_some() || by_name.is_some(),
        issue_file_length: issue.as_ref().map(|file| file.len() as u16),
        holder_file_length: holder.as_ref().map(|file| file.len() as u16),
        card_type: issue.as_ref().and_then(|file| file.get(8).copied()),
        version: issue.as_ref().and_then(|file| file.get(9).copied()),
        plate_fill: fill(&issue, 39),
        name_fill: fill(&holder, 21),
        transit: transit.is_some(),
        log,
        proof,
    })
}

/// A card that is only read.
struct Reading<'a> {
    card: &'a mut dyn Card,
    session: PowerSession,
}

impl Reading<'_> {
    /// The answer's data, where the command was carried out.
    async fn ok(&mut self, command: &Command) -> Result<Option<Vec<u8>>, NoAnswer> {
        let response = self.card.transmit(self.session, command).await?;
        Ok(response.sw.is_ok().then_some(response.data))
    }

    async fn select_by_name(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, NoAnswer> {
        let select = Command::with_data([0x00, 0xA4, 0x04, 0x00], name, 256);
        self.ok(&select).await
    }

    /// A file whatever its length, and then as the counter reads it.
    async fn whole(&mut self, read: Command) -> Result<Option<Vec<u8>>, NoAnswer> {
        let whole = Command {
            ne: 256,
            ..read.clone()
        };
        let whole = self.ok(&whole).await?;
        let part = self.ok(&read).await?;
        Ok(whole.or(part))
    }

    /// The log, newest first, to its end.
    async fn log(&mut self) -> Result<Log, NoAnswer> {
        let mut log = Log::default();
        for number in 1..=LONGEST_LOG {
            let read = LogRecord::read(number);
            let response = self.card.transmit(self.session, &read).await?;
            log.protected |= response.sw == Sw::SECURITY_STATE;
            let Ok(Some(record)) = LogRecord::parse(&response.data) else {
                break;
            };
            log.records = number;
            if record.kind == TransactionKind::Load && log.newest_load.is_none() {
                log.newest_load = Some(record.counter);
            }
        }
        Ok(log)
    }

    /// Which counter GET TRANSACTION PROVE wants for the load made at this one.
    async fn proof(&mut self, counter: u16) -> Result<Proof, NoAnswer> {
        let after = wallet::get_load_prove(counter.wrapping_add(1));
        let after = self.ok(&after).await?.is_some();
        let before = self.ok(&wallet::get_load_prove(counter)).await?.is_some();
        Ok(match (after, before) {
            (true, true) => Proof::Both,
            (true, false) => Proof::After,
            (false, true) => Proof::Before,
            (false, false) => Proof::Neither,
        })
    }
}
