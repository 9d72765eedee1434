//! Money at the counter: POS, refund, slip, drawer, and the day.

use fantoccini::key::Key;

use crate::desk::Desk;
use crate::stories::english;

pub(crate) const TERMINAL: &str = "POS 终端号";
pub(crate) const NUMBER: &str = "POS 凭证号";
const SCANNED: &str = "已扫码，不需要再次输入";

/// The customer pays by card: the slip's numbers are typed twice, and a slip of paper goes along.
pub async fn a_load_is_paid_by_pos(desk: &Desk<'_>) {
    let browser = desk.browser;
    begin(desk, "100").await;
    choose_pos(desk).await;
    browser.type_into(TERMINAL, "6b012345").await;
    browser.type_into(&again(TERMINAL), "6B012345").await;
    browser.type_into(NUMBER, "001234567890").await;
    browser.type_into(&again(NUMBER), "001243567890").await;
    browser.see("两次输入不一致").await;
    assert!(!browser.offers("POS 已收款，写卡").await);
    desk.picture("pos-differs").await;
    browser.type_into(&again(NUMBER), "001234567890").await;
    browser.see_gone("两次输入不一致").await;
    desk.picture("pos").await;
    browser.confirm("POS 已收款，写卡").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.see("充值成功").await;

    catch_paper(desk).await;
    browser.press("打印凭条").await;
    let slip = next_paper(desk).await;
    for part in ["充值凭条", "130.00", "6B012345", "001234567890", "0017"] {
        assert!(slip.contains(part), "{part} is missing in {slip}");
    }
    assert!(!slip.contains("副本"), "{slip}");
    browser.paper("slip-80mm", 8.0, 20.0).await;
    browser.press("打印凭条").await;
    assert!(next_paper(desk).await.contains("副本"), "a reprint says so");
    browser.paper("slip-a4", 21.0, 29.7).await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A scan counts as typed twice; the terminal is known from the last time; no slip pays for two loads.
pub async fn a_slip_is_scanned_and_used_once(desk: &Desk<'_>) {
    let browser = desk.browser;
    begin(desk, "100").await;
    choose_pos(desk).await;
    browser.type_into(TERMINAL, "6B012345").await;
    browser.type_into(&again(TERMINAL), "6B012345").await;
    scan(desk, NUMBER, "001234567890", SCANNED).await;
    desk.picture("pos-scanned").await;
    browser.confirm("POS 已收款，写卡").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.press("下一位客户").await;

    browser.press("读卡").await;
    desk.ask_for("50").await;
    choose_pos(desk).await;
    scan(desk, NUMBER, "001234567890", SCANNED).await;
    browser.confirm("POS 已收款，写卡").await;
    browser.see("PAY-104").await;
    desk.picture("pos-used").await;
    browser.press("返回修改").await;
    scan(desk, NUMBER, "001234567891", SCANNED).await;
    browser.confirm("POS 已收款，写卡").await;
    desk.see_loaded("180.00").await;
    desk.must_have_loaded("normal", &[100_00, 50_00]).await;
}

/// The amount was keyed wrong and nothing is paid yet: the teller goes back, and only the right one is taken.
pub async fn a_wrong_amount_is_corrected_before_the_payment(desk: &Desk<'_>) {
    let browser = desk.browser;
    begin(desk, "1000").await;
    browser.press("返回改金额").await;
    desk.ask_for("100").await;
    browser.see_named("充值金额", "100.00").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Paid and not written, the customer wants the money back: asked for, paid out, signed.
pub async fn money_is_given_back_in_cash(desk: &Desk<'_>) {
    let browser = desk.browser;
    pay_without_writing(desk).await;
    browser.press("退款").await;
    browser.see("为客户申请退款").await;
    desk.picture("refund-1-ask").await;
    browser.confirm("申请退款").await;
    browser.see("可以付款").await;
    browser.see_named("充值记录", "退款中").await;
    desk.picture("refund-2-send").await;
    browser.confirm("开始付款").await;
    browser.see("请付给客户现金").await;
    desk.picture("refund-3-cash").await;
    catch_paper(desk).await;
    browser.press("打印凭条").await;
    let slip = next_paper(desk).await;
    for part in ["退款凭条", "100.00", "客户签字"] {
        assert!(slip.contains(part), "{part} is missing in {slip}");
    }
    browser.paper("refund-80mm", 8.0, 20.0).await;
    browser.confirm("客户已签收").await;
    browser.see("退款完成").await;
    browser.see_named("充值记录", "已退款").await;
    desk.picture("refund-4-done").await;
    browser.press("返回").await;

    browser.press("读卡").await;
    browser.see("核验并继续").await;
    assert!(!browser.shows("未办完的充值").await);
    desk.must_have_loaded("normal", &[]).await;
}

/// Definitely not given back, the record is what it was before, and its card can be written.
pub async fn money_that_was_not_given_back_goes_onto_the_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    pay_without_writing(desk).await;
    browser.press("退款").await;
    browser.confirm("申请退款").await;
    browser.confirm("开始付款").await;
    browser.press("未退成").await;
    browser.see("确定没有退成吗？").await;
    desk.picture("refund-refused").await;
    browser.confirm("确定未退成").await;
    browser.see("为客户申请退款").await;
    browser.press("返回").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A shift: the float, a load for cash, the count, and a note about what is missing.
pub async fn a_drawer_is_opened_counted_and_closed(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.go("#/drawer").await;
    browser.see("还没有打开的钱箱").await;
    browser.type_into("备用金", "500").await;
    desk.picture("drawer-1-none").await;
    browser.confirm("开箱").await;
    browser.see_named("应有", "500.00").await;

    desk.put_in("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.go("#/drawer").await;
    browser.see_named("收", "100.00").await;
    browser.see_named("应有", "600.00").await;
    desk.picture("drawer-2-open").await;

    browser.press("清点结箱").await;
    browser.type_into("实点金额", "600").await;
    browser.see("相符").await;
    browser.type_into("实点金额", "595").await;
    browser.see("短款").await;
    browser.see("请写明原因").await;
    assert!(!browser.offers("确认结箱").await);
    desk.picture("drawer-3-short").await;
    browser.type_into("说明", "找零有误").await;
    browser.confirm("确认结箱").await;
    browser.see("已结箱").await;
    browser.see_named("差额", "5.00").await;
    desk.picture("drawer-4-closed").await;
    catch_paper(desk).await;
    browser.press("打印结箱单").await;
    let paper = next_paper(desk).await;
    for part in ["钱箱结箱单", "600.00", "-5.00", "找零有误"] {
        assert!(paper.contains(part), "{part} is missing in {paper}");
    }
    browser.paper("drawer-a4", 21.0, 29.7).await;
}

/// The supervisor looks at the day without a mouse, stops the outlet's loads, and lets them go on.
pub async fn the_day_is_looked_at_and_loads_are_stopped(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in_as("demo.supervisor").await;
    desk.put_in("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.press("下一位客户").await;

    browser.go("#/day").await;
    browser.see("LZ01").await;
    browser.see("100.00").await;
    browser.see("导出 CSV").await;
    desk.picture("day-1-takings").await;
    browser.press("收款汇总").await;
    browser.key(Key::Right).await;
    browser.see("demo.supervisor").await;
    desk.picture("day-2-drawers").await;
    browser.key(Key::Right).await;
    browser.see("没有未结清的记录").await;
    desk.picture("day-3-unsettled").await;
    browser.key(Key::Right).await;
    browser.see("没有报警").await;
    browser.key(Key::Right).await;
    browser.see("没有暂停，充值正常").await;
    browser.type_into("网点", "LZ01").await;
    browser.type_into("原因", "读卡器更换").await;
    desk.picture("day-4-stop").await;
    // The form stays for the next one, empty; so F2 is pressed until the list has the switch.
    browser
        .until("the switch to be thrown", async || {
            browser.key(Key::F2).await;
            browser.shows("网点 LZ01").await.then_some(())
        })
        .await;
    desk.picture("day-5-stopped").await;

    desk.read_for_load().await;
    browser.see("AUT-317").await;

    browser.go("#/day").await;
    browser.press("暂停充值").await;
    browser.press("恢复").await;
    browser.see("确定恢复充值吗？").await;
    desk.picture("day-6-lift").await;
    browser.confirm("恢复充值").await;
    browser.see("没有暂停，充值正常").await;
    browser.go("#/load").await;
    browser.press("重新读卡").await;
    browser.see("核验并继续").await;
}

/// English is as complete as Chinese.
pub async fn money_is_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in_as("demo.supervisor").await;
    desk.put_in("normal").await;
    browser.press("EN").await;
    browser.go("#/drawer").await;
    browser.see("No drawer is open").await;
    english(desk, "en-drawer-1-none").await;
    browser.type_into("Float", "500").await;
    browser.confirm("Open the drawer").await;
    browser.press("Count and close").await;
    browser.type_into("Counted", "499").await;
    browser.see("short").await;
    english(desk, "en-drawer-2-short").await;

    browser.go("#/load").await;
    browser.press("Read card").await;
    browser.type_into("Amount", "100").await;
    browser.press("Verify and go on").await;
    browser.see("Please take the cash").await;
    browser.key(Key::Down).await;
    browser.see("on the POS").await;
    browser.type_into("POS terminal", "6B012345").await;
    browser
        .type_into("POS terminal (Once more)", "6B012345")
        .await;
    scan(desk, "POS slip number", "001234567890", "Scanned").await;
    english(desk, "en-pos").await;

    browser.go("#/day").await;
    browser.see("Nothing was taken on this day").await;
    english(desk, "en-day-1-takings").await;
    browser.press("Stop loads").await;
    browser.see("Nothing is stopped").await;
    english(desk, "en-day-2-stop").await;
}

/// A load that waits for its payment.
async fn begin(desk: &Desk<'_>, yuan: &str) {
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    desk.ask_for(yuan).await;
    desk.browser.see("请收取现金").await;
}

/// Cash is chosen at first; an arrow key chooses the other.
pub(crate) async fn choose_pos(desk: &Desk<'_>) {
    desk.browser.see("请收取现金").await;
    desk.browser.key(Key::Down).await;
    desk.browser.see("请在 POS 机上收款").await;
}

/// Scans until the page has taken it for a scan: on a busy machine these keys are not always fast enough.
async fn scan(desk: &Desk<'_>, label: &str, number: &str, taken: &str) {
    let browser = desk.browser;
    let scan = async || {
        browser.scan_into(label, number).await;
        browser.shows(taken).await.then_some(())
    };
    browser.until(taken, scan).await;
}

/// The label of the field in which a number is typed again.
pub(crate) fn again(label: &str) -> String {
    format!("{label} (再次输入)")
}

/// A record that is paid, and whose card was not written; the card is in the reader.
async fn pay_without_writing(desk: &Desk<'_>) {
    let browser = desk.browser;
    begin(desk, "100").await;
    desk.swap("same-plate").await;
    browser.confirm("现金已收，写卡").await;
    browser.see("CRD-106").await;
    desk.swap("normal").await;
    browser.press("重新读卡").await;
    browser.see_named("充值记录", "未圈存").await;
}

/// From now on, what would go to the printer is kept instead.
async fn catch_paper(desk: &Desk<'_>) {
    let script =
        "window.print = () => { window.paper = document.querySelector('.sheet').textContent; }";
    desk.browser.run(script).await;
}

/// Waits for what goes to the printer next.
async fn next_paper(desk: &Desk<'_>) -> String {
    let take = "const paper = window.paper; window.paper = undefined; return paper ?? null;";
    let take = async || Some(desk.browser.run(take).await.as_str()?.to_owned());
    desk.browser.until("paper", take).await
}
