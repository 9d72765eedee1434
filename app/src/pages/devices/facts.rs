//! What reader and card say of themselves.

use apdu_core::atr::Protocol;
use apdu_core::ccid::descriptor::{ExchangeLevel, PROTECTED_CLASS};
use apdu_core::ccid::parameters::Speed;
use apdu_core::ccid::quirks::Quirk;
use apdu_core::fault::Code;
use apdu_core::hex;
use leptos::prelude::*;

use super::{Failure, no_card, task};
use crate::desk::{CardInSlot, Desk, ReaderStatus};
use crate::devices::Way;
use crate::devices::trace::{CardInfo, ReaderInfo};
use crate::i18n::{DeviceTexts, ReaderTexts, fill, text, texts};
use crate::jobs::{Doing, Jobs};
use crate::parts::{Action, ReaderHint, Weight};

/// Names and values, in plain text.
pub fn list(rows: Vec<(&'static str, String)>) -> AnyView {
    let row = |(name, value)| {
        view! {
            <div class="data-row">
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let rows = rows.into_iter().map(row).collect_view();
    view! { <dl class="data">{rows}</dl> }.into_any()
}

/// The reader: what it is, or why there is none.
#[component]
pub fn ReaderFacts() -> impl IntoView {
    let desk = Desk::get();
    let facts = move || {
        let t = &texts().devices;
        let reader = desk.seen.reader.get()?;
        Some(list(reader_rows(t, &reader)))
    };
    view! {
        <section>
            <h2>{text(|t| t.devices.reader.heading)}</h2>
            {facts}
            <ReaderHint />
        </section>
    }
}

/// Whether it is the reader that cannot be used, so that only another one, or another way, helps.
fn another_would_work(code: Code) -> bool {
    matches!(
        code,
        Code::ProtectedReader | Code::UnsupportedLevel | Code::ControlOnlyReader | Code::NotAReader
    )
}

/// What would work instead.
#[component]
fn Instead() -> impl IntoView {
    view! {
        <section>
            <h2>{text(|t| t.devices.reader.instead)}</h2>
            <ol class="instead">
                <li>{text(|t| t.devices.reader.other_reader)}</li>
                <li>{text(|t| t.devices.reader.web_app)}</li>
                <li>{text(|t| t.devices.reader.programmer)}</li>
            </ol>
        </section>
    }
}

fn reader_rows(texts: &DeviceTexts, reader: &ReaderInfo) -> Vec<(&'static str, String)> {
    let t = &texts.reader;
    let way = match reader.way {
        Way::Usb => t.usb,
        Way::Serial => t.serial,
        Way::SmartCard => t.smart_card,
        Way::Programmer => t.programmer_slot,
    };
    let mut rows = vec![(t.name, reader.name.clone())];
    if !reader.maker.is_empty() {
        rows.push((t.maker, reader.maker.clone()));
    }
    rows.push((t.way, way.into()));
    if let Some(usb) = &reader.usb {
        let (vendor, product) = (usb.vendor, usb.product);
        let (major, minor) = (usb.release >> 8, usb.release & 0xFF);
        let ids = format!("{vendor:04X}:{product:04X} ({major:x}.{minor:02x})");
        let about = if usb.class == PROTECTED_CLASS {
            t.class_protected
        } else {
            t.class_open
        };
        rows.push((t.ids, ids));
        rows.push((t.class, format!("0x{:02X} · {about}", usb.class)));
    }
    let Some(profile) = &reader.profile else {
        return rows;
    };
    let descriptor = &profile.descriptor;
    let slots = u16::from(descriptor.max_slot_index) + 1;
    let interface = reader.usb.as_ref().and_then(|usb| usb.interface);
    let interface = interface.map_or("–".to_owned(), |number| number.to_string());
    let level = match profile.level(reader.slot) {
        ExchangeLevel::Character => t.character,
        ExchangeLevel::Tpdu => t.tpdu,
        ExchangeLevel::ShortApdu => t.short_apdu,
        ExchangeLevel::ExtendedApdu => t.extended_apdu,
    };
    let protocols = (0..2).filter(|protocol| descriptor.protocols >> protocol & 1 == 1);
    let protocols: Vec<_> = protocols.map(|protocol| format!("T={protocol}")).collect();
    let quirks: Vec<_> = (profile.quirks.iter())
        .map(|quirk| in_words(t, *quirk))
        .collect();
    rows.extend([
        (t.place, format!("{interface} / {} ({slots})", reader.slot)),
        (
            t.level,
            format!("{level} · 0x{:08X}", descriptor.features.0),
        ),
        (t.protocols, protocols.join(", ")),
        (t.longest, descriptor.max_message_length.to_string()),
        (
            t.quirks,
            if quirks.is_empty() {
                t.no_quirks.into()
            } else {
                quirks.join("; ")
            },
        ),
    ]);
    rows
}

fn in_words(t: &ReaderTexts, quirk: Quirk) -> String {
    match quirk {
        Quirk::MaxDataRate(limit) => fill(t.quirk_rate, limit),
        Quirk::NoIfsRequest => t.quirk_no_ifs.into(),
        Quirk::SetParametersMayFail => t.quirk_parameters.into(),
        Quirk::ShortApduOnly => t.quirk_short.into(),
        Quirk::OtherSlotsShortApdu => t.quirk_slots.into(),
        Quirk::MaxIfsd(told) => fill(t.quirk_told, format!("dwMaxIFSD {told}")),
        Quirk::MaxMessageLength(told) => {
            fill(t.quirk_told, format!("dwMaxCCIDMessageLength {told}"))
        }
        Quirk::Clock(told) => fill(t.quirk_told, format!("dwDefaultClock {told}")),
        Quirk::Protocols(told) => fill(t.quirk_told, format!("dwProtocols {told:08X}")),
    }
}

/// The card; or what would work instead, where the reader can take none.
#[component]
pub fn CardFacts() -> impl IntoView {
    let desk = Desk::get();
    move || match desk.reader.get() {
        ReaderStatus::Refused(code) if another_would_work(code) => view! { <Instead /> }.into_any(),
        _ => view! { <Card /> }.into_any(),
    }
}

/// The card: its ATR in words.
#[component]
fn Card() -> impl IntoView {
    let desk = Desk::get();
    let powering = move || task().with(|task| task.doing == Some(Doing::Power));
    let facts = move || {
        let t = &texts().devices;
        if let Some(card) = desk.seen.card.get() {
            return list(card_rows(t, &card));
        }
        let said = match desk.card.get() {
            CardInSlot::Absent => t.card.absent,
            _ if powering() => t.card.powering,
            _ => t.card.not_powered,
        };
        view! { <p class="quiet-text">{said}</p> }.into_any()
    };
    let unpowered = move || desk.seen.card.with(Option::is_none);
    view! {
        <section>
            <h2>{text(|t| t.devices.card.heading)}</h2>
            {facts}
            <Show when=unpowered>
                <div class="actions">
                    <Action
                        label=text(|t| t.devices.card.power)
                        weight=Weight::Main
                        disabled=no_card()
                        on_press=|()| Jobs::get().power_card()
                    />
                </div>
            </Show>
            <Failure label=|t| t.devices.card.power on_next=Jobs::power_card />
        </section>
    }
}

fn card_rows(texts: &DeviceTexts, card: &CardInfo) -> Vec<(&'static str, String)> {
    let t = &texts.card;
    let atr = &card.atr;
    let convention = if atr.is_inverse() {
        t.inverse
    } else {
        t.direct
    };
    let offered = [Protocol::T0, Protocol::T1].into_iter();
    let offered: Vec<_> = (offered.filter(|&protocol| atr.offers(protocol)))
        .map(|protocol| format!("T={}", protocol.number()))
        .collect();
    let mut offered = offered.join(", ");
    if let Some(ta1) = atr.ta1() {
        offered += &format!(" · {}", speed(Speed(ta1)));
    }
    if atr.specific_mode().is_some() {
        offered += &format!(" · {}", t.specific);
    }
    let mut rows = vec![
        (t.atr, spaced(atr.bytes())),
        (t.convention, convention.into()),
        (t.offered, offered),
    ];
    if let Some(link) = &card.link {
        let mut in_force = format!("T={} · {}", link.protocol.number(), speed(link.speed));
        if let Some(baud) = link.speed.baud(link.clock) {
            in_force += &format!(" · {baud} bit/s");
        }
        rows.push((t.in_force, in_force));
    }
    if atr.offers(Protocol::T1) {
        let t1 = atr.t1();
        let edc = if t1.crc { "CRC" } else { "LRC" };
        let (ifsc, bwi, cwi) = (t1.ifsc, t1.bwi, t1.cwi);
        let mut blocks = format!("IFSC {ifsc} · BWI {bwi} · CWI {cwi} · {edc}");
        let link = card.link.as_ref().and_then(|link| link.blocks);
        if let Some(ifsd) = link.and_then(|blocks| blocks.ifsd) {
            blocks += &format!(" · IFSD {ifsd}");
        }
        rows.push((t.blocks, blocks));
    }
    let historical = match atr.historical() {
        [] => t.none.to_owned(),
        historical => format!("{} · {}", spaced(historical), printable(historical)),
    };
    rows.push((t.historical, historical));
    rows
}

/// Fi and Di in numbers: clock cycles a bit takes, and into how many bits they are divided.
fn speed(speed: Speed) -> String {
    match (speed.f(), speed.d()) {
        (Some(f), Some(d)) => format!("Fi {f} / Di {d}"),
        _ => format!("TA1 {:02X}", speed.0),
    }
}

/// Hex in groups of four bytes, which lines may break between.
fn spaced(bytes: &[u8]) -> String {
    let groups: Vec<String> = bytes.chunks(4).map(hex::encode).collect();
    groups.join(" ")
}

/// Printable ASCII as it is, anything else as a point.
fn printable(bytes: &[u8]) -> String {
    let letter = |&byte: &u8| match byte {
        0x20..=0x7E => char::from(byte),
        _ => '·',
    };
    bytes.iter().map(letter).collect()
}
