//! The self-test of 设备: one reading command, again and again, to see how long it takes.

use crate::apdu::Command;
use crate::card::{Card, NoAnswer};
use crate::toll_card::{select_master_file, select_toll_application, wallet};

/// How often the command is sent.
pub const SELF_TEST: u32 = 100;

/// Sends a command that changes nothing up to [`SELF_TEST`] times, and `goes_on` before each: told how
/// many are done, it may end the test. Returns the command; how long each took is in the trace, behind the
/// one SELECT that finds out what the card understands.
///
/// # Errors
/// The first command that was not answered.
pub async fn self_test(
    card: &mut dyn Card,
    goes_on: &mut dyn FnMut(u32) -> bool,
) -> Result<Command, NoAnswer> {
    let session = card.connect().await?;
    let selected = card.transmit(session, &select_toll_application()).await?;
    let command = match selected.sw.is_ok() {
        true => wallet::get_balance(),
        false => select_master_file(),
    };
    for done in 0..SELF_TEST {
        if !goes_on(done) {
            break;
        }
        card.transmit(session, &command).await?;
    }
    Ok(command)
}
