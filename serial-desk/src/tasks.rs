//! What can be done: most tasks read, and print what they have read.

use std::cell::RefCell;
use std::future::Future;
use std::io::BufRead;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use apdu_core::card::NoAnswer;
use apdu_core::fault::Code;
use apdu_core::hex;
use apdu_core::obu::RemovalFlag;
use apdu_core::obu_programmer::{Mmi, ObuProgrammer, PsamSlot};
use apdu_core::programmer::survey;

use crate::arguments::{Arguments, Task};
use crate::backend::Backend;
use crate::host::{Host, Programmer};
use crate::{tag_task, told};

/// Does a task. `answers` is where the person's answers come from, the password first.
///
/// # Errors
/// What went wrong, in words.
pub fn run(
    host: Host,
    arguments: &Arguments,
    answers: &mut dyn BufRead,
) -> (Host, Result<(), String>) {
    let host = RefCell::new(host);
    let outcome = perform(&host, arguments, answers);
    (host.into_inner(), outcome)
}

fn perform(
    host: &RefCell<Host>,
    arguments: &Arguments,
    answers: &mut dyn BufRead,
) -> Result<(), String> {
    let mut programmer = Programmer(host);
    let read = match &arguments.task {
        Task::Probe => {
            let host = host.borrow();
            println!("profile      {}", host.profile().id);
            if let Some(device) = &host.found {
                println!("device       {}", hex::encode(&device.info));
            }
            Ok(())
        }
        Task::Tag => block(tag(&mut programmer)),
        Task::Card => block(card(&mut programmer)),
        Task::Psam => block(psam(&mut programmer)),
        Task::Light(true) => block(light(&mut programmer, Mmi::Ok)),
        Task::Light(false) => block(light(&mut programmer, Mmi::NotOk)),
        // Printed before a line is opened.
        Task::Profile => Ok(()),
        Task::Issue { .. } | Task::Activate | Task::Cancel(_) => {
            return write(programmer, arguments, answers);
        }
    };
    read.map_err(|none| format!("{:?} – {}", none.fate, told(none.code)))
}

/// Signs in, and does a task that writes a tag.
fn write(
    programmer: Programmer<'_>,
    arguments: &Arguments,
    answers: &mut dyn BufRead,
) -> Result<(), String> {
    let mut password = String::new();
    let read = answers.read_line(&mut password);
    read.map_err(|error| format!("no password: {error}"))?;
    let sign_in = &arguments.sign_in;
    // The command line is not taken without them.
    let (url, operator) = (
        sign_in.url.as_deref().unwrap_or_default(),
        sign_in.operator.as_deref().unwrap_or_default(),
    );
    let password = password.trim_end_matches(['\r', '\n']);
    let backend = Backend::sign_in(url, operator, password, sign_in.terminal);
    let mut backend = backend.map_err(|refusal| told(refusal.code))?;
    let task = tag_task::write(programmer, &mut backend, &arguments.task, answers);
    let outcome = at_once(task).ok_or("the programmer waits for ever")?;
    outcome.map_err(|fault| {
        let sw = fault.sw.map(|sw| format!(" {sw}")).unwrap_or_default();
        format!("written: {:?} –{sw} {}", fault.written, told(fault.code))
    })
}

/// Who the tag is, its system information, and whether its vehicle can be read.
async fn tag(host: &mut Programmer<'_>) -> Result<(), NoAnswer> {
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
        Err(code) => told(code),
    };
    println!("vehicle      {vehicle}");
    Ok(())
}

/// Who the card in the slot is, and its balance.
async fn card(host: &mut Programmer<'_>) -> Result<(), NoAnswer> {
    let survey::SurveyedCard { issue, balance } = survey::card(host).await?;
    println!("card         {}", issue.number);
    println!("valid        {} to {}", issue.start, issue.expiry);
    println!("balance      {}.{:02}", balance / 100, balance % 100);
    Ok(())
}

/// Terminal numbers, slot by slot.
async fn psam(host: &mut Programmer<'_>) -> Result<(), NoAnswer> {
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
async fn light(host: &mut Programmer<'_>, shown: Mmi) -> Result<(), NoAnswer> {
    let (session, tag) = host.initialise().await?;
    host.set_mmi(session, shown).await?;
    println!("tag          {} shows {shown:?}", tag.contract.serial);
    host.release(session).await
}

/// Runs a reading.
fn block<T>(task: impl Future<Output = Result<T, NoAnswer>>) -> Result<T, NoAnswer> {
    at_once(task).unwrap_or(Err(NoAnswer::unknown(Code::ProgrammerGarbled)))
}

/// Runs a task whose operations have ended whenever it is polled: host and backend wait by themselves.
fn at_once<T>(task: impl Future<Output = T>) -> Option<T> {
    let mut task = pin!(task);
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}
