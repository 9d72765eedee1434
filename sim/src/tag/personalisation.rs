//! What the factory and the counter have put on a tag (reference §6.1, §6.2).

use crate::crypto::{Key, diversify};

/// Root keys; the way to a tag is its issuer's area code twice, then its contract number (reference §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// Maintenance (DAMK), of the master file and of the application alike.
    pub damk: Key,
    /// RK21, which encrypts the vehicle information.
    pub read: Key,
}

/// Everything that makes one tag different from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personalisation {
    /// Root keys.
    pub roots: Roots,
    /// MAC address.
    pub mac: [u8; 4],
    /// Issuer 服务提供商编码; its first four bytes are the area code.
    pub issuer: [u8; 8],
    /// Contract version: from 50 on the keys are SM4, and nobody here has them.
    pub version: u8,
    /// Contract serial number, 16 BCD digits.
    pub serial: [u8; 8],
    /// Signed CCYYMMDD, BCD.
    pub signed: [u8; 4],
    /// Expires CCYYMMDD, BCD.
    pub expiry: [u8; 4],
    /// Removal flag 拆卸状态: 01 installed.
    pub removal_flag: u8,
    /// Its tamper switch 防拆 is held in, as on a windscreen.
    pub is_held: bool,
    /// The encrypted read gives its random back, which shows that the tag is here and now.
    pub random_returns: bool,
    /// The vehicle; a new tag has none.
    pub vehicle: Option<Vehicle>,
}

/// The vehicle information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vehicle {
    /// The layout of coaches, class below 0B.
    Coach(Coach),
    /// The layout of trucks and special vehicles.
    Truck(Truck),
}

/// A coach. Measures are in dm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coach {
    /// GBK.
    pub plate: Vec<u8>,
    /// Plate colour.
    pub colour: u8,
    /// 1 to 4.
    pub class: u8,
    /// User type.
    pub user_type: u8,
    /// Length, width and height.
    pub measures: [u16; 3],
    /// Seats.
    pub seats: u8,
    /// Engine number, ASCII.
    pub engine: Vec<u8>,
}

/// A truck. Measures are in dm, masses in kg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truck {
    /// GBK.
    pub plate: Vec<u8>,
    /// Plate colour.
    pub colour: u8,
    /// 11 to 16, 21 to 26.
    pub class: u8,
    /// User type.
    pub user_type: u8,
    /// Length, width and height.
    pub measures: [u16; 3],
    /// Permitted load, curb mass, gross mass.
    pub masses: [u32; 3],
    /// Seats.
    pub seats: u8,
    /// ASCII.
    pub vin: [u8; 17],
}

/// Length of the system information on the chip.
const SYSTEM: usize = 99;
/// Length of the vehicle information on the chip.
const VEHICLE: usize = 79;

impl Personalisation {
    /// MF/EF01, 99 bytes.
    pub(super) fn system_file(&self) -> Vec<u8> {
        let mut file = self.issuer.to_vec();
        file.extend([0x00, self.version]);
        file.extend(self.serial);
        file.extend(self.signed);
        file.extend(self.expiry);
        file.push(self.removal_flag);
        file.resize(SYSTEM, 0xFF);
        file
    }

    /// DF01/EF01, 79 bytes; a tag that was never issued has zeros.
    pub(super) fn vehicle_file(&self) -> Vec<u8> {
        let (mut file, fill) = match &self.vehicle {
            Some(Vehicle::Coach(coach)) => (coach.encode(), 0xFF),
            Some(Vehicle::Truck(truck)) => (truck.encode(), 0xFF),
            None => (Vec::new(), 0x00),
        };
        file.resize(VEHICLE, fill);
        file
    }

    /// A key of this tag.
    pub(super) fn key(&self, root: &Key) -> Key {
        let [a, b, c, d, ..] = self.issuer;
        diversify(&diversify(root, &[a, b, c, d, a, b, c, d]), &self.serial)
    }
}

/// Plate (12), colour (2), class, user type.
fn head(plate: &[u8], colour: u8, class: u8, user_type: u8) -> Vec<u8> {
    let mut file = plate.to_vec();
    file.resize(12, 0x00);
    file.extend([0x00, colour, class, user_type]);
    file
}

impl Coach {
    fn encode(&self) -> Vec<u8> {
        let mut file = head(&self.plate, self.colour, self.class, self.user_type);
        let [length, width, height] = self.measures;
        file.extend(length.to_be_bytes());
        // Wheels, axles, wheelbase.
        file.extend([width as u8, height as u8, 4, 2, 0x00, 0x1A]);
        file.extend([0x00, 0x00, self.seats]);
        file.extend([0xFF; 16]);
        file.extend_from_slice(&self.engine);
        file.resize(59, 0x00);
        file
    }
}

impl Truck {
    fn encode(&self) -> Vec<u8> {
        let mut file = head(&self.plate, self.colour, self.class, self.user_type);
        file.extend(self.measures.map(u16::to_be_bytes).as_flattened());
        for mass in self.masses {
            file.extend_from_slice(&mass.to_be_bytes()[1..]);
        }
        file.push(self.seats);
        file.extend(self.vin);
        file
    }
}
