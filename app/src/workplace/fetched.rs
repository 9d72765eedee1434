//! The workplace as a piece that is fetched. What it holds is found by the tool that splits the module: all that
//! only the function below leads to.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::parts::Fetched;

/// The workplace, once it is here.
#[derive(Clone, Copy)]
struct Here {
    start: fn(),
    show: fn() -> AnyView,
}

#[wasm_split(workplace, wasm_split_path = leptos::wasm_split, fallible)]
fn workplace() -> Result<Here, SplitLoaderError> {
    Ok(Here {
        start: super::start,
        show: || view! { <super::Workplace /> }.into_any(),
    })
}

/// Where the workplace is put up: at the root, so that it lives as long as the page.
#[derive(Clone, Copy)]
pub struct Place {
    root: StoredValue<Option<Owner>>,
    started: StoredValue<bool>,
}

impl Place {
    /// Begins to fetch the workplace for this owner.
    pub fn prepare() -> Self {
        let place = Self {
            root: StoredValue::new(Owner::current()),
            started: StoredValue::new(false),
        };
        // What does not come now is asked for again when it is to be shown.
        spawn_local(async move {
            let _ = place.fetch().await;
        });
        place
    }

    /// Fetches the workplace and puts it up, once.
    async fn fetch(self) -> Option<Here> {
        let here = workplace().await.ok()?;
        if !self.started.get_value() {
            self.started.set_value(true);
            self.root.get_value()?.with(here.start);
        }
        Some(here)
    }
}

/// The workplace, as soon as it is here.
#[component]
pub fn FetchedWorkplace(
    /// Where it is put up.
    place: Place,
) -> impl IntoView {
    view! { <Fetched fetch=move || place.fetch() show=|here: Here| (here.show)() /> }
}
