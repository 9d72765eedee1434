//! The demo tags. Their record side is the backend's demo stock; the keys are toys that everybody may know.

use super::{ISSUER, JANUARY, TEN_YEARS_ON, key_from};
use crate::tag::{Coach, Personalisation, Roots, Tag, Truck, Vehicle};

/// What the demo deck says about one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoTag {
    /// Stable identifier.
    pub id: &'static str,
    /// Title in Chinese.
    pub zh: &'static str,
    /// Title in English.
    pub en: &'static str,
    /// The 16 digits of the contract number, BCD.
    pub serial: [u8; 8],
}

/// Issuer id of Shaanxi (reference §7.5).
const SHAANXI: [u8; 8] = [0xC9, 0xC2, 0xCE, 0xF7, 0x61, 0x01, 0x00, 0x01];

/// The fields in which the demo tags differ.
struct Plan {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    issuer: [u8; 8],
    /// Last bytes of the contract number, and of the MAC address.
    end: [u8; 2],
    version: u8,
    /// On its windscreen: the switch is held in, the removal flag 01.
    is_installed: bool,
    /// Plate of a class 1 coach, GBK; empty where another vehicle is built below.
    plate: &'static [u8],
}

/// What most tags share: Gansu, 3DES, activated.
const PLAIN: Plan = Plan {
    id: "",
    zh: "",
    en: "",
    issuer: ISSUER,
    end: [0; 2],
    version: 0x16,
    is_installed: true,
    plate: b"",
};

const TRUCK: &str = "tag-truck";

const DECK: &[Plan] = &[
    Plan {
        id: "tag-normal",
        zh: "正常标签(客车)",
        en: "Tag in order (car)",
        end: [0x00, 0x17],
        plate: b"\xB8\xCAA12345", // 甘A12345
        ..PLAIN
    },
    Plan {
        id: TRUCK,
        zh: "货车标签",
        en: "Tag of a truck",
        end: [0x00, 0x25],
        ..PLAIN
    },
    Plan {
        id: "tag-removed",
        zh: "被拆卸过的标签",
        en: "Tag that was taken off",
        end: [0x00, 0x33],
        is_installed: false,
        plate: b"\xB8\xCAB00058", // 甘B00058
        ..PLAIN
    },
    Plan {
        id: "tag-new",
        zh: "未发行的新标签",
        en: "New tag, not issued",
        end: [0x00, 0x41],
        is_installed: false,
        ..PLAIN
    },
    Plan {
        id: "tag-foreign",
        zh: "外省标签",
        en: "Tag of another issuer",
        issuer: SHAANXI,
        end: [0x00, 0x58],
        plate: b"\xC9\xC2A00058", // 陕A00058
        ..PLAIN
    },
    Plan {
        id: "tag-sm4",
        zh: "国密标签",
        en: "SM4 tag",
        end: [0x00, 0x66],
        version: 0x50,
        plate: b"\xB8\xCAC00074", // 甘C00074
        ..PLAIN
    },
    Plan {
        id: "tag-other-plate",
        zh: "车牌与记录不符的标签",
        en: "Plate differs from the record",
        end: [0x00, 0x74],
        plate: b"\xB8\xCAD00999", // 甘D00999
        ..PLAIN
    },
    Plan {
        id: "tag-unknown",
        zh: "系统中没有的标签",
        en: "Unknown to the back office",
        end: [0x00, 0x82],
        plate: b"\xB8\xCAC00090", // 甘C00090
        ..PLAIN
    },
    Plan {
        id: "tag-new-2",
        zh: "未发行的新标签(二)",
        en: "Second new tag",
        end: [0x00, 0x90],
        is_installed: false,
        ..PLAIN
    },
    Plan {
        id: "tag-new-3",
        zh: "未发行的新标签(三)",
        en: "Third new tag",
        end: [0x01, 0x08],
        is_installed: false,
        ..PLAIN
    },
    Plan {
        id: "tag-new-truck",
        zh: "未发行的新标签(货车)",
        en: "New tag for a truck",
        end: [0x01, 0x16],
        is_installed: false,
        ..PLAIN
    },
];

impl Plan {
    /// Network, then what is obviously invented.
    fn serial(&self) -> [u8; 8] {
        let [_, _, _, _, n0, n1, _, _] = self.issuer;
        [n0, n1, 0x23, 0x01, 0x00, 0x01, self.end[0], self.end[1]]
    }

    fn vehicle(&self) -> Option<Vehicle> {
        if self.id == TRUCK {
            return Some(Vehicle::Truck(Truck {
                plate: b"\xB8\xCAA00041".to_vec(), // 甘A00041
                colour: 1,
                class: 12,
                user_type: 0,
                measures: [120, 25, 40],
                masses: [10_000, 8_000, 18_000],
                seats: 3,
                vin: *b"LDEMO000000000041",
            }));
        }
        (!self.plate.is_empty()).then(|| {
            Vehicle::Coach(Coach {
                plate: self.plate.to_vec(),
                colour: 0,
                class: 1,
                user_type: 0,
                measures: [47, 17, 15],
                seats: 5,
                engine: b"DEMO0017".to_vec(),
            })
        })
    }
}

/// The whole deck, in the order in which a list shows it.
pub fn tags() -> Vec<DemoTag> {
    let tags = DECK.iter().map(|plan| DemoTag {
        id: plan.id,
        zh: plan.zh,
        en: plan.en,
        serial: plan.serial(),
    });
    tags.collect()
}

/// The tag `id` fresh from the factory and the counter, or `None` when there is no such demo tag.
pub fn tag(id: &str) -> Option<Tag> {
    tag_personalisation(id).map(|person| Tag::new(&person))
}

/// What makes the tag `id`, to be varied before it is made.
pub fn tag_personalisation(id: &str) -> Option<Personalisation> {
    let plan = DECK.iter().find(|plan| plan.id == id)?;
    Some(Personalisation {
        roots: tag_roots(),
        mac: [0x02, 0x00, plan.end[0], plan.end[1]],
        issuer: plan.issuer,
        version: plan.version,
        serial: plan.serial(),
        signed: JANUARY,
        expiry: TEN_YEARS_ON,
        removal_flag: u8::from(plan.is_installed),
        is_held: plan.is_installed,
        random_returns: true,
        vehicle: plan.vehicle(),
    })
}

/// The toy roots of the demo back office for tags.
pub fn tag_roots() -> Roots {
    Roots {
        damk: key_from(0x60),
        read: key_from(0x70),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::text;

    #[test]
    fn every_listed_tag_exists_and_no_other() {
        let deck = tags();
        assert_eq!(deck.len(), 11);
        for demo in &deck {
            let tag = tag(demo.id).expect(demo.id);
            assert_eq!(tag.esam().serial(), demo.serial, "{}", demo.id);
            assert!(!demo.zh.is_empty() && !demo.en.is_empty());
        }
        assert!(tag("").is_none() && tag("normal").is_none());
    }

    #[test]
    fn a_truck_has_the_layout_of_trucks() {
        // By the table of reference §6.2: plate, colour, class 12, measures, masses, seats, VIN, fill.
        let truck = tag(TRUCK).unwrap();
        let expected = [
            "B8CA41303030343100000000 0001 0C 00 0078 0019 0028 002710 001F40 004650 03",
            &text(b"LDEMO000000000041"),
            &"FF".repeat(30),
        ];
        assert_eq!(
            text(truck.esam().vehicle()),
            expected.concat().replace(' ', "")
        );
        let new = tag("tag-new").unwrap();
        assert_eq!(new.esam().vehicle(), [0; 79]);
    }
}
