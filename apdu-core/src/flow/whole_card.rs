//! A card read whole, and its proof that it is there.

use super::{read_identity, select_toll_application, transmit_ok, verify};
use crate::authority::{Presence, ShownPresence};
use crate::bcd::CardNumber;
use crate::card::{Card, PowerSession};
use crate::fault::{Code, Fault};
use crate::hex::{Bytes, Fixed};
use crate::sw::Sw;
use crate::toll_card::{HolderFile, IssueFile, select_master_file, wallet};

/// The two files that a counter writes.
pub(super) struct WholeFiles {
    /// Whose they are.
    pub(super) number: CardNumber,
    /// 0016, 55 bytes.
    pub(super) holder: Bytes,
    /// 0015, as long as it is: 43 or 50 bytes.
    pub(super) issue: Bytes,
}

/// Reads both files. Leaves the toll application selected.
pub(super) async fn read_whole(
    card: &mut dyn Card,
    session: PowerSession,
) -> Result<WholeFiles, Fault> {
    let malformed = Fault::new(Code::MalformedFile);
    transmit_ok(card, session, &select_master_file()).await?;
    let holder = transmit_ok(card, session, &HolderFile::read()).await?;
    HolderFile::parse(&holder).map_err(|_| malformed)?;

    select_toll_application(card, session).await?;
    let (file, issue) = read_issue_file(card, session).await?;
    Ok(WholeFiles {
        number: file.number,
        holder: Bytes(holder),
        issue,
    })
}

/// File 0015, as long as it is, of the application that is selected. The longer form is asked for first, for a card that has it gives the shorter one as well; one that
/// has not says so (`6C2B`, `6700`, or what is there with a warning).
pub(super) async fn read_issue_file(
    card: &mut dyn Card,
    session: PowerSession,
) -> Result<(IssueFile, Bytes), Fault> {
    let read = IssueFile::read(IssueFile::LONG);
    let long = card.transmit(session, &read).await?;
    if !long.sw.is_ok() {
        let identity = read_identity(card, session).await?;
        return Ok((identity.issue, identity.bytes));
    }
    let issue = IssueFile::parse(&long.data).map_err(|_| Fault::new(Code::MalformedFile))?;
    Ok((issue, Bytes(long.data)))
}

/// What is known of a card's PIN.
#[derive(Default)]
pub(super) struct PinShown {
    /// The power session in which the card has accepted it.
    session: Option<PowerSession>,
}

impl PinShown {
    /// Has the card, in its toll application, prove that it is there. VERIFY once per power session; but some
    /// cards forget it when their application is left, and a PIN that was accepted is no try when it is shown
    /// again.
    pub(super) async fn prove(
        &mut self,
        card: &mut dyn Card,
        session: PowerSession,
        presence: &Presence,
    ) -> Result<ShownPresence, Fault> {
        let init = &presence.init;
        let amount = init.amount.ok_or(Fault::new(Code::BackendFailed))?;
        let initialize = wallet::initialize_for_load(init, amount);

        let was_shown = self.session == Some(session);
        if !was_shown {
            verify(card, session, &presence.pin).await?;
            self.session = Some(session);
        }
        let mut answer = card.transmit(session, &initialize).await?;
        if was_shown && answer.sw == Sw::SECURITY_STATE {
            verify(card, session, &presence.pin).await?;
            answer = card.transmit(session, &initialize).await?;
        }
        if !answer.sw.is_ok() {
            return Err(Fault::of_sw(answer.sw));
        }
        let answer: Result<[u8; 16], _> = answer.data.try_into();
        Ok(ShownPresence {
            answer: answer
                .map(Fixed)
                .map_err(|_| Fault::new(Code::MalformedFile))?,
            terminal: init.terminal,
        })
    }
}
