//! Cards are issued from applications, activated, and taken in; and what is refused, or stops on its way.

use apdu_core::hex;
use fantoccini::key::Key;
use serde_json::json;

use crate::desk::{Desk, PASSWORD};
use crate::stories::english;

/// 用户卡办理, from the list to the card that was read.
async fn take_up(desk: &Desk<'_>, plate: &str, colour: &str) {
    find(desk, plate, colour).await;
    desk.browser.open_row(rest(plate)).await;
    desk.browser.see("请把卡片芯片朝向读卡器插到底").await;
}

async fn find(desk: &Desk<'_>, plate: &str, colour: &str) {
    let browser = desk.browser;
    browser.go("#/issue-card").await;
    browser.see("方向键选择").await;
    browser.type_into("车牌号", plate).await;
    browser.choose("车牌颜色", colour).await;
    browser.press("查找").await;
}

/// What stands behind the dot of a plate.
fn rest(plate: &str) -> &str {
    plate
        .char_indices()
        .nth(2)
        .map_or("", |(at, _)| &plate[at..])
}

async fn read(desk: &Desk<'_>) {
    desk.browser.press("读卡").await;
    desk.browser.see("办理模式").await;
}

async fn issue(desk: &Desk<'_>, plate: &str) {
    take_up(desk, plate, "0").await;
    read(desk).await;
    desk.browser.confirm("注册").await;
    desk.browser.see("用户卡办理成功").await;
}

/// The two files of a demo card, as another reader finds them.
async fn files(desk: &Desk<'_>, id: &str) -> [String; 2] {
    let mut card = desk.plastic(id).await;
    card.power_on();
    let mut ask = |command: &str| {
        let answer = card.transmit(&hex::decode(command).expect("a command"));
        hex::encode(&answer)
    };
    ask("00A40000023F00");
    let holder = ask("00B0960037");
    ask("00A40000021001");
    [holder, ask("00B095002B")]
}

/// The everyday: an application becomes a card, and its vehicle gets a tag.
pub async fn a_card_is_issued_from_an_application(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    browser.go("#/issue-card").await;
    browser.see("方向键选择").await;
    desk.picture("cards-1-list").await;
    browser.press("下一页").await;
    browser.see("回到第一页").await;
    browser.press("回到第一页").await;
    browser.see("下一页").await;
    take_up(desk, "甘A20001", "0").await;
    desk.picture("cards-2-read").await;
    read(desk).await;
    desk.picture("cards-3-register").await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
    desk.picture("cards-4-done").await;
    // One key leads to the check, which finds it in order.
    browser.key(Key::Enter).await;
    browser.see("办理成功").await;
    browser.see("甘A").await;
    browser.see("与记录一致").await;
    desk.picture("cards-5-checked").await;

    let [holder, file] = files(desk, "card-new").await;
    // 张样例 in GBK, 620000190001010557, an identity card; all else is 00.
    let expected = [
        "0000 D5C5D1F9C0FD 0000000000000000000000000000",
        "363230303030313930303031303130353537 0000000000000000000000000000",
        "65 9000",
    ];
    assert_eq!(holder, expected.concat().replace(' ', ""));
    // The factory's first 20 bytes, two days that depend on today, and then 甘A20001, ordinary, blue, class 1.
    let [head, days, tail] = [&file[..40], &file[40..56], &file[56..]];
    assert_eq!(
        head,
        "B8CACBE0620100011640".to_owned() + "62012201230100000157"
    );
    assert!(days.bytes().all(|digit| digit.is_ascii_digit()), "{days}");
    assert_eq!(
        tail,
        "B8CA41323030303100000000".to_owned() + "000001" + "9000"
    );

    // The application is done, and no second card comes of it.
    find(desk, "甘A20001", "0").await;
    browser.see("已办理").await;
    browser.open_row("20001").await;
    browser.see("AUT-252").await;
    desk.picture("cards-6-again").await;
}

/// Torn while a file is written: the next reading goes on with the same card, and nothing is counted.
pub async fn a_torn_issue_goes_on_with_the_same_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    for when in ["before", "after"] {
        take_up(desk, "甘A20001", "0").await;
        read(desk).await;
        desk.tear(when).await;
        browser.confirm("注册").await;
        browser.see("CRD-116").await;
        browser.see_named("卡片是否已写入", "待核实").await;
        assert!(!browser.shows("没有办成").await, "it is not called failed");
        desk.picture(&format!("cards-torn-{when}")).await;
        desk.insert("card-new").await;
        browser.press("返回列表").await;
    }
    find(desk, "甘A20001", "0").await;
    browser.see("办理中").await;
    browser.open_row("20001").await;
    read(desk).await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
}

/// The card is half written and the customer has gone: the application is given up, and its card is of no use.
pub async fn a_begun_application_is_given_up(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    take_up(desk, "甘A20001", "0").await;
    assert!(!browser.offers("放弃这份申请").await, "nothing was begun");
    read(desk).await;
    desk.tear("after").await;
    browser.confirm("注册").await;
    browser.see("CRD-116").await;
    browser.press("返回列表").await;
    find(desk, "甘A20001", "0").await;
    browser.see("办理中").await;
    browser.open_row("20001").await;
    browser.press("放弃这份申请").await;
    browser.type_into("原因", "客户不再办理").await;
    desk.picture("cards-give-up").await;
    browser.confirm("放弃申请").await;
    browser.see("方向键选择").await;
    find(desk, "甘A20001", "0").await;
    browser.see("已撤回").await;
    desk.insert("card-new").await;
    check(desk).await;
    browser.see("AUT-202").await;
}

/// A bank's teller types the customer's bank card twice; only one of the own bank is taken.
pub async fn a_bank_wants_a_card_of_its_own(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in_as("demo.bank").await;
    desk.put_in("card-new-2").await;
    browser.go("#/issue-card").await;
    browser.see("兰州银行").await;
    assert!(
        !browser.shows("自营").await,
        "only the own bank's are listed"
    );
    browser.open_row("30001").await;
    browser.see("请把卡片芯片朝向读卡器插到底").await;
    read(desk).await;
    let twice = async |first: &str, again: &str| {
        browser.type_into("银行卡号", first).await;
        browser.type_into("银行卡号 (再次输入)", again).await;
    };
    twice(OF_LANZHOU, "6221390000000031").await;
    browser.see("不一致").await;
    desk.picture("cards-bank-differs").await;
    // The last digit does not fit.
    twice("6221390000000031", "6221390000000031").await;
    browser.confirm("注册").await;
    browser.see("AUT-261").await;
    browser.press("返回录入").await;
    // Of another bank.
    twice(OF_ICBC, OF_ICBC).await;
    browser.confirm("注册").await;
    browser.see("AUT-262").await;
    desk.picture("cards-bank-other").await;
    browser.press("返回录入").await;
    twice(OF_LANZHOU, OF_LANZHOU).await;
    desk.picture("cards-bank").await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
}

/// Numbers of nobody, with the public prefixes of two banks and a last digit that fits.
const OF_LANZHOU: &str = "6221390000000013";
const OF_ICBC: &str = "6222020000000015";

/// An application that one teller has taken up is nobody else's meanwhile, and says whose it is.
pub async fn an_application_is_one_tellers_at_a_time(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    take_up(desk, "甘A20001", "0").await;
    desk.hand_over_to("demo.supervisor").await;
    find(desk, "甘A20001", "0").await;
    browser.see("正在办理").await;
    desk.picture("cards-locked").await;
    browser.open_row("20001").await;
    browser.see("AUT-253").await;
    desk.hand_over_to("demo.teller").await;
    issue(desk, "甘A20001").await;
}

/// What is the wrong card is not written.
pub async fn nothing_is_written_to_a_wrong_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new-2").await;
    // A credit card, where a stored-value card was applied for.
    take_up(desk, "甘A20001", "0").await;
    read(desk).await;
    browser.see("卡类型与申请不同").await;
    desk.picture("cards-other-type").await;
    let before = files(desk, "card-new").await;
    // One that was issued to somebody.
    for (card, code) in [("normal", "AUT-255"), ("card-elsewhere", "AUT-257")] {
        desk.swap(card).await;
        browser.press("重新读卡").await;
        browser.see("办理模式").await;
        browser.confirm("注册").await;
        browser.see(code).await;
        desk.picture(&format!("cards-{code}")).await;
    }
    // Another one between reading and writing.
    desk.swap("card-new").await;
    browser.press("重新读卡").await;
    browser.see("办理模式").await;
    desk.swap("card-new-3").await;
    browser.confirm("注册").await;
    browser.see("CRD-106").await;
    assert_eq!(files(desk, "card-new").await, before, "nothing is written");
}

/// A card that fails is tried once more, then another one; after three the cards are not to blame.
pub async fn after_three_cards_it_is_not_the_cards(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for card in ["card-new", "card-new-3", "card-new-4"] {
        desk.alter(card, json!({ "damaged": true })).await;
    }
    browser.press("添加虚拟读卡器").await;
    desk.insert("card-new").await;
    take_up(desk, "甘A20001", "0").await;
    read(desk).await;
    for code in ["CRD-118", "AUT-258"] {
        browser.confirm("注册").await;
        browser.see(code).await;
        desk.picture(&format!("cards-failed-{code}")).await;
        browser.press("重新读卡").await;
        browser.see("办理模式").await;
    }
    for (card, code) in [("card-new-3", "CRD-118"), ("card-new-4", "AUT-260")] {
        desk.swap(card).await;
        browser.press("重新读卡").await;
        browser.see("办理模式").await;
        browser.confirm("注册").await;
        browser.see(code).await;
        if code == "CRD-118" {
            browser.press("重新读卡").await;
            browser.see("办理模式").await;
        }
    }
    desk.picture("cards-not-the-cards").await;
    // A supervisor who has seen to the reader lets it go on, with a card that is good.
    browser.press("主管放行").await;
    browser.type_into("核准人操作员", "demo.supervisor").await;
    browser.type_into("核准人密码", PASSWORD).await;
    desk.picture("cards-reopened").await;
    browser.key(Key::F2).await;
    browser.see("方向键选择").await;
    browser.press("卡片复原").await;
    issue(desk, "甘A20001").await;
}

/// What a card has refused for good is not signed again, though the network went away before the backend heard it.
pub async fn a_card_that_forbids_is_never_tried_again(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.change_keys("card-new").await;
    desk.put_in("card-new").await;
    let before = files(desk, "card-new").await;
    take_up(desk, "甘A20001", "0").await;
    read(desk).await;
    desk.cut_network_after("/sign").await;
    browser.confirm("注册").await;
    browser.see("CRD-115").await;
    desk.picture("cards-forbids").await;
    desk.mend_network().await;
    browser.press("重新读卡").await;
    browser.see("办理模式").await;
    browser.confirm("注册").await;
    browser.see("AUT-202").await;
    desk.picture("cards-forbidden").await;
    assert_eq!(files(desk, "card-new").await, before, "nothing is written");
    assert_eq!(desk.wrong_macs("card-new").await, 1, "and tried once");
    // Another card goes.
    desk.swap("card-new-3").await;
    browser.press("重新读卡").await;
    browser.see("办理模式").await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
}

/// A card is exchanged: the old one is cancelled, and waits to be handed in.
pub async fn a_card_is_exchanged(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    take_up(desk, "甘AD00033", "4").await;
    read(desk).await;
    browser.see("旧卡收回并注销").await;
    desk.picture("cards-exchange").await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
    desk.swap("no-pin").await;
    check(desk).await;
    browser.see("AUT-205").await;
    desk.picture("cards-old-card").await;
}

/// The backend is away for a while: nothing is written, and the page goes on when it is back.
pub async fn the_backend_is_away_while_a_card_is_issued(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    take_up(desk, "甘A20001", "0").await;
    read(desk).await;
    desk.stop_backend().await;
    browser.confirm("注册").await;
    browser.see("正在等待网络").await;
    desk.picture("cards-away").await;
    desk.start_backend().await;
    browser.see("后台已恢复").await;
    browser.press("重新读卡").await;
    browser.see("办理模式").await;
    browser.confirm("注册").await;
    browser.see("用户卡办理成功").await;
}

/// 卡片激活: what is outside its validity gets a new one; what is suspended does not.
pub async fn a_card_outside_its_validity_is_activated(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-expired").await;
    for card in ["card-expired", "card-early"] {
        if card == "card-early" {
            desk.swap(card).await;
        }
        check(desk).await;
        let code = if card == "card-early" {
            "CRD-109"
        } else {
            "CRD-108"
        };
        browser.see(code).await;
        desk.picture(&format!("{card}-1-check")).await;
        browser.press("卡片激活").await;
        browser.see("按 F2 激活这张卡").await;
        desk.picture(&format!("{card}-2-press")).await;
        browser.confirm("激活").await;
        browser.see("卡片激活成功").await;
        desk.picture(&format!("{card}-3-done")).await;
        browser.key(Key::Enter).await;
        browser.see("办理成功").await;
        // Once more: nothing is written.
        browser.go("#/activate-card").await;
        browser.see("卡片激活成功").await;
    }
    // What a supervisor has suspended is lifted by one, and not by the chip.
    desk.hand_over_to("demo.supervisor").await;
    browser.go("#/stock").await;
    browser.press("状态变更").await;
    browser
        .type_into("SN 码或卡号", "62012201230100000199")
        .await;
    browser.press("查找").await;
    browser.type_into("原因", "客户来电，先停用").await;
    desk.picture("card-status").await;
    browser.press("挂起").await;
    browser.see("已办好").await;
    check(desk).await;
    browser.see("AUT-203").await;
    browser.press("卡片激活").await;
    browser.see("AUT-270").await;
    desk.picture("card-suspended-activate").await;
}

async fn check(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.go("#/check").await;
    browser
        .until("the card to be read", async || {
            for button in ["读卡", "重新读卡"] {
                if browser.offers(button).await {
                    browser.press(button).await;
                    return Some(());
                }
            }
            None
        })
        .await;
}

/// A card of the province that was issued elsewhere is taken into the records, and gets a tag.
pub async fn a_card_issued_elsewhere_gets_a_tag(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-elsewhere").await;
    browser.press("标签 ▸").await;
    browser.press("添加虚拟标签设备").await;
    browser.see("放上标签").await;
    browser.go("#/issue-tag").await;
    browser.press("读卡").await;
    browser.see("AUT-201").await;
    desk.picture("take-in-1-unknown").await;
    browser.press("收入记录").await;
    browser.see("录入行驶证上的车辆资料").await;
    for (label, value) in [
        ("长（毫米）", "4700"),
        ("宽（毫米）", "1750"),
        ("高（毫米）", "1500"),
        ("核定载客（人）", "5"),
        ("车轮数", "4"),
        ("轴数", "2"),
        ("轴距（毫米）", "2650"),
        ("发动机号", "DEMO0207"),
    ] {
        browser.type_into(label, value).await;
    }
    desk.picture("take-in-2-licence").await;
    browser.press("保存").await;
    browser.see("办理模式").await;
    desk.picture("take-in-3-entry").await;
}

/// Nothing about cards has been forgotten in English.
pub async fn issuing_cards_is_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("card-new").await;
    browser.press("EN").await;
    browser.go("#/issue-card").await;
    browser.see("Arrows choose").await;
    browser.see("Next page").await;
    browser.type_into("Plate", "甘A20001").await;
    browser.press("Find").await;
    browser
        .until("the one application", async || {
            (!browser.shows("Next page").await).then_some(())
        })
        .await;
    english(desk, "en-cards-list").await;
    browser.open_row("20001").await;
    browser.press("Read card").await;
    browser.see("First card").await;
    english(desk, "en-cards-register").await;
    browser.confirm("Register").await;
    browser.see("The card is issued").await;
    english(desk, "en-cards-done").await;
    browser.press("Pull out").await;
    browser.see("Put in").await;
    browser.choose("Card", "card-expired").await;
    browser.press("Put in").await;
    browser.go("#/activate-card").await;
    browser.press("Read card").await;
    browser.see("Press F2 to activate this card").await;
    english(desk, "en-card-activate").await;
    browser.confirm("Activate").await;
    browser.see("The card is active").await;
    english(desk, "en-card-activated").await;
}
