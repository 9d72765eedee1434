//! 标签检测: reads a tag, and says whether it is in order.

use alloc::vec::Vec;

use super::{Progress, Step};
use crate::apdu::{Command, Response};
use crate::authority::{
    ReadVehicle, ShownVehicle, TagAuthority, TagDifference, TagSight, TagSighted,
};
use crate::card::PowerSession;
use crate::fault::{Code, Fault};
use crate::hex::Bytes;
use crate::obu::{
    RemovalFlag, SystemInformation, Unit, VehicleInformation, read_encrypted, select_application,
};
use crate::obu_programmer::{Channel, ObuProgrammer, Tag};
use crate::sw::Sw;
use crate::toll_card::select_master_file;

/// Everything a tag check shows.
#[derive(Clone, Debug)]
pub struct CheckedTag {
    /// The tag as it answered the call.
    pub tag: Tag,
    /// The system information file.
    pub system: SystemInformation,
    /// The records' side. A tag can be read while the backend is away.
    pub records: Result<TagSighted, Fault>,
    /// The vehicle information, or why it stays closed.
    pub vehicle: Result<CheckedVehicle, Fault>,
}

/// The vehicle information of a tag, opened by the backend.
#[derive(Clone, Debug)]
pub struct CheckedVehicle {
    /// The file.
    pub information: VehicleInformation,
    /// Unit of the measures of trucks on this kind of tag.
    pub truck_unit: Unit,
    /// Whether the tag has shown that it is here and now, and not a recording.
    pub is_present: bool,
    /// Where it differs from the records.
    pub differences: Vec<TagDifference>,
}

impl CheckedTag {
    /// Whether the tag is in order: known, normal, issued, as its record says, on its windscreen and valid
    /// today; otherwise which of them fails first.
    pub fn verdict(&self) -> Result<(), Fault> {
        let records = self.records.as_ref().map_err(|&fault| fault)?;
        if let Some(code) = records.status.refusal_of_tag() {
            return Err(Fault::new(code));
        }
        self.vehicle.as_ref().map_err(|&fault| fault)?;
        if self.differences().next().is_some() {
            return Err(Fault::new(Code::TagDiffers));
        }
        if !records.issued {
            return Err(Fault::new(Code::TagNotIssued));
        }
        let contract = &self.system.contract;
        match self.system.removal {
            _ if records.today < contract.signed => Err(Fault::new(Code::TagNotYetValid)),
            _ if records.today > contract.expiry => Err(Fault::new(Code::TagExpired)),
            RemovalFlag::Installed => Ok(()),
            RemovalFlag::Removed | RemovalFlag::Other(_) => Err(Fault::new(Code::TagRemoved)),
        }
    }

    /// Where tag and records differ, as far as both were read.
    pub fn differences(&self) -> impl Iterator<Item = &TagDifference> {
        let system = self.records.iter().flat_map(|one| &one.differences);
        let vehicle = self.vehicle.iter().flat_map(|one| &one.differences);
        system.chain(vehicle)
    }
}

/// Reads the only tag near by, and lets it go again whatever came of it. Nothing is written.
pub async fn check_tag(
    programmer: &mut dyn ObuProgrammer,
    authority: &mut dyn TagAuthority,
    progress: &mut dyn Progress,
) -> Result<CheckedTag, Fault> {
    progress.at(Step::CallTag);
    let (session, tag) = programmer.initialise().await?;
    let checked = read_tag(programmer, authority, progress, session, tag).await;
    // Whether it heard that is never known, and changes nothing.
    let _ = programmer.release(session).await;
    checked
}

async fn read_tag(
    programmer: &mut dyn ObuProgrammer,
    authority: &mut dyn TagAuthority,
    progress: &mut dyn Progress,
    session: PowerSession,
    tag: Tag,
) -> Result<CheckedTag, Fault> {
    let (bytes, system) = read_system(programmer, session).await?;
    if system.contract.serial != tag.contract.serial {
        return Err(Fault::new(Code::OtherTag));
    }

    progress.at(Step::AskRecords);
    let serial = system.contract.serial;
    let sight = TagSight { system: bytes };
    let records = authority.sight_tag(serial, &sight).await;
    let records = records.map_err(Fault::from);
    let read = match &records {
        Ok(sighted) => {
            (sighted.vehicle.clone()).ok_or(Fault::new(sighted.refusal.unwrap_or(Code::RoleMayNot)))
        }
        Err(fault) => Err(*fault),
    };

    let vehicle = match read {
        Ok(read) => {
            progress.at(Step::ReadVehicle);
            match read_vehicle(programmer, session, &system, &read).await? {
                Ok(shown) => open_vehicle(authority, &system, &read, &shown).await,
                Err(refused) => Err(refused),
            }
        }
        Err(closed) => Err(closed),
    };
    Ok(CheckedTag {
        tag,
        system,
        records,
        vehicle,
    })
}

async fn read_system(
    programmer: &mut dyn ObuProgrammer,
    session: PowerSession,
) -> Result<(Bytes, SystemInformation), Fault> {
    let list = [
        select_master_file(),
        SystemInformation::read(SystemInformation::LENGTH),
    ];
    let answers = programmer.transfer_channel(session, Channel::Esam, &list);
    let last = answers.await?.pop();
    let last = last.ok_or(Fault::new(Code::ProgrammerGarbled))?;
    let answer = accepted(last)?;
    let system = SystemInformation::parse(&answer.data);
    let system = system.map_err(|_| Fault::new(Code::MalformedTag))?;
    Ok((Bytes(answer.data), system))
}

/// The encrypted vehicle information. The inner error is the tag's own refusal, or that of its kind; the
/// outer one ends the reading.
async fn read_vehicle(
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

async fn open_vehicle(
    authority: &mut dyn TagAuthority,
    system: &SystemInformation,
    read: &ReadVehicle,
    shown: &ShownVehicle,
) -> Result<CheckedVehicle, Fault> {
    let opened = authority
        .open_vehicle(system.contract.serial, shown)
        .await?;
    let information = VehicleInformation::parse(&opened.file.0);
    Ok(CheckedVehicle {
        information: information.map_err(|_| Fault::new(Code::MalformedTag))?,
        truck_unit: read.profile.truck_unit,
        is_present: opened.is_present,
        differences: opened.differences,
    })
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

fn accepted(answer: Response) -> Result<Response, Fault> {
    match answer.sw {
        Sw::OK => Ok(answer),
        sw => Err(Fault {
            sw: Some(sw),
            ..Fault::new(Code::TagRefused)
        }),
    }
}

#[cfg(test)]
mod tests;
