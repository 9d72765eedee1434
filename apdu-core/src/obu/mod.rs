//! The tag 标签 (OBU): the files of its ESAM (reference §6).
//!
//! ```text
//! 3F00 MF ── EF01 system information: contract, removal flag
//!  └ DF01 ── EF01 vehicle information, read encrypted
//! ```
//!
//! Text is GBK and stays bytes here, as that of the toll card does.

use crate::apdu::Command;
use crate::toll_card::select_by_id;

mod profile;
mod secured;
mod system;
mod vehicle;

pub use profile::{TagProfile, Unit};
pub use secured::secured_update;
pub use system::{Algorithm, Contract, ContractSerial, RemovalFlag, SystemInformation};
pub use vehicle::{Body, Coach, Truck, VehicleInformation, read_encrypted};

/// SELECT the directory of the ETC application, home of the vehicle information.
pub fn select_application() -> Command {
    select_by_id(0xDF01)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_is_selected_by_its_identifier() {
        let select = select_application().to_bytes();
        assert_eq!(select[..7], [0x00, 0xA4, 0x00, 0x00, 0x02, 0xDF, 0x01]);
    }
}
