//! What settles a load that was torn: each kind of evidence, from whichever counter sees the card next.

use etc_tests::browser::Browser;
use fantoccini::key::Key;
use serde_json::json;

use crate::desk::{Desk, PASSWORD};
use crate::stories::english;
use crate::stories_money::{NUMBER, TERMINAL, again, choose_pos};
use crate::stories_records::{approve, open_chosen, open_record, tear_a_load};

/// What the network between a page and its backend does with one kind of request.
#[derive(Clone, Copy)]
enum Stall {
    /// It never arrives.
    Request,
    /// It arrives, and its answer never does.
    Answer,
}

/// Paid, and the browser dies before the card is written: another counter with the card finishes it, and
/// learns nothing about who was there first.
pub async fn a_browser_killed_before_the_write_is_finished_elsewhere(desk: &Desk<'_>) {
    let browser = desk.browser;
    pay_and_die(desk, "/authorise", Stall::Request).await;

    desk.sign_in_as("demo.tianshui").await;
    desk.put_in("normal").await;
    browser.go("#/records").await;
    browser.press("读卡").await;
    browser.see("其他网点").await;
    desk.picture("elsewhere-1-found").await;
    open_chosen(desk).await;
    browser.see("已收款，还没有写入卡片").await;
    browser.see("这条记录由其他网点办理").await;
    browser.press("读卡核对").await;
    browser.see_named("余额", "30.00").await;
    desk.picture("elsewhere-2-compared").await;
    nothing_is_told_of_the_other_outlet(desk).await;

    browser.press("二次充值圈存").await;
    browser.see("不需要再次收款").await;
    nothing_is_told_of_the_other_outlet(desk).await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.picture("elsewhere-3-loaded").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The write was authorised and the browser died before it: the next counter writes it, once.
pub async fn a_browser_killed_after_the_authorisation_is_finished_elsewhere(desk: &Desk<'_>) {
    let browser = desk.browser;
    pay_and_die(desk, "/authorise", Stall::Answer).await;

    desk.sign_in_as("demo.tianshui").await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("这张卡有一笔未办完的充值").await;
    nothing_is_told_of_the_other_outlet(desk).await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The card was written and the browser died before anybody heard of it: the card proves it to the next
/// counter, and the journal that died with the browser is not missed.
pub async fn a_browser_killed_after_the_write_is_found_out_elsewhere(desk: &Desk<'_>) {
    let browser = desk.browser;
    pay_and_die(desk, "/confirm", Stall::Request).await;

    desk.sign_in_as("demo.tianshui").await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("上一笔充值已核实").await;
    browser.see_named("充值前金额", "130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// 805A of a card that wants the counter of the load itself.
pub async fn a_card_that_counts_before_the_load_proves_it(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.alter("normal", json!({ "proof_counter": "before" }))
        .await;
    tear_a_load(desk, "after").await;
    compare(desk).await;
    browser.see("卡片证明：已经写入").await;
    browser.see("卡片自己的交易码 (TAC) 证明了这笔写入").await;
    desk.picture("evidence-tac").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The TAC that the browser kept is handed in at the next sign-in; the card is not needed for it.
pub async fn an_answer_in_the_journal_proves_a_load(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    stall(browser, "/confirm", Stall::Request).await;
    desk.load("100").await;
    stalled(browser).await;
    assert!(!desk.journal_is_empty().await);

    browser.reload().await;
    open_record(desk).await;
    browser.see("卡片自己的交易码 (TAC) 证明了这笔写入").await;
    assert!(!browser.offers("未圈存").await);
    assert!(desk.journal_is_empty().await);
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A card without proofs: its counter has moved, and its log names the authorisation.
pub async fn a_card_that_keeps_no_proof_is_believed_by_its_log(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.alter("normal", json!({ "proofs_kept": "none" })).await;
    tear_a_load(desk, "after").await;
    compare(desk).await;
    browser.see("卡片证明：已经写入").await;
    browser.see("卡片的充值次数和卡内记录证明了这笔写入").await;
    assert!(!browser.offers("未圈存").await);
    desk.picture("evidence-log").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The customer drove off with a torn load that was on the card, and paid a toll: the proof is still there.
pub async fn a_toll_after_the_tear_hides_nothing(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "after").await;
    desk.take_away("过收费站").await;
    compare(desk).await;
    browser.see("卡片证明：已经写入").await;
    browser.see_named("余额", "122.00").await;
    browser.see("余额不同属于正常").await;
    desk.picture("evidence-toll").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Another system has spent the counter of a torn load: its TAC verifies, so ours was never written.
pub async fn a_load_by_another_system_frees_the_record(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    desk.take_away("他处充值").await;
    desk.picture("bench-elsewhere").await;
    compare(desk).await;
    browser.see("卡片证明：这笔没有写入").await;
    browser.see_named("余额", "80.00").await;
    browser.see("余额不同属于正常").await;
    desk.picture("evidence-foreign").await;
    browser.press("二次充值圈存").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("180.00").await;
    desk.must_have_loaded("normal", &[50_00, 100_00]).await;
}

/// A toll between tear and proof moves no load counter: the record is put back and loaded all the same.
pub async fn a_toll_before_the_second_load_is_no_obstacle(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    desk.take_away("过收费站").await;
    compare(desk).await;
    browser.see("卡片显示：还没有写入").await;
    browser.see_named("余额", "22.00").await;
    browser.see_named("充值次数", "一致").await;
    desk.picture("evidence-toll-torn").await;
    browser.press("未圈存").await;
    browser.see("确定将充值记录改为【未圈存】的状态吗？").await;
    browser.confirm("确定").await;
    browser.see("修改圈存状态成功！请进行圈存操作").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("122.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The counter has moved and the card shows neither proof nor log: two persons who had no part in it call the
/// record loaded.
pub async fn a_load_that_nothing_proves_is_decided_by_two(desk: &Desk<'_>) {
    let browser = desk.browser;
    let silent = json!({ "proofs_kept": "none", "hides_log": true });
    desk.alter("normal", silent).await;
    tear_a_load(desk, "after").await;
    compare(desk).await;
    browser.see("REC-109").await;
    browser.see("待判定").await;
    assert!(!browser.offers("未圈存").await);
    assert!(!browser.offers("二次充值圈存").await);
    desk.picture("listed-1").await;
    browser.press("申请判定").await;
    browser.pick("认定已圈存").await;
    browser.type_into("原因", "卡片余额已增加").await;
    desk.picture("listed-2-ask").await;
    browser.confirm("提交申请").await;
    browser.see("申请已提交").await;
    browser.press("返回").await;

    desk.hand_over_to("demo.supervisor").await;
    browser.go("#/records").await;
    browser.press("待处理").await;
    browser.see("认定已圈存").await;
    desk.picture("listed-3-waiting").await;
    approve(desk, "demo.supervisor", "还需 1 人").await;
    approve(desk, "demo.supervisor2", "没有等待核准的申请").await;
    browser.press("查找").await;
    open_record(desk).await;
    browser.see("由两位主管判定为已圈存").await;
    desk.picture("listed-4-decided").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A random seen before may be a recording: such a card is refused by its code, for ever, and what can still be
/// done is offered.
pub async fn a_card_that_repeats_its_randoms_is_not_put_back(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.alter("normal", json!({ "random": "constant" })).await;
    tear_a_load(desk, "before").await;
    compare(desk).await;
    browser.see("卡片显示：还没有写入").await;
    browser.press("未圈存").await;
    browser.confirm("确定").await;
    browser.see("AUT-314").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    desk.picture("weak-random").await;
    desk.must_have_loaded("normal", &[]).await;

    browser.press("继续写卡").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Without the card there is nothing to prove, and the record stays as it is.
pub async fn a_record_is_not_put_back_without_its_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    tear_a_load(desk, "before").await;
    open_record(desk).await;
    browser.press("未圈存").await;
    browser.see("请把这条记录的卡片").await;
    browser.press("读卡核对").await;
    browser.see("CRD-101").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    desk.picture("records-no-card").await;
    desk.insert("no-toll-card").await;
    browser.press("重新读卡核对").await;
    browser.see("CRD-104").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    desk.must_have_loaded("normal", &[]).await;
}

/// Five wrong proofs lock a card at every counter, and a supervisor unlocks it where the teller stands.
pub async fn a_locked_card_is_unlocked_at_the_counter(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("foreign-keys").await;
    // Three at one sign-in and two at another, so that neither of these is locked itself.
    wrong_proofs(desk, 3).await;
    desk.hand_over_to("demo.tianshui").await;
    wrong_proofs(desk, 2).await;
    desk.read_for_load().await;
    desk.ask_for("100").await;
    browser.see("AUT-306").await;
    desk.picture("locked-card-1").await;

    browser.press("主管解锁").await;
    say_who(desk, "demo.tianshui").await;
    browser.see("AUT-104").await;
    desk.picture("locked-card-2-refused").await;
    say_who(desk, "demo.supervisor").await;
    // Unlocked, the card is read again at once; and judged again.
    browser.see("核验并继续").await;
    desk.ask_for("100").await;
    browser.see("AUT-303").await;
    assert!(!browser.offers("主管解锁").await);
}

/// The screens of this file that no other story shows, in English.
pub async fn evidence_is_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.press("EN").await;
    browser.see("Add virtual reader").await;
    english(desk, "en-bench-1-readers").await;
    browser.press("Add virtual reader").await;
    browser.choose("Card", "foreign-keys").await;
    browser.press("Pay a toll").await;
    browser.see("−8.00").await;
    english(desk, "en-bench-2-away").await;
    browser.press("Put in").await;
    for _ in 0..6 {
        browser.go("#/load").await;
        browser.press("Read card").await;
        browser.type_into("Amount", "100").await;
        browser.press("Verify and go on").await;
        browser.see("AUT-30").await;
        if browser.shows("AUT-306").await {
            break;
        }
        browser.press("Cancel").await;
    }
    english(desk, "en-locked-card-1").await;
    browser.press("Unlock (supervisor)").await;
    browser.see("Unlock the card").await;
    english(desk, "en-locked-card-2").await;
}

/// At a counter of its own, a load is paid by POS, and its browser is killed while this request is under way.
/// Then the customer and the card are here.
async fn pay_and_die(desk: &Desk<'_>, request: &str, what: Stall) {
    let browser = Browser::start().await;
    let there = desk.elsewhere(&browser).await;
    there.sign_in().await;
    there.put_in("normal").await;
    there.read_for_load().await;
    there.ask_for("100").await;
    choose_pos(&there).await;
    browser.type_into(TERMINAL, "6B012345").await;
    browser.type_into(&again(TERMINAL), "6B012345").await;
    browser.type_into(NUMBER, "001234567890").await;
    browser.type_into(&again(NUMBER), "001234567890").await;
    stall(&browser, request, what).await;
    browser.confirm("POS 已收款，写卡").await;
    stalled(&browser).await;
    let card = there.plastic("normal").await;
    browser.kill().await;
    desk.lay_down("normal", card).await;
}

/// From now on one kind of request gets stuck.
async fn stall(browser: &Browser, request: &str, what: Stall) {
    let stuck = match what {
        Stall::Request => "Promise.resolve()",
        Stall::Answer => "fetched(request, options)",
    };
    let script = format!(
        "const fetched = window.fetch; \
         window.fetch = (request, options) => (request.url ?? request).endsWith('{request}') \
             ? {stuck}.then(() => {{ window.stalled = true; return new Promise(() => {{}}); }}) \
             : fetched(request, options);"
    );
    browser.run(&script).await;
}

/// Waits until it is stuck.
async fn stalled(browser: &Browser) {
    let is_stalled =
        async || (browser.run("return window.stalled === true").await == true).then_some(());
    browser.until("a request that is stuck", is_stalled).await;
}

/// Neither on the screen nor in what the backend answers does another outlet learn who the customer is, who took
/// the money, and with which slip.
async fn nothing_is_told_of_the_other_outlet(desk: &Desk<'_>) {
    let script = "return document.documentElement.outerHTML";
    let page = desk.browser.run(script).await.to_string();
    let lines =
        "fetch('/api/v1/recharges?card=62012201230100000017').then(answer => answer.text())";
    let lines = desk.browser.settle(lines).await.to_string();
    assert!(lines.contains("10000"), "the record is in {lines}");
    for told in [
        "demo.teller",
        "演示柜员",
        "6B012345",
        "001234567890",
        "620000190001010017",
    ] {
        assert!(!page.contains(told), "{told} is on the screen");
        assert!(!lines.contains(told), "{told} is in {lines}");
    }
}

/// Opens the torn record, puts its card in and reads it.
async fn compare(desk: &Desk<'_>) {
    open_record(desk).await;
    desk.insert("normal").await;
    desk.browser.press("读卡核对").await;
}

/// So many readings of a card whose proofs do not verify.
async fn wrong_proofs(desk: &Desk<'_>, times: u32) {
    for _ in 0..times {
        desk.read_for_load().await;
        desk.ask_for("100").await;
        desk.browser.see("AUT-303").await;
        desk.browser.press("取消").await;
    }
}

/// A supervisor, or somebody who is none, types name and password.
async fn say_who(desk: &Desk<'_>, operator: &str) {
    let browser = desk.browser;
    browser.type_into("核准人操作员", operator).await;
    browser.type_into("核准人密码", PASSWORD).await;
    browser.key(Key::F2).await;
}
