//! Money: whole fen inside, yuan with two decimals outside, thin gaps between thousands.

use leptos::prelude::*;

use super::{Sign, SignMark};
use crate::i18n::{text, texts};

/// As wide as a figure, and read as a minus.
const MINUS: &str = "\u{2212}";

/// An amount of money. Its text, also when copied, has no gaps: `12345.00`; the gaps are drawn.
#[component]
pub fn Money(
    /// Amount in fen.
    #[prop(into)]
    fen: i64,
    /// Whether the unit stands behind it.
    #[prop(optional)]
    unit: bool,
) -> impl IntoView {
    let size = fen.unsigned_abs();
    let yuan = (size / 100).to_string();
    let groups = thousands(&yuan);
    let groups = groups.map(|group| view! { <span class="group">{group.to_owned()}</span> });
    view! {
        <span class="money">
            {(fen < 0).then_some(MINUS)}
            {groups.collect_view()}
            <span class="fen">{format!(".{:02}", size % 100)}</span>
            {unit.then(|| view! { <span class="unit">{text(|t| t.load.yuan)}</span> })}
        </span>
    }
}

/// An amount as plain text, for paper: `-12345.00`.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let size = fen.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// Groups of three digits, the first perhaps shorter.
fn thousands(digits: &str) -> impl Iterator<Item = &str> {
    let first = (digits.len() - 1) % 3 + 1;
    let rest = (first..digits.len()).step_by(3);
    std::iter::once(&digits[..first]).chain(rest.map(|at| &digits[at..at + 3]))
}

/// Fen from typed yuan, or nothing where it is no amount in whole fen. Wide digits, which a Chinese
/// input method types, are digits too.
pub fn parse_yuan(typed: &str) -> Option<i64> {
    let narrow: String = typed.trim().chars().map(narrow).collect();
    let (yuan, fraction) = narrow.split_once('.').unwrap_or((&narrow, "00"));
    let fen = match fraction.len() {
        1 => 10 * digits(fraction)?,
        2 => digits(fraction)?,
        _ => return None,
    };
    digits(yuan)?.checked_mul(100)?.checked_add(fen)
}

fn narrow(c: char) -> char {
    match c {
        '\u{FF10}'..='\u{FF19}' => char::from(b'0' + (u32::from(c) - 0xFF10) as u8),
        '\u{FF0E}' | '\u{3002}' => '.',
        other => other,
    }
}

fn digits(text: &str) -> Option<i64> {
    let all_digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    all_digits.then(|| text.parse().ok())?
}

/// Before + amount = after, large enough to be read from a bad video, with the card's own word on it.
#[component]
pub fn Equation(
    /// 充值前, fen.
    #[prop(into)]
    before: Signal<Option<u32>>,
    /// 充值金额, fen.
    #[prop(into)]
    amount: Signal<Option<u32>>,
    /// 充值后, fen; nothing until the card has proved it.
    #[prop(into)]
    after: Signal<Option<u32>>,
    /// Whether the card shows that balance; nothing until it was read.
    #[prop(into)]
    agrees: Signal<Option<bool>>,
) -> impl IntoView {
    let figure = |fen: Option<u32>| match fen {
        Some(fen) => view! { <Money fen=fen /> }.into_any(),
        None => view! { <span class="money none">"–"</span> }.into_any(),
    };
    let verdict = move || {
        let (sign, tone, text) = match agrees.get()? {
            true => (Sign::Done, "tone-good", texts().load.agrees),
            false => (Sign::Differs, "tone-bad", texts().load.differs),
        };
        Some(view! {
            <span class=format!("state {tone}")>
                <SignMark sign=sign />
                {text}
            </span>
        })
    };
    view! {
        <div class="equation" class:proved=move || agrees.get() == Some(true)>
            <div class="term">
                {move || figure(before.get())} <span class="caption">{text(|t| t.load.before)}</span>
            </div>
            <span class="operator">"+"</span>
            <div class="term">
                {move || figure(amount.get())}
                <span class="caption">{text(|t| t.load.loaded_amount)}</span>
            </div>
            <span class="operator">"="</span>
            <div class="term result">
                {move || figure(after.get())} <span class="caption">{text(|t| t.load.after)}</span>
            </div>
            <p class="equation-verdict" aria-live="polite">
                {verdict}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_yuan_become_whole_fen() {
        for (typed, fen) in [
            ("100", 10_000),
            ("100.5", 10_050),
            ("100.50", 10_050),
            (" 0.01 ", 1),
            ("0", 0),
            ("007", 700),
            ("\u{FF11}\u{FF10}\u{3002}\u{FF15}", 1_050),
        ] {
            assert_eq!(parse_yuan(typed), Some(fen), "{typed:?}");
        }
    }

    #[test]
    fn anything_else_is_no_amount() {
        for typed in [
            "",
            " ",
            ".",
            "1.",
            ".5",
            "1.005",
            "1.500",
            "-1",
            "+1",
            "1,000",
            "1 000",
            "1e3",
            "1.2.3",
            "0x10",
            "92233720368547758.08",
            "99999999999999999999",
        ] {
            assert_eq!(parse_yuan(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn an_amount_is_written_with_its_sign() {
        assert_eq!(yuan(0), "0.00");
        assert_eq!(yuan(1_234_505), "12345.05");
        assert_eq!(yuan(-7), "-0.07");
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        let grouped = |digits| thousands(digits).collect::<Vec<_>>().join(" ");
        assert_eq!(grouped("0"), "0");
        assert_eq!(grouped("130"), "130");
        assert_eq!(grouped("1300"), "1 300");
        assert_eq!(grouped("42949672"), "42 949 672");
    }
}
