//! The teller's page of ETC Desk. What it is made of: `ARCHITECTURE.md`.

mod backend;
mod csv;
mod desk;
mod devices;
mod gate;
mod gbk;
mod i18n;
mod jobs;
mod journal;
mod json;
mod keys;
mod lock;
mod pages;
mod parts;
mod print;
mod root;
mod router;
mod save;
mod shell;
mod storage;
mod workplace;

use wasm_bindgen_futures::spawn_local;

fn main() {
    // A page that panicked must not look as if it still worked. What a card answered is in the journal.
    std::panic::set_hook(Box::new(|_| root::show_crash()));
    spawn_local(async {
        // Not here, the page begins in Chinese. Leptos has no executor before it mounts.
        i18n::Lang::remembered().fetch().await;
        root::end_opening();
        leptos::mount::mount_to_body(root::Root);
    });
}
