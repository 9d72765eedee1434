//! What is fetched behind the scenes, so that who opens the page for the first time does not wait for it: the
//! English texts, and the catalogue of faults in both languages.

use std::sync::OnceLock;

use apdu_core::fault::Code;
use etc_api::faults::{Explanation, explain};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use super::{Lang, Texts, en, zh};

/// Tells what the catalogue says of a code.
type Explain = fn(Code) -> Explanation;

/// The texts in English, once they are here.
static ENGLISH: OnceLock<&'static Texts> = OnceLock::new();

#[wasm_split(english, wasm_split_path = leptos::wasm_split, fallible)]
fn english() -> Result<&'static Texts, SplitLoaderError> {
    Ok(&en::TEXTS)
}

#[wasm_split(catalogue, wasm_split_path = leptos::wasm_split, fallible)]
fn catalogue() -> Result<Explain, SplitLoaderError> {
    Ok(explain)
}

impl Lang {
    /// Fetches the texts in this language; whether they are here.
    pub async fn fetch(self) -> bool {
        match self {
            Self::Zh => true,
            Self::En => match english().await {
                Ok(texts) => {
                    // Where they were here already, they are the same.
                    let _ = ENGLISH.set(texts);
                    true
                }
                Err(_) => false,
            },
        }
    }

    /// The texts in this language; it has been fetched.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::Zh => &zh::TEXTS,
            Self::En => ENGLISH.get().copied().unwrap_or(&zh::TEXTS),
        }
    }
}

/// The catalogue of faults, once it is here.
#[derive(Clone, Copy)]
pub struct Catalogue(RwSignal<Option<Explain>>);

impl Catalogue {
    /// Fetches it, and provides it to the whole page.
    pub fn provide() {
        let catalogue = Self(RwSignal::new(None));
        provide_context(catalogue);
        catalogue.fetch();
    }

    fn fetch(self) {
        spawn_local(async move {
            if let Ok(explain) = catalogue().await {
                self.0.set(Some(explain));
            }
        });
    }

    /// What is said of a code. Where the catalogue has not come, it is asked for again; the code alone says enough
    /// to somebody on the phone.
    pub(super) fn explain(code: Code) -> Option<Explanation> {
        let catalogue: Self = expect_context();
        let explain = catalogue.0.get();
        if explain.is_none() {
            catalogue.fetch();
        }
        Some(explain?(code))
    }
}
