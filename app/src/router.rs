//! The address bar: `#/check`, `#/faults/CRD-6983`. Nothing personal ever stands in it.

use apdu_core::fault::Code;
use leptos::prelude::*;

/// The pages that can be opened by address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The task groups.
    #[default]
    Home,
    /// 用户卡办理
    IssueCard,
    /// 卡片激活
    ActivateCard,
    /// 卡片检测
    CheckCard,
    /// 标签检测
    CheckTag,
    /// 标签办理
    IssueTag,
    /// 标签激活
    ActivateTag,
    /// 标签注销
    CancelTag,
    /// 卡片充值
    Load,
    /// 充值记录
    Records,
    /// 钱箱
    Drawer,
    /// 日报
    Day,
    /// 库存与状态
    Stock,
    /// 设备
    Devices,
    /// 常见故障及其解决方法
    Faults,
    /// One of them.
    Fault(Code),
}

impl Page {
    /// The address, for links.
    pub fn href(self) -> String {
        match self {
            Self::Home => "#/".into(),
            Self::IssueCard => "#/issue-card".into(),
            Self::ActivateCard => "#/activate-card".into(),
            Self::CheckCard => "#/check".into(),
            Self::CheckTag => "#/check-tag".into(),
            Self::IssueTag => "#/issue-tag".into(),
            Self::ActivateTag => "#/activate-tag".into(),
            Self::CancelTag => "#/cancel-tag".into(),
            Self::Load => "#/load".into(),
            Self::Records => "#/records".into(),
            Self::Drawer => "#/drawer".into(),
            Self::Day => "#/day".into(),
            Self::Stock => "#/stock".into(),
            Self::Devices => "#/devices".into(),
            Self::Faults => "#/faults".into(),
            Self::Fault(code) => format!("#/faults/{code}"),
        }
    }

    /// The page of an address; any address that names none is the first page's.
    pub fn of_hash(hash: &str) -> Self {
        match hash.trim_start_matches(['#', '/']) {
            "issue-card" => Self::IssueCard,
            "activate-card" => Self::ActivateCard,
            "check" => Self::CheckCard,
            "check-tag" => Self::CheckTag,
            "issue-tag" => Self::IssueTag,
            "activate-tag" => Self::ActivateTag,
            "cancel-tag" => Self::CancelTag,
            "load" => Self::Load,
            "records" => Self::Records,
            "drawer" => Self::Drawer,
            "day" => Self::Day,
            "stock" => Self::Stock,
            "devices" => Self::Devices,
            "faults" => Self::Faults,
            other => other
                .strip_prefix("faults/")
                .and_then(|code| code.to_ascii_uppercase().parse().ok())
                .map_or(Self::Home, Self::Fault),
        }
    }

    /// Whether it is there for everybody who opens it: nothing of the backend is on it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Devices | Self::Faults | Self::Fault(_))
    }

    /// Whether work is done here.
    fn is_task(self) -> bool {
        matches!(
            self,
            Self::IssueCard
                | Self::ActivateCard
                | Self::CheckCard
                | Self::CheckTag
                | Self::IssueTag
                | Self::ActivateTag
                | Self::CancelTag
                | Self::Load
                | Self::Records
                | Self::Drawer
                | Self::Day
                | Self::Stock
                | Self::Devices
        )
    }

    /// Where Esc leads.
    pub fn parent(self) -> Self {
        match self {
            Self::Fault(_) => Self::Faults,
            _ => Self::Home,
        }
    }

    /// Opens the page, as a link to it would.
    pub fn open(self) {
        // A hash is always accepted; the page follows by `hashchange`.
        let _ = window().location().set_hash(&self.href());
    }
}

/// The task from which a help page was opened, to go back to.
#[derive(Clone, Copy)]
struct CameFrom(StoredValue<Option<Page>>);

/// The task from which the present help page was opened; nothing where its address was opened.
pub fn came_from() -> Option<Page> {
    let CameFrom(page) = expect_context();
    page.get_value()
}

/// Lets the signal follow the address from now on.
pub fn follow(page: RwSignal<Page>) {
    let came_from = StoredValue::new(None);
    provide_context(CameFrom(came_from));
    let read = move || {
        let before = page.get_untracked();
        if before.is_task() {
            came_from.set_value(Some(before));
        }
        let hash = window().location().hash().unwrap_or_default();
        page.set(Page::of_hash(&hash));
    };
    read();
    // The listener lives as long as the page.
    let _ = window_event_listener(leptos::ev::hashchange, move |_| read());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_address() {
        let faults = Code::ALL.iter().map(|&code| Page::Fault(code));
        let pages = [
            Page::Home,
            Page::IssueCard,
            Page::ActivateCard,
            Page::CheckCard,
            Page::CheckTag,
            Page::IssueTag,
            Page::ActivateTag,
            Page::CancelTag,
            Page::Load,
            Page::Records,
            Page::Drawer,
            Page::Day,
            Page::Stock,
            Page::Devices,
            Page::Faults,
        ];
        for page in pages.into_iter().chain(faults) {
            assert_eq!(Page::of_hash(&page.href()), page);
        }
    }

    #[test]
    fn any_other_address_is_the_first_page() {
        for hash in ["", "#", "#/nowhere", "#/faults/", "#/faults/CRD-1"] {
            assert_eq!(Page::of_hash(hash), Page::Home, "{hash}");
        }
        assert_eq!(
            Page::of_hash("#/faults/crd-102"),
            Page::Fault(Code::CardGone)
        );
    }
}
