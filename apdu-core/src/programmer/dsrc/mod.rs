//! Air frames, GB/T 20851, as programmers carry them in their payload (serial reference §3.1).

mod action;
mod bst;
mod frame;
mod vst;

pub use action::{
    ActionReply, ETC_APPLICATION, GetSecure, SecureFile, get_secure, release, set_mmi,
    transfer_channel,
};
pub use bst::Bst;
pub use frame::{AirFrame, BROADCAST, LLC_COMMAND, LLC_UNNUMBERED, MAC_BROADCAST, MAC_PRIVATE};
pub use vst::Vst;
