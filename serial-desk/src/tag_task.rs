//! Tasks that write a tag: the flows of the page, with the card in the programmer's slot.

use std::io::{BufRead, Write};

use apdu_core::authority::{BeginTagTask, IssueMode, NamedTag, TagTaskState, TagTasks, TagWork};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{
    KeptEvidence, Progress, Step, TagDone, activate_obu, cancel_obu, issue_obu,
    meet_for_activation, meet_tag, show_card,
};
use apdu_core::obu_programmer::CardSlot;

use crate::arguments::Task;
use crate::backend::Backend;
use crate::host::Programmer;

/// Does a task that writes. `answers` is where the person's answers come from.
///
/// # Errors
/// What went wrong, and whether the tag was written.
pub async fn write(
    mut programmer: Programmer<'_>,
    backend: &mut Backend,
    task: &Task,
    answers: &mut dyn BufRead,
) -> Result<(), Fault> {
    let done = match task {
        Task::Issue { sn, mode } => issue(programmer, backend, sn, *mode).await?,
        Task::Activate => match activate(programmer, backend, answers).await? {
            Some(done) => done,
            None => return Ok(()),
        },
        Task::Cancel(reason) => {
            let serial = meet_tag(&mut programmer, &mut Told).await?;
            let begin = BeginTagTask {
                work: TagWork::Cancel { reason: *reason },
                card: None,
                tag: NamedTag::Serial(serial),
            };
            let task = backend.begin_tag_task(&begin).await?;
            cancel_obu(&mut programmer, backend, &mut Told, &task).await?
        }
        _ => return Ok(()),
    };
    tell(&done);
    Ok(())
}

async fn issue(
    mut programmer: Programmer<'_>,
    backend: &mut Backend,
    sn: &str,
    mode: IssueMode,
) -> Result<TagDone, Fault> {
    let mut in_slot = programmer;
    let mut card = CardSlot(&mut in_slot);
    let read = show_card(&mut card, &mut Told).await?;
    let begin = BeginTagTask {
        work: TagWork::Issue { mode },
        card: Some(read.shown),
        tag: NamedTag::Sn(sn.to_owned()),
    };
    let first = meet_tag(&mut programmer, &mut Told).await?;
    let task = backend.begin_tag_task(&begin).await?;
    issue_obu(&mut card, &mut programmer, backend, &mut Told, &task, first).await
}

/// `None` where the tag is active already.
async fn activate(
    mut programmer: Programmer<'_>,
    backend: &mut Backend,
    answers: &mut dyn BufRead,
) -> Result<Option<TagDone>, Fault> {
    let mut in_slot = programmer;
    let mut card = CardSlot(&mut in_slot);
    let read = show_card(&mut card, &mut Told).await?;
    let met = meet_for_activation(&read, &mut programmer, backend, &mut Told).await?;
    println!("tag          {}", met.told.task.tag);
    if met.told.task.state == TagTaskState::Done {
        println!("active       already");
        return Ok(None);
    }
    let asked = match met.signals {
        true => "Does the light of this tag show?",
        false => "Is this the tag on the windscreen?",
    };
    print!("{asked} (yes) ");
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    let seen = answers.read_line(&mut answer).is_ok() && answer.trim() == "yes";
    println!();
    if !seen {
        return Err(Fault::new(Code::LightNotSeen));
    }
    activate_obu(&mut card, &mut programmer, backend, &mut Told, &met)
        .await
        .map(Some)
}

fn tell(done: &TagDone) {
    let task = &done.told.task;
    println!("tag          {}, SN {}", task.tag, task.sn);
    println!(
        "vehicle      {}, colour {}, class {}",
        task.plate, task.plate_colour, task.vehicle_class
    );
    for one in &done.told.comparison {
        let told = |what: &Option<String>| what.clone().unwrap_or_else(|| "-".to_owned());
        println!(
            "{:<12} card {}, tag {}, record {}",
            format!("{:?}", one.field),
            told(&one.card),
            told(&one.tag),
            told(&one.record)
        );
    }
    println!("written      {}", if done.written { "yes" } else { "no" });
    println!("done         read back as the records want it");
}

/// Tells each step as it begins.
struct Told;

impl Progress for Told {
    fn at(&mut self, step: Step) {
        println!("             {step:?}");
    }

    fn keep(&mut self, _: &KeptEvidence) {}
}
