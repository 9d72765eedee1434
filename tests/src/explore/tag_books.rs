//! What the records say of tags, beside what is on their chips.

use std::fmt::Write;

use apdu_core::authority::CardStatus;
use etc_backend::ledger::TagFile;

use super::field::Laid;
use super::tag_story::{TagWays, factory, issued};
use super::world::World;
use crate::wait;

/// Records and chips of the tags of a world.
pub struct TagBooks {
    /// Each tag, in the order of the world's.
    pub tags: Vec<TagLine>,
}

/// One tag.
pub struct TagLine {
    /// What the records have.
    pub file: TagFile,
    /// Its chip: system and vehicle information.
    pub chip: [Vec<u8>; 2],
    ways: TagWays,
    place: usize,
}

/// Length of the contract in the system information; the removal flag is behind it.
const CONTRACT: usize = 26;

impl TagBooks {
    /// The books of a world with tags of these ways.
    pub fn of(world: &World, ways: TagWays) -> Self {
        let line = |(place, laid): (usize, &Laid)| {
            let file = wait(world.backend().store.tag_file(laid.serial));
            TagLine {
                file: file
                    .expect("the store answers")
                    .expect("it is in the records"),
                chip: laid.files(),
                ways,
                place,
            }
        };
        Self {
            tags: world.tags.iter().enumerate().map(line).collect(),
        }
    }

    /// What holds at every moment with an honest page: what is called issued is on the chip, byte for byte; and
    /// what nothing was signed for is as the factory made it.
    pub fn honest(&self) -> Result<(), String> {
        self.tags.iter().try_for_each(TagLine::honest)
    }

    /// Where everything stands, in a line that says the same of worlds that differ in names and times only.
    pub fn in_short(&self) -> String {
        let mut short = String::new();
        for line in &self.tags {
            let tag = &line.file.tag;
            let of = match (&tag.issued, &line.file.pairing) {
                (Some(_), Some(pairing)) if pairing.card.is_some() => "issued",
                (None, None) if tag.signed.issue.is_some() => "begun",
                (None, None) => "free",
                (Some(_), None) if tag.status == CardStatus::Lost => "out of reach",
                _ => "at odds",
            };
            let flag = line.chip[0][CONTRACT];
            let open = line.file.job.as_ref().map_or("", |_| ", task open");
            let status = tag.status;
            let chip = line.on_chip();
            let _ = write!(short, "[{status:?} {of}, {chip} {flag:02X}{open}]");
        }
        short
    }
}

impl TagLine {
    fn honest(&self) -> Result<(), String> {
        let serial = self.file.tag.serial;
        if self.file.tag.signed.signatures == 0 {
            let untouched = self.chip == factory(self.place, self.ways);
            return check(untouched, || {
                format!("{serial} was written, and nobody signed it")
            });
        }
        let Some(kept) = &self.file.tag.issued else {
            return Ok(());
        };
        let mut wanted = issued(self.place, self.ways);
        wanted[0][18..22].copy_from_slice(&kept.signed.0);
        wanted[0][22..CONTRACT].copy_from_slice(&kept.expiry.0);
        wanted[0][CONTRACT] = self.chip[0][CONTRACT];
        check(self.chip == wanted, || {
            format!("{serial} is issued, and its chip is not")
        })
    }

    /// Whether a person who checks the tag is told that it is not good, or that it is good and it is.
    pub fn is_known(&self) -> bool {
        let tag = &self.file.tag;
        tag.issued.is_none() || tag.status != CardStatus::Normal || self.honest().is_ok()
    }

    /// Whether the chip says no more who it is: no programmer takes it for any tag.
    pub fn is_nobody(&self) -> bool {
        self.chip[0][10..18] != self.file.tag.serial.0
    }

    fn on_chip(&self) -> &'static str {
        let (fresh, whole) = (
            factory(self.place, self.ways),
            issued(self.place, self.ways),
        );
        let vehicle = match &self.chip[1] {
            file if *file == fresh[1] => 0,
            file if *file == whole[1] => 1,
            _ => 2,
        };
        // Dates are those of the day.
        match (
            vehicle,
            self.chip[0][18..CONTRACT] == fresh[0][18..CONTRACT],
        ) {
            (0, true) => "blank",
            (1, true) => "half",
            (1, false) => "whole",
            _ => "mixed",
        }
    }
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(what()),
    }
}
