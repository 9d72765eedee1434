//! What can be done: each task reads, and prints what it has read.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use apdu_core::card::NoAnswer;
use apdu_core::fault::Code;
use apdu_core::hex;
use apdu_core::obu::RemovalFlag;
use apdu_core::obu_programmer::{Mmi, ObuProgrammer, PsamSlot};
use apdu_core::programmer::survey;

use crate::arguments::Task;
use crate::host::Host;

/// Does a task.
///
/// # Errors
/// What was not answered.
pub fn run(host: &mut Host, task: Task) -> Result<(), NoAnswer> {
    match task {
        Task::Probe => {
            println!("profile      {}", host.profile().id);
            if let Some(device) = &host.found {
                println!("device       {}", hex::encode(&device.info));
            }
            Ok(())
        }
        Task::Tag => block(tag(host)),
        Task::Card => block(card(host)),
        Task::Psam => block(psam(host)),
        Task::Light(well) => block(light(host, if well { Mmi::Ok } else { Mmi::NotOk })),
        // Printed before a line is opened.
        Task::Profile => Ok(()),
    }
}

/// Who the tag is, its system information, and whether its vehicle can be read.
async fn tag(host: &mut Host) -> Result<(), NoAnswer> {
    let survey::SurveyedTag {
        tag,
        system,
        vehicle,
    } = survey::tag(host).await?;
    let contract = system.contract;
    println!("tag          {}", contract.serial);
    println!("issuer       {}", hex::encode(&contract.issuer));
    println!(
        "version      {:02X}, {:?}",
        contract.version,
        contract.algorithm()
    );
    println!("valid        {} to {}", contract.signed, contract.expiry);
    let flag = match system.removal {
        RemovalFlag::Removed => "removed, or not activated".to_owned(),
        RemovalFlag::Installed => "installed".to_owned(),
        RemovalFlag::Other(byte) => format!("{byte:02X}"),
    };
    println!("removal flag {flag}");
    if let Some(status) = tag.status {
        println!(
            "status       card {}, tampered {}, locked {}, battery low {}",
            status.has_card(),
            status.is_tampered(),
            status.is_locked(),
            status.battery_is_low()
        );
    }
    let vehicle = match vehicle {
        Ok(answer) if answer.sw.is_ok() => format!("{} bytes, encrypted", answer.data.len()),
        Ok(answer) => format!("refused with {}", answer.sw),
        Err(code) => crate::told(code),
    };
    println!("vehicle      {vehicle}");
    Ok(())
}

/// Who the card in the slot is, and its balance.
async fn card(host: &mut Host) -> Result<(), NoAnswer> {
    let survey::SurveyedCard { issue, balance } = survey::card(host).await?;
    println!("card         {}", issue.number);
    println!("valid        {} to {}", issue.start, issue.expiry);
    println!("balance      {}.{:02}", balance / 100, balance % 100);
    Ok(())
}

/// Terminal numbers, slot by slot.
async fn psam(host: &mut Host) -> Result<(), NoAnswer> {
    for (number, slot) in (1..).zip([PsamSlot::One, PsamSlot::Two, PsamSlot::Three]) {
        match survey::psam(host, slot).await {
            Err(none) if none.code == Code::NoPsam => println!("PSAM {number}       none"),
            Err(none) => return Err(none),
            Ok(psam) => println!(
                "PSAM {number}       {}, file 0016 {}",
                hex::encode(&psam.terminal),
                hex::encode(&psam.file)
            ),
        }
    }
    Ok(())
}

/// Calls the tag, and has it signal.
async fn light(host: &mut Host, shown: Mmi) -> Result<(), NoAnswer> {
    let (session, tag) = host.initialise().await?;
    host.set_mmi(session, shown).await?;
    println!("tag          {} shows {shown:?}", tag.contract.serial);
    host.release(session).await
}

/// Runs a task whose operations have ended whenever it is polled: the host waits by itself.
fn block<T>(task: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    let mut task = pin!(task);
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(NoAnswer::unknown(Code::ProgrammerGarbled)),
    }
}
