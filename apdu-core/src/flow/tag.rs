//! How every task with a tag calls it and reads its files.

use super::{Progress, Step};
use crate::apdu::{Command, Response};
use crate::authority::{ReadVehicle, ShownVehicle};
use crate::card::PowerSession;
use crate::fault::{Code, Fault};
use crate::hex::Bytes;
use crate::obu::{ContractSerial, SystemInformation, read_encrypted, select_application};
use crate::obu_programmer::{Channel, ObuProgrammer, Tag};
use crate::sw::Sw;
use crate::toll_card::select_master_file;

/// Calls the only tag near by, which has to be the one with this number; any other is let go.
pub(super) async fn call(
    programmer: &mut dyn ObuProgrammer,
    progress: &mut dyn Progress,
    wanted: ContractSerial,
) -> Result<(PowerSession, Tag), Fault> {
    progress.at(Step::CallTag);
    let (session, tag) = programmer.initialise().await?;
    if tag.contract.serial != wanted {
        let _ = programmer.release(session).await;
        return Err(Fault::new(Code::OtherTag));
    }
    Ok((session, tag))
}

/// The first 27 bytes of the system information, of the tag that was called.
pub(super) async fn read_system(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
    called: &Tag,
) -> Result<(Bytes, SystemInformation), Fault> {
    let answer = read_master(programmer, session, SystemInformation::LENGTH).await?;
    of_tag(accepted(answer)?, called)
}

/// The whole system information: 99 bytes, or 27 of a tag that has no more.
pub(super) async fn read_whole_system(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
    called: &Tag,
) -> Result<(Bytes, SystemInformation), Fault> {
    let answer = read_master(programmer, session, SystemInformation::WHOLE).await?;
    let has_less = answer.sw.right_length() == Some(SystemInformation::LENGTH.into())
        || answer.sw == Sw::WRONG_LENGTH;
    if has_less {
        return read_system(programmer, session, called).await;
    }
    of_tag(accepted(answer)?, called)
}

async fn read_master(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
    length: u8,
) -> Result<Response, Fault> {
    let list = [select_master_file(), SystemInformation::read(length)];
    let answers = programmer.transfer_channel(session, Channel::Esam, &list);
    let last = answers.await?.pop();
    last.ok_or(Fault::new(Code::ProgrammerGarbled))
}

fn of_tag(answer: Response, called: &Tag) -> Result<(Bytes, SystemInformation), Fault> {
    let system = SystemInformation::parse(&answer.data);
    let system = system.map_err(|_| Fault::new(Code::MalformedTag))?;
    if system.contract.serial != called.contract.serial {
        return Err(Fault::new(Code::OtherTag));
    }
    Ok((Bytes(answer.data), system))
}

/// The encrypted vehicle information. The inner error is the tag's own refusal, or that of its kind; the
/// outer one ends the reading.
pub(super) async fn read_vehicle(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
    system: &SystemInformation,
    read: &ReadVehicle,
) -> Result<Result<ShownVehicle, Fault>, Fault> {
    let algorithm = system.contract.algorithm();
    let command = match read_encrypted(&read.profile, algorithm, read.random.0) {
        Ok(command) => command,
        Err(code) => return Ok(Err(Fault::new(code))),
    };
    // Each alone: only then is an answer that comes in two rounds (61xx) fetched below this trait.
    if let Err(refused) = exchange(programmer, session, select_application()).await? {
        return Ok(Err(refused));
    }
    let answer = exchange(programmer, session, command).await?;
    Ok(answer.map(|answer| ShownVehicle {
        random: read.random,
        answer: Bytes(answer.data),
    }))
}

/// One command to the ESAM; the inner error is its refusal.
async fn exchange(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
    command: Command,
) -> Result<Result<Response, Fault>, Fault> {
    let list = [command];
    let answers = programmer.transfer_channel(session, Channel::Esam, &list);
    let answer = answers.await?.pop();
    Ok(accepted(answer.ok_or(Fault::new(Code::ProgrammerGarbled))?))
}

/// An answer that is no refusal.
pub(super) fn accepted(answer: Response) -> Result<Response, Fault> {
    match answer.sw {
        Sw::OK => Ok(answer),
        sw => Err(Fault {
            sw: Some(sw),
            ..Fault::new(Code::TagRefused)
        }),
    }
}
