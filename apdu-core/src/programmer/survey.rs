//! What the field kit asks through a programmer it does not know: reads only. Nothing is written, verified or
//! counted, so that any device, tag and card may be tried.

use alloc::vec::Vec;

use crate::apdu::{Command, Response};
use crate::card::{Card, NoAnswer};
use crate::fault::Code;
use crate::obu::{SystemInformation, TagProfile, read_encrypted, select_application};
use crate::obu_programmer::{CardSlot, Channel, ObuProgrammer, PsamSlot, Tag};
use crate::toll_card::{self, IssueFile, wallet};

/// The random of the encrypted read. Nobody decrypts what comes, so it need not be fresh.
const RANDOM: [u8; 8] = [0; 8];
/// READ BINARY of a PSAM's file 0016, the terminal number.
const READ_TERMINAL: [u8; 4] = [0x00, 0xB0, 0x96, 0x00];

/// A tag that was read.
#[derive(Clone, Debug)]
pub struct SurveyedTag {
    /// As it answered the call.
    pub tag: Tag,
    /// Its system information.
    pub system: SystemInformation,
    /// What it answered to the encrypted read of its vehicle information; or why it was not asked.
    pub vehicle: Result<Response, Code>,
}

/// A card that was read.
#[derive(Clone, Debug)]
pub struct SurveyedCard {
    /// Its issue file.
    pub issue: IssueFile,
    /// Its balance, fen.
    pub balance: u32,
}

/// A PSAM that was read.
#[derive(Clone, Debug)]
pub struct SurveyedPsam {
    /// The terminal number of its reset.
    pub terminal: [u8; 6],
    /// What it answered to the read of file 0016.
    pub file: Vec<u8>,
}

/// Calls the only tag near by, reads it, and lets it go.
pub async fn tag(programmer: &mut dyn ObuProgrammer) -> Result<SurveyedTag, NoAnswer> {
    let (session, tag) = programmer.initialise().await?;
    let list = [
        toll_card::select_master_file(),
        SystemInformation::read(SystemInformation::LENGTH),
    ];
    let answers = (programmer.transfer_channel(session, Channel::Esam, &list)).await?;
    let file = answers.get(1).filter(|answer| answer.sw.is_ok());
    let system = file.and_then(|answer| SystemInformation::parse(&answer.data).ok());
    let system = system.ok_or(NoAnswer::unknown(Code::MalformedTag))?;
    let algorithm = system.contract.algorithm();
    let vehicle = match read_encrypted(&TagProfile::default(), algorithm, RANDOM) {
        Ok(read) => {
            let list = [select_application(), read];
            let answers = programmer.transfer_channel(session, Channel::Esam, &list);
            answers.await?.pop().ok_or(Code::ProgrammerGarbled)
        }
        Err(code) => Err(code),
    };
    programmer.release(session).await?;
    Ok(SurveyedTag {
        tag,
        system,
        vehicle,
    })
}

/// Reads who the card in the slot is, and its balance.
pub async fn card(programmer: &mut dyn ObuProgrammer) -> Result<SurveyedCard, NoAnswer> {
    let mut slot = CardSlot(programmer);
    let session = slot.connect().await?;
    let mut data = Vec::new();
    for command in [
        toll_card::select_toll_application(),
        IssueFile::read(IssueFile::CLASSIC),
        wallet::get_balance(),
    ] {
        let answer = slot.transmit(session, &command).await?;
        if !answer.sw.is_ok() {
            return Err(NoAnswer::unknown(Code::of_sw(answer.sw)));
        }
        data.push(answer.data);
    }
    let malformed = NoAnswer::unknown(Code::MalformedFile);
    Ok(SurveyedCard {
        issue: IssueFile::parse(&data[1]).map_err(|_| malformed)?,
        balance: wallet::parse_balance(&data[2]).map_err(|_| malformed)?,
    })
}

/// Resets a PSAM and reads its terminal number.
pub async fn psam(
    programmer: &mut dyn ObuProgrammer,
    slot: PsamSlot,
) -> Result<SurveyedPsam, NoAnswer> {
    let terminal = programmer.psam_reset(slot).await?;
    let list = [
        toll_card::select_master_file(),
        Command::read(READ_TERMINAL, 6),
    ];
    let answers = programmer.psam(slot, &list).await?;
    let file = answers.last().map(|answer| answer.data.clone());
    Ok(SurveyedPsam {
        terminal,
        file: file.unwrap_or_default(),
    })
}
