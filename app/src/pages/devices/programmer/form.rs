//! The form of a profile: every field with what it means and what it may be.

use apdu_core::programmer::Profile;
use apdu_core::programmer::field::{Field, Kind};
use leptos::prelude::*;

use super::programmers;
use crate::i18n::{ProfileTexts, fill, text, texts};
use crate::parts::{Action, Weight};

/// A profile in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    profile: Profile,
    /// The name of the own one that is changed; nothing of a new one.
    was: Option<String>,
}

impl Edited {
    /// A new one.
    pub fn new(profile: Profile) -> Self {
        let was = None;
        Self { profile, was }
    }

    /// One that was kept before.
    pub fn own(profile: Profile) -> Self {
        let was = Some(profile.id.clone());
        Self { profile, was }
    }
}

/// The form.
#[component]
pub fn Form(
    /// What it begins with.
    edited: Edited,
    /// Called when it is kept, or not.
    #[prop(into)]
    on_end: Callback<()>,
) -> impl IntoView {
    let Edited { profile, was } = edited;
    let fields = profile.fields();
    let draft = RwSignal::new(profile);
    let wrong = RwSignal::new(Vec::<&'static str>::new());
    let taken = RwSignal::new(false);
    let put = move |path: &'static str, text: String| {
        let outcome = draft.try_update(|draft| draft.set(path, &text));
        taken.set(false);
        wrong.update(|wrong| {
            wrong.retain(|known| *known != path);
            if outcome.is_some_and(|outcome| outcome.is_err()) {
                wrong.push(path);
            }
        });
    };
    let programmers = programmers();
    let keep = move |()| {
        let kept = programmers.with_value(|programmers| {
            programmers.keep_profile(was.as_deref(), draft.get_untracked())
        });
        match kept {
            Ok(()) => on_end.run(()),
            Err(_) => taken.set(true),
        }
    };
    let group = move |of: fn(&str) -> bool| {
        let mine = fields.iter().filter(move |field| of(field.path));
        mine.map(|field| {
            let path = field.path;
            let is_taken = Signal::derive(move || path == "id" && taken.get());
            let is_wrong = Signal::derive(move || wrong.with(|wrong| wrong.contains(&path)));
            view! { <Entry field=field.clone() put=put is_wrong=is_wrong is_taken=is_taken /> }
        })
        .collect_view()
    };
    let line = group(|path| path == "id" || path.starts_with("line."));
    let commands = group(|path| path.starts_with("dialect."));
    let waits = group(|path| path.starts_with("waits."));
    view! {
        <div class="profile-form">
            <h2>{text(|t| t.profiles.page.line)}</h2>
            <div class="profile-fields">{line}</div>
            <h2>{text(|t| t.profiles.page.commands)}</h2>
            <div class="profile-fields">{commands}</div>
            <h2>{text(|t| t.profiles.page.waits)}</h2>
            <div class="profile-fields">{waits}</div>
        </div>
        <div class="actions profile-end">
            <Action
                label=text(|t| t.profiles.page.save)
                weight=Weight::Main
                disabled=Signal::derive(move || wrong.with(|wrong| !wrong.is_empty()))
                on_press=keep
            />
            <Action label=text(|t| t.profiles.page.cancel) back=true on_press=on_end />
        </div>
    }
}

/// One field.
#[component]
fn Entry(
    field: Field,
    put: impl Fn(&'static str, String) + Copy + 'static,
    is_wrong: Signal<bool>,
    is_taken: Signal<bool>,
) -> impl IntoView {
    let Field { path, kind, text } = field;
    let label = move || called(&texts().profiles, path).0;
    let about = format!("{path}-about");
    let described = about.clone();
    let input = match &kind {
        Kind::Choice(words) => {
            let option = |&word: &&'static str| {
                let name = move || choice(&texts().profiles, word);
                view! {
                    <option value=word selected=word == text>
                        {name}
                    </option>
                }
            };
            let options = words.iter().map(option).collect_view();
            view! {
                <select
                    aria-describedby=described
                    on:change=move |ev| put(path, event_target_value(&ev))
                >
                    {options}
                </select>
            }
            .into_any()
        }
        _ => {
            let inputmode = matches!(kind, Kind::Number(_)).then_some("numeric");
            view! {
                <input
                    type="text"
                    value=text
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    inputmode=inputmode
                    aria-describedby=described
                    aria-invalid=move || is_wrong.get().then_some("true")
                    on:input:target=move |ev| put(path, ev.target().value())
                />
            }
            .into_any()
        }
    };
    let said = move || match (is_taken.get(), is_wrong.get()) {
        (true, _) => texts().profiles.page.taken.to_owned(),
        (_, true) => rule(&kind),
        _ => called(&texts().profiles, path).1.to_owned(),
    };
    view! {
        <div class="field" class:wrong=move || is_wrong.get() || is_taken.get()>
            <label>
                <span>{label}</span>
                {input}
            </label>
            <p id=about class="field-about" aria-live="polite">
                {said}
            </p>
        </div>
    }
}

/// What a field may be, in the page's language. Call it inside a reactive closure.
pub fn rule(kind: &Kind) -> String {
    let t = &texts().profiles.rule;
    match kind {
        Kind::Name => t.name.to_owned(),
        Kind::Number(range) => fill(&fill(t.number, range.start()), range.end()),
        Kind::Hex { bytes, or_none } => {
            let (least, most) = (bytes.start(), bytes.end());
            let rule = match least == most {
                true => fill(t.bytes, least),
                false => fill(&fill(t.bytes_range, least), most),
            };
            rule + if *or_none { t.or_none } else { "" }
        }
        Kind::Choice(words) => {
            let t = &texts().profiles;
            let words: Vec<_> = words.iter().map(|word| choice(t, word)).collect();
            words.join(" / ")
        }
    }
}

/// A word that can be chosen.
fn choice(t: &ProfileTexts, word: &'static str) -> &'static str {
    match word {
        "yes" => t.rule.yes,
        "no" => t.rule.no,
        "three_three" => t.rule.three_three,
        "fifty" => t.rule.fifty,
        "all" => t.rule.all,
        "last_only" => t.rule.last_only,
        other => other,
    }
}

/// What a field is called, and what it means.
fn called(t: &ProfileTexts, path: &'static str) -> (String, &'static str) {
    if let Some(wait) = path.strip_prefix("waits.") {
        let t = &t.wait;
        let (of, part) = wait.split_once('.').unwrap_or((wait, ""));
        let of = match of {
            "open" => t.open,
            "psam" => t.psam,
            "initialise" => t.initialise,
            "transfer" => t.transfer,
            "set_mmi" => t.set_mmi,
            other => other,
        };
        return match part {
            "ms" => (fill(t.ms, of), t.ms_about),
            _ => (fill(t.sends, of), t.sends_about),
        };
    }
    let t = &t.field;
    let (name, about) = match path.rsplit('.').next().unwrap_or(path) {
        "id" => (t.id, t.id_about),
        "baud" => (t.baud, t.baud_about),
        "dtr" => (t.dtr, t.dtr_about),
        "rts" => (t.rts, t.rts_about),
        "rsctl" => (t.rsctl, t.rsctl_about),
        "rsctl_is_echoed" => (t.rsctl_echo, t.rsctl_echo_about),
        "llc_is_echoed" => (t.llc_echo, t.llc_echo_about),
        "device" => (t.device, t.device_about),
        "device_replies" => (t.device_replies, t.device_replies_about),
        "device_settings" => (t.device_settings, t.device_settings_about),
        "dsrc" => (t.dsrc, t.dsrc_about),
        "psam[0]" => (t.psam_1, t.psam_1_about),
        "psam[1]" => (t.psam_2, t.psam_2_about),
        "psam[2]" => (t.psam_3, t.psam_3_about),
        "psam_sw" => (t.psam_sw, t.psam_sw_about),
        "psam_reset_has_length" => (t.psam_length, t.psam_length_about),
        "psam_baud" => (t.psam_baud, t.psam_baud_about),
        "beacon" => (t.beacon, t.beacon_about),
        "channel" => (t.channel, t.channel_about),
        "card_mode" => (t.card_mode, t.card_mode_about),
        "list_bytes" => (t.list_bytes, t.list_bytes_about),
        "settle" => (t.settle, t.settle_about),
        "start" => (t.start, t.start_about),
        "is_wrapped" => (t.wrapped, t.wrapped_about),
        "sn_is_echoed" => (t.sn_echo, t.sn_echo_about),
        "open" => (t.open, t.open_about),
        "open_data" => (t.open_data, t.open_data_about),
        "card_reset" => (t.card_reset, t.card_reset_about),
        "card" => (t.card, t.card_about),
        "card_dt" => (t.card_dt, t.card_dt_about),
        "esam" => (t.esam, t.esam_about),
        "esam_dt" => (t.esam_dt, t.esam_dt_about),
        "answers" => (t.answers, t.answers_about),
        other => (other, ""),
    };
    (name.to_owned(), about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn every_field_is_called_something_and_explained_in_both_languages() {
        for profile in Profile::shipped() {
            for Field { path, kind, .. } in profile.fields() {
                for lang in [Lang::Zh, Lang::En] {
                    let t = &lang.texts().profiles;
                    let (name, about) = called(t, path);
                    assert!(!about.is_empty() && !path.ends_with(&name), "{path}");
                    if let Kind::Choice(words) = &kind {
                        assert!(
                            words
                                .iter()
                                .all(|word| choice(t, word) != *word || lang == Lang::En)
                        );
                    }
                }
            }
        }
    }
}
