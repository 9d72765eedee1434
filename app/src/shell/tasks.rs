//! The tasks that are offered. A task that is not built yet is not in the list.

use crate::i18n::{Pick, Texts};
use crate::router::Page;

/// A group of the menu.
pub struct Group {
    /// Its heading.
    pub label: Pick,
    /// Its tasks.
    pub tasks: &'static [Task],
}

/// One task of the menu.
pub struct Task {
    /// Its page.
    pub page: Page,
    /// The digit that opens it together with Alt.
    pub digit: u8,
    /// Its name.
    pub label: Pick,
    /// What it is for, in one sentence.
    pub about: Pick,
}

/// The menu, in the order of the guides.
pub const GROUPS: &[Group] = &[
    Group {
        label: |t| t.tasks.load_group,
        tasks: &[Task {
            page: Page::Load,
            digit: 1,
            label: |t| t.tasks.load,
            about: |t| t.tasks.load_about,
        }],
    },
    Group {
        label: |t| t.tasks.check_group,
        tasks: &[Task {
            page: Page::CheckCard,
            digit: 2,
            label: |t| t.tasks.check,
            about: |t| t.tasks.check_about,
        }],
    },
    Group {
        label: |t| t.tasks.help_group,
        tasks: &[Task {
            page: Page::Faults,
            digit: 3,
            label: |t| t.tasks.faults,
            about: |t| t.tasks.faults_about,
        }],
    },
];

/// The task of a digit.
pub fn by_digit(digit: u8) -> Option<&'static Task> {
    let mut tasks = GROUPS.iter().flat_map(|group| group.tasks);
    tasks.find(|task| task.digit == digit)
}

/// Name of a page, as its heading says it.
pub fn title(page: Page, texts: &Texts) -> &'static str {
    match page {
        Page::Home => texts.tasks.home,
        Page::CheckCard => texts.tasks.check,
        Page::Load => texts.tasks.load,
        Page::Faults | Page::Fault(_) => texts.tasks.faults,
    }
}
