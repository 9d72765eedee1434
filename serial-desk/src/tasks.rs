//! What can be done: most tasks read, and print what they have read.

use std::cell::RefCell;
use std::future::Future;
use std::io::BufRead;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use apdu_core::apdu::Command;
use apdu_core::card::{Card, NoAnswer};
use apdu_core::fault::Code;
use apdu_core::hex;
use apdu_core::obu::{
    RemovalFlag, SystemInformation, TagProfile, read_encrypted, select_application,
};
use apdu_core::obu_programmer::{CardSlot, Channel, Mmi, ObuProgrammer, PsamSlot};
use apdu_core::toll_card::{self, IssueFile, wallet};

use crate::arguments::{Arguments, Task};
use crate::backend::Backend;
use crate::host::{Host, Programmer};
use crate::{tag_task, told};

/// The random of the encrypted read. Here nobody decrypts what comes, so it need not be fresh.
const RANDOM: [u8; 8] = [0; 8];

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
    let (session, tag) = host.initialise().await?;
    let list = [
        toll_card::select_master_file(),
        SystemInformation::read(SystemInformation::LENGTH),
    ];
    let answers = host.transfer_channel(session, Channel::Esam, &list).await?;
    let file = answers.get(1).filter(|answer| answer.sw.is_ok());
    let system = file.and_then(|answer| SystemInformation::parse(&answer.data).ok());
    let system = system.ok_or(NoAnswer::unknown(Code::MalformedTag))?;
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
    let vehicle = match read_encrypted(&TagProfile::default(), contract.algorithm(), RANDOM) {
        Ok(read) => {
            let list = [select_application(), read];
            let answers = host.transfer_channel(session, Channel::Esam, &list).await?;
            match answers.last() {
                Some(last) if last.sw.is_ok() => format!("{} bytes, encrypted", last.data.len()),
                Some(last) => format!("refused with {}", last.sw),
                None => "no answer".to_owned(),
            }
        }
        Err(code) => told(code),
    };
    println!("vehicle      {vehicle}");
    host.release(session).await
}

/// Who the card in the slot is, and its balance.
async fn card(host: &mut Programmer<'_>) -> Result<(), NoAnswer> {
    let mut slot = CardSlot(host);
    let session = slot.connect().await?;
    let mut data = Vec::new();
    for command in [
        toll_card::select_toll_application(),
        IssueFile::read(IssueFile::CLASSIC),
        wallet::get_balance(),
    ] {
        let answer = slot.transmit(session, &command).await?;
        if !answer.sw.is_ok() {
            return Err(NoAnswer::unknown(Code::of_sw(answer.sw)));
        }
        data.push(answer.data);
    }
    let issue = IssueFile::parse(&data[1]);
    let issue = issue.map_err(|_| NoAnswer::unknown(Code::MalformedFile))?;
    let balance = wallet::parse_balance(&data[2]);
    let balance = balance.map_err(|_| NoAnswer::unknown(Code::MalformedFile))?;
    println!("card         {}", issue.number);
    println!("valid        {} to {}", issue.start, issue.expiry);
    println!("balance      {}.{:02}", balance / 100, balance % 100);
    Ok(())
}

/// Terminal numbers, slot by slot.
async fn psam(host: &mut Programmer<'_>) -> Result<(), NoAnswer> {
    let read = [
        toll_card::select_master_file(),
        Command::read([0x00, 0xB0, 0x96, 0x00], 6),
    ];
    for (number, slot) in (1..).zip([PsamSlot::One, PsamSlot::Two, PsamSlot::Three]) {
        match host.psam_reset(slot).await {
            Err(none) if none.code == Code::NoPsam => println!("PSAM {number}       none"),
            Err(none) => return Err(none),
            Ok(terminal) => {
                let answers = host.psam(slot, &read).await?;
                let file = answers.last().map(|answer| hex::encode(&answer.data));
                println!(
                    "PSAM {number}       {}, file 0016 {}",
                    hex::encode(&terminal),
                    file.unwrap_or_default()
                );
            }
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
