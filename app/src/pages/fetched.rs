//! The pages, in pieces that are fetched when the first page of a piece is opened: who signs in waits for none of
//! them. Once somebody has signed in all are fetched behind the scenes, so that a network that goes away later
//! takes no page with it.
//!
//! What a piece holds is found by the tool that splits the module: all that only its function below leads to.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::cards::{ActivateCard, IssueCard};
use super::check_card::CheckCard;
use super::check_tag::CheckTag;
use super::day::DayPage;
use super::devices::DevicesPage;
use super::drawer::DrawerPage;
use super::faults::{FaultPage, FaultsPage};
use super::home::HomePage;
use super::load::Load;
use super::records::Records;
use super::stock::StockPage;
use super::tags::{ActivateTag, CancelTag, IssueTag};
use crate::parts::Fetched;
use crate::router::Page;

/// Makes the view of a page that is here.
type Make = fn(Page) -> AnyView;

/// What tellers do with cards and tags.
#[wasm_split(counter, wasm_split_path = leptos::wasm_split, fallible)]
fn counter() -> Result<Make, SplitLoaderError> {
    Ok(|page| match page {
        Page::IssueCard => view! { <IssueCard /> }.into_any(),
        Page::ActivateCard => view! { <ActivateCard /> }.into_any(),
        Page::CheckTag => view! { <CheckTag /> }.into_any(),
        Page::IssueTag => view! { <IssueTag /> }.into_any(),
        Page::ActivateTag => view! { <ActivateTag /> }.into_any(),
        Page::CancelTag => view! { <CancelTag /> }.into_any(),
        Page::Load => view! { <Load /> }.into_any(),
        _ => view! { <CheckCard /> }.into_any(),
    })
}

/// What was done, and what is to be decided about it.
#[wasm_split(records, wasm_split_path = leptos::wasm_split, fallible)]
fn records() -> Result<Make, SplitLoaderError> {
    Ok(|_| view! { <Records /> }.into_any())
}

/// Drawer, day and stock.
#[wasm_split(office, wasm_split_path = leptos::wasm_split, fallible)]
fn office() -> Result<Make, SplitLoaderError> {
    Ok(|page| match page {
        Page::Drawer => view! { <DrawerPage /> }.into_any(),
        Page::Stock => view! { <StockPage /> }.into_any(),
        _ => view! { <DayPage /> }.into_any(),
    })
}

/// 设备
#[wasm_split(devices, wasm_split_path = leptos::wasm_split, fallible)]
fn devices() -> Result<Make, SplitLoaderError> {
    Ok(|_| view! { <DevicesPage /> }.into_any())
}

/// Help.
#[wasm_split(help, wasm_split_path = leptos::wasm_split, fallible)]
fn help() -> Result<Make, SplitLoaderError> {
    Ok(|page| match page {
        Page::Fault(code) => view! { <FaultPage code=code /> }.into_any(),
        _ => view! { <FaultsPage /> }.into_any(),
    })
}

/// Fetches what shows a page; nothing is fetched twice.
async fn fetch(page: Page) -> Result<Make, SplitLoaderError> {
    match page {
        Page::Home => Ok(|_| view! { <HomePage /> }.into_any()),
        Page::IssueCard
        | Page::ActivateCard
        | Page::CheckCard
        | Page::CheckTag
        | Page::IssueTag
        | Page::ActivateTag
        | Page::CancelTag
        | Page::Load => counter().await,
        Page::Records => records().await,
        Page::Drawer | Page::Day | Page::Stock => office().await,
        Page::Devices => devices().await,
        Page::Faults | Page::Fault(_) => help().await,
    }
}

/// Fetches all pages, the most used first. What does not come now is fetched when it is opened.
pub fn fetch_all() {
    const ONE_OF_EACH: [Page; 5] = [
        Page::Load,
        Page::Records,
        Page::Faults,
        Page::Drawer,
        Page::Devices,
    ];
    spawn_local(async {
        for page in ONE_OF_EACH {
            let _ = fetch(page).await;
        }
    });
}

/// A page, as soon as it is here.
#[component]
pub fn PageHere(
    /// Which one.
    page: Page,
) -> impl IntoView {
    let fetch = move || async move { fetch(page).await.ok() };
    view! { <Fetched fetch=fetch show=move |make: Make| make(page) /> }
}
