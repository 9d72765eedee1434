//! What happens to a load afterwards: found in the records, compared with its card, put right.

use etc_api::Bundle;
use etc_backend::bundle::check;
use etc_backend::demo;
use etc_backend::keys::{KeyStore, SoftKeys};
use fantoccini::key::Key;

use crate::desk::{Desk, PASSWORD};
use crate::stories::{english, see_torn};

/// Plate of the demo's everyday card, without the province that no test keyboard has to type twice.
const PLATE: &str = "甘A12345";

/// The write was cut before the chip took it: the card proves it, the record goes back to 未圈存 and is
/// loaded, without a second payment and without the mouse.
pub async fn a_torn_load_is_put_back_and_loaded(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    browser.go("#/records").await;
    browser.see("请输入车牌号并选择颜色后查询").await;
    desk.picture("records-1-search").await;
    browser.type_into("车牌号", "甘a12").await;
    browser.key(Key::Enter).await;
    browser.see("请输入完整的车牌号").await;
    browser.type_into("车牌号", "甘a12345").await;
    browser.key(Key::Enter).await;
    browser.see("半圈存(待核实)").await;
    desk.picture("records-2-found").await;
    open_chosen(desk).await;
    browser.see("写卡中断，有没有写入还不知道").await;
    browser.see_named("充值前金额", "30.00").await;
    desk.picture("records-3-torn").await;

    // Without the card nothing is changed: it is asked for, and then everything goes its way.
    browser.press("未圈存").await;
    browser.see("请把这条记录的卡片").await;
    desk.picture("records-4-card-first").await;
    desk.insert("normal").await;
    browser.press("读卡核对").await;
    browser.see("确定将充值记录改为【未圈存】的状态吗？").await;
    assert_eq!(focused(desk).await, "取消");
    desk.picture("records-5-question").await;
    browser.key(Key::Escape).await;
    browser.see("卡片显示：还没有写入").await;
    browser.see_named("余额", "30.00").await;
    browser.see_named("充值次数", "一致").await;
    desk.picture("records-6-compared").await;
    desk.must_have_loaded("normal", &[]).await;

    browser.press("未圈存").await;
    browser.confirm("确定").await;
    browser.see("修改圈存状态成功！请进行圈存操作").await;
    browser.see_named("充值记录", "未圈存").await;
    desk.picture("records-7-put-back").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;

    // Loaded, it says why it cannot be changed any more.
    browser.go("#/records").await;
    browser.see("130.00").await;
    open_chosen(desk).await;
    browser.see("卡片自己的交易码 (TAC) 证明了这笔写入").await;
    assert!(!browser.offers("未圈存").await);
    assert!(!browser.offers("二次充值圈存").await);
    desk.picture("records-8-loaded").await;
}

/// The write was cut after the chip took it: reading the card closes the record by itself.
pub async fn a_load_that_reached_its_card_closes_its_record(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "after").await;
    open_record(desk).await;
    desk.insert("normal").await;
    browser.press("读卡核对").await;
    browser.see("卡片证明：已经写入").await;
    browser.see_named("余额", "130.00").await;
    assert!(!browser.offers("未圈存").await);
    desk.picture("records-found-loaded").await;
    desk.must_have_loaded("normal", &[100_00]).await;

    // By the card in the reader the same record is found.
    browser.key(Key::Escape).await;
    browser.press("读卡").await;
    browser.see("已圈存").await;
    browser.see("130.00").await;
}

/// Paid, and never written: it goes onto its card without a second payment.
pub async fn a_paid_record_is_loaded_without_paying_again(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;
    desk.swap("same-plate").await;
    browser.confirm("现金已收，写卡").await;
    browser.see("CRD-106").await;

    open_record(desk).await;
    browser.see("已收款，还没有写入卡片").await;
    desk.picture("records-paid").await;
    desk.swap("normal").await;
    browser.press("二次充值圈存").await;
    browser.see("不需要再次收款").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
    desk.must_have_loaded("same-plate", &[]).await;
}

/// A card of another number says so, and changes nothing; the record's own card goes on.
pub async fn another_card_does_not_change_a_record(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    open_record(desk).await;
    desk.insert("same-plate").await;
    browser.press("读卡核对").await;
    browser.see("CRD-106").await;
    browser.see_named("卡号", "不一致").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    desk.picture("records-other-card").await;
    desk.swap("normal").await;
    browser.press("重新读卡核对").await;
    browser.see("卡片显示：还没有写入").await;
    desk.must_have_loaded("normal", &[]).await;
    desk.must_have_loaded("same-plate", &[]).await;
}

/// The card is lost: one person asks, two others approve with credentials of their own, and the money goes
/// back without it.
pub async fn a_record_without_its_card_is_decided_by_two(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    open_record(desk).await;
    browser.press("申请判定").await;
    browser.type_into("原因", "客户卡片遗失").await;
    desk.picture("records-ask").await;
    browser.confirm("提交申请").await;
    browser.see("申请已提交").await;
    assert!(!browser.offers("证据").await, "a teller decides nothing");
    browser.press("返回").await;
    assert!(!browser.offers("待处理").await);
    browser.press("退出登录").await;

    desk.sign_in_as("demo.supervisor").await;
    browser.go("#/records").await;
    browser.press("待处理").await;
    browser.see("客户卡片遗失").await;
    browser.see("还需 2 人").await;
    desk.picture("records-waiting").await;
    open_chosen(desk).await;
    browser.press("证据").await;
    browser.see("写卡授权").await;
    browser.see("充值次数簿").await;
    browser.picture("records-evidence").await;
    export(desk).await;
    browser.press("返回记录").await;
    browser.press("返回").await;

    approve(desk, "demo.teller", "AUT-104").await;
    desk.picture("records-approve-refused").await;
    browser.press("取消").await;
    approve(desk, "demo.supervisor", "还需 1 人").await;
    approve(desk, "demo.supervisor", "AUT-319").await;
    browser.press("取消").await;
    approve(desk, "demo.supervisor2", "没有等待核准的申请").await;
    browser.see("退款中").await;
    desk.picture("records-decided").await;
    desk.must_have_loaded("normal", &[]).await;
}

/// Presence beats ownership: the outlet at which the card turns up finishes what another one began.
pub async fn another_outlet_finishes_a_load(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    browser.press("取消").await;
    browser.press("退出登录").await;
    desk.sign_in_as("demo.tianshui").await;
    desk.insert("normal").await;
    browser.go("#/records").await;
    browser.press("读卡").await;
    browser.see("其他网点").await;
    open_chosen(desk).await;
    browser.see("这条记录由其他网点办理").await;
    browser.press("读卡核对").await;
    browser.see("卡片显示：还没有写入").await;
    desk.picture("records-other-outlet").await;
    browser.press("未圈存").await;
    browser.confirm("确定").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// An auditor sees the evidence and has no button that changes anything.
pub async fn an_auditor_reads_and_changes_nothing(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    browser.press("取消").await;
    browser.press("退出登录").await;
    desk.sign_in_as("demo.auditor").await;
    open_record(desk).await;
    desk.insert("normal").await;
    browser.press("读卡核对").await;
    browser.see_named("余额", "30.00").await;
    browser.press("证据").await;
    browser.see("授权写卡").await;
    browser.press("返回记录").await;
    for button in ["未圈存", "二次充值圈存", "申请判定"] {
        assert!(!browser.offers(button).await, "{button}");
    }
    desk.picture("records-auditor").await;
}

/// A bank does not see what an own outlet has taken.
pub async fn a_bank_sees_its_own_records_only(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    browser.press("取消").await;
    browser.press("退出登录").await;
    desk.sign_in_as("demo.bank").await;
    find(desk).await;
    browser.see("没有找到这个车牌的充值记录").await;
    desk.picture("records-none").await;
}

/// Every screen of the records in English, at 1280 × 720.
pub async fn records_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    browser.press("EN").await;
    browser.go("#/records").await;
    browser.see("Enter a plate").await;
    english(desk, "en-records-1-search").await;
    browser.type_into("Plate", PLATE).await;
    browser.key(Key::Enter).await;
    browser.see("Half loaded").await;
    english(desk, "en-records-2-found").await;
    open_chosen(desk).await;
    browser.see("whether it reached the card is open").await;
    english(desk, "en-records-3-torn").await;
    browser.choose("Card", "normal").await;
    browser.press("Put in").await;
    browser.see("inserted").await;
    browser.press("Not loaded").await;
    browser.see("Change this record").await;
    english(desk, "en-records-4-question").await;
    browser.key(Key::Escape).await;
    browser.see("not written yet").await;
    english(desk, "en-records-5-compared").await;
    browser.press("Not loaded").await;
    browser.confirm("Change it").await;
    browser.see("Load state changed").await;
    english(desk, "en-records-6-put-back").await;
}

/// A load whose card is pulled in the middle of the write.
pub(crate) async fn tear_a_load(desk: &Desk<'_>, when: &str) {
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.tear(when).await;
    desk.load("100").await;
    see_torn(desk).await;
}

async fn find(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.go("#/records").await;
    browser.type_into("车牌号", PLATE).await;
    browser.key(Key::Enter).await;
}

/// Finds the one record of the demo's car and opens it, by keys.
pub(crate) async fn open_record(desk: &Desk<'_>) {
    let browser = desk.browser;
    find(desk).await;
    browser.see("充值后金额").await;
    open_chosen(desk).await;
    browser.see("记录号后六位").await;
}

/// From wherever the focus is to the row the list is at, and into it.
pub(crate) async fn open_chosen(desk: &Desk<'_>) {
    let browser = desk.browser;
    let at_a_row = "return document.activeElement.tagName === 'TR'";
    browser
        .until("a row of the list", async || {
            if browser.run(at_a_row).await == true {
                return Some(());
            }
            browser.key(Key::Down).await;
            None
        })
        .await;
    browser.key(Key::Enter).await;
}

/// Somebody approves the first case, and this is what comes of it.
pub(crate) async fn approve(desk: &Desk<'_>, operator: &str, sees: &str) {
    let browser = desk.browser;
    browser.press("核准").await;
    browser.type_into("核准人操作员", operator).await;
    browser.type_into("核准人密码", PASSWORD).await;
    browser.key(Key::Enter).await;
    assert!(browser.offers("核准").await, "Enter approves nothing");
    browser.key(Key::F2).await;
    browser.see(sees).await;
}

/// 导出证据 saves a file that proves itself.
async fn export(desk: &Desk<'_>) {
    let browser = desk.browser;
    let catch = "
        URL.createObjectURL = blob => { blob.text().then(text => window.saved = text); return '#'; };
        HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };";
    browser.run(catch).await;
    browser.press("导出证据").await;
    let saved = browser
        .until("a file", async || {
            let saved = browser.run("return window.saved").await;
            saved.as_str().map(str::to_owned)
        })
        .await;
    let name = browser.run("return window.savedAs").await;
    let name = name.as_str().expect("a name");
    assert!(
        name.starts_with("etc-") && name.ends_with("-evidence.json"),
        "{name}"
    );
    // As `etc-backend check-bundle` does, with the key that the demo's operator was given.
    let bundle: Bundle = serde_json::from_str(&saved).expect("a bundle");
    let keys = SoftKeys::from_toml(demo::KEYS).expect("keys of the demo");
    let key = keys.evidence_key().expect("a key for evidence");
    assert_eq!(check(&bundle, Some(key)), Ok(()));
}

/// What the focused control is called.
async fn focused(desk: &Desk<'_>) -> String {
    let name = desk
        .browser
        .run("return document.activeElement.innerText")
        .await;
    name.as_str().unwrap_or_default().trim().to_owned()
}
