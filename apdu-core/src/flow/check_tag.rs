//! 标签检测: reads a tag, and says whether it is in order.

use alloc::vec::Vec;

use super::tag::{read_vehicle, read_whole_system};
use super::{Progress, Step};
use crate::authority::{
    ReadVehicle, ShownVehicle, TagAuthority, TagDifference, TagSight, TagSighted,
};
use crate::card::PowerSession;
use crate::fault::{Code, Fault};
use crate::obu::{RemovalFlag, SystemInformation, Unit, VehicleInformation};
use crate::obu_programmer::{ObuProgrammer, Tag};

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
    let (bytes, system) = read_whole_system(programmer, session, &tag).await?;

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

#[cfg(test)]
mod tests;
