//! The tasks that are offered. A task that is not built yet is not in the list.

use etc_api::Role;

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
    /// The digit that opens it together with Alt. Help and devices have none: F1 and the device bar lead there.
    pub digit: Option<u8>,
    /// Its name.
    pub label: Pick,
    /// What it is for, in one sentence.
    pub about: Pick,
    /// To whom it is offered; the backend has the last word.
    pub roles: &'static [Role],
}

const EVERYBODY: &[Role] = &[Role::Teller, Role::Supervisor, Role::Auditor];
/// Those who serve customers and have a drawer.
const AT_THE_COUNTER: &[Role] = &[Role::Teller, Role::Supervisor];
/// Those who close the day, and those who look into it.
const OVER_THE_COUNTER: &[Role] = &[Role::Supervisor, Role::Auditor];

/// The menu, in the order of the guides.
pub const GROUPS: &[Group] = &[
    Group {
        label: |t| t.tags.write.group,
        tasks: &[
            Task {
                page: Page::IssueCard,
                digit: Some(1),
                label: |t| t.cards.menu.issue,
                about: |t| t.cards.menu.issue_about,
                roles: AT_THE_COUNTER,
            },
            Task {
                page: Page::IssueTag,
                digit: Some(2),
                label: |t| t.tags.write.issue_title,
                about: |t| t.tags.write.issue_about,
                roles: AT_THE_COUNTER,
            },
            Task {
                page: Page::ActivateTag,
                digit: Some(3),
                label: |t| t.tags.write.activate_title,
                about: |t| t.tags.write.activate_about,
                roles: AT_THE_COUNTER,
            },
        ],
    },
    Group {
        label: |t| t.tasks.load_group,
        tasks: &[Task {
            page: Page::Load,
            digit: Some(4),
            label: |t| t.tasks.load,
            about: |t| t.tasks.load_about,
            roles: AT_THE_COUNTER,
        }],
    },
    Group {
        label: |t| t.tasks.check_group,
        tasks: &[
            Task {
                page: Page::CheckCard,
                digit: Some(5),
                label: |t| t.tasks.check,
                about: |t| t.tasks.check_about,
                roles: EVERYBODY,
            },
            Task {
                page: Page::CheckTag,
                digit: Some(6),
                label: |t| t.tags.menu.title,
                about: |t| t.tags.menu.about,
                roles: EVERYBODY,
            },
            Task {
                page: Page::CancelTag,
                digit: Some(7),
                label: |t| t.tags.write.cancel_title,
                about: |t| t.tags.write.cancel_about,
                roles: AT_THE_COUNTER,
            },
        ],
    },
    Group {
        label: |t| t.records.menu.group,
        tasks: &[Task {
            page: Page::Records,
            digit: Some(8),
            label: |t| t.records.menu.title,
            about: |t| t.records.menu.about,
            roles: EVERYBODY,
        }],
    },
    Group {
        label: |t| t.money.menu.shift_group,
        tasks: &[
            Task {
                page: Page::Drawer,
                digit: Some(9),
                label: |t| t.money.menu.drawer,
                about: |t| t.money.menu.drawer_about,
                roles: AT_THE_COUNTER,
            },
            Task {
                page: Page::Day,
                digit: Some(0),
                label: |t| t.money.menu.day,
                about: |t| t.money.menu.day_about,
                roles: OVER_THE_COUNTER,
            },
            Task {
                page: Page::Stock,
                digit: None,
                label: |t| t.stock.title,
                about: |t| t.stock.about,
                roles: EVERYBODY,
            },
        ],
    },
    Group {
        label: |t| t.tasks.help_group,
        tasks: &[
            Task {
                page: Page::Faults,
                digit: None,
                label: |t| t.tasks.faults,
                about: |t| t.tasks.faults_about,
                roles: EVERYBODY,
            },
            Task {
                page: Page::Devices,
                digit: None,
                label: |t| t.devices.menu.title,
                about: |t| t.devices.menu.about,
                roles: EVERYBODY,
            },
        ],
    },
];

impl Task {
    /// Its keys, as they stand beside its name.
    pub fn keys(&self) -> Option<String> {
        Some(format!("Alt {}", self.digit?))
    }

    /// The same for `aria-keyshortcuts`.
    pub fn shortcut(&self) -> Option<String> {
        Some(format!("Alt+{}", self.digit?))
    }
}

/// The groups that have a task for a role, and those tasks.
pub fn offered(role: Role) -> impl Iterator<Item = (&'static Group, Vec<&'static Task>)> {
    let of = move |group: &'static Group| {
        let tasks = group.tasks.iter();
        let tasks: Vec<_> = tasks.filter(|task| task.roles.contains(&role)).collect();
        (!tasks.is_empty()).then_some((group, tasks))
    };
    GROUPS.iter().filter_map(of)
}

/// The task of a digit, where it is offered to a role.
pub fn by_digit(digit: u8, role: Role) -> Option<&'static Task> {
    let mut tasks = offered(role).flat_map(|(_, tasks)| tasks);
    tasks.find(|task| task.digit == Some(digit))
}

/// Name of a page, as its heading says it.
pub fn title(page: Page, texts: &Texts) -> &'static str {
    match page {
        Page::Home => texts.tasks.home,
        Page::IssueCard => texts.cards.menu.issue,
        Page::ActivateCard => texts.cards.menu.activate,
        Page::CheckCard => texts.tasks.check,
        Page::CheckTag => texts.tags.menu.title,
        Page::IssueTag => texts.tags.write.issue_title,
        Page::ActivateTag => texts.tags.write.activate_title,
        Page::CancelTag => texts.tags.write.cancel_title,
        Page::Load => texts.tasks.load,
        Page::Records => texts.records.menu.title,
        Page::Drawer => texts.money.menu.drawer,
        Page::Day => texts.money.menu.day,
        Page::Stock => texts.stock.title,
        Page::Devices => texts.devices.menu.title,
        Page::Faults | Page::Fault(_) => texts.tasks.faults,
    }
}
