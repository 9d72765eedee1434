//! What happens at a counter, told once each.

use crate::desk::{Desk, PASSWORD};

/// The everyday: a card is in order, money goes onto it, and the card says so.
pub async fn a_card_is_checked_and_loaded(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.see("操作员登录").await;
    desk.picture("1-sign-in").await;
    desk.sign_in().await;
    desk.picture("2-home").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("读卡器已连接").await;
    desk.picture("3-reader").await;
    desk.insert("normal").await;

    browser.go("#/check").await;
    browser.see("请把卡片芯片朝向读卡器插到底").await;
    desk.picture("4-check").await;
    browser.press("读卡").await;
    browser.see("办理成功").await;
    browser.see("甘A").await;
    browser.see("蓝色").await;
    browser.see_named("余额", "30.00").await;
    browser.see_named("后台状态", "正常").await;
    browser.see("与记录一致").await;
    desk.picture("5-checked").await;

    browser.press("去充值").await;
    browser.see_gone("办理成功").await;
    browser.see("请把卡片芯片朝向读卡器插到底").await;
    desk.picture("6-load").await;
    browser.press("读卡").await;
    browser.see_named("充值前金额", "30.00").await;
    browser.see("核验并继续").await;
    desk.picture("7-amount").await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;
    browser.see_named("充值金额", "100.00").await;
    desk.picture("8-cash").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
    browser.see_named("充值前金额", "30.00").await;
    browser.see_named("充值金额", "100.00").await;
    desk.picture("9-check-balance").await;
    browser.confirm("余额已核对").await;
    browser.see("充值成功").await;
    browser.see_named("充值记录", "已圈存").await;
    desk.picture("10-done").await;
    browser.press("下一位客户").await;
    browser.see("请把卡片芯片朝向读卡器插到底").await;
    assert!(!browser.shows("甘A").await, "nothing of a customer stays");
    assert!(desk.journal_is_empty().await);

    browser.go("#/check").await;
    browser.press("重新读卡").await;
    browser.see_named("余额", "130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Torn before the chip took the write: nothing is on the card, the money is safe, and the next reading
/// offers to go on without paying again.
pub async fn a_card_pulled_before_the_write_is_offered_again(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.tear("before").await;
    desk.load("100").await;
    see_torn(desk).await;
    desk.picture("torn-before").await;
    desk.must_have_loaded("normal", &[]).await;

    desk.insert("normal").await;
    browser.press("重新读卡").await;
    browser.see("这张卡有一笔未办完的充值").await;
    browser.see("不需要再次收款").await;
    browser.see_named("充值记录", "半圈存(待核实)").await;
    desk.picture("torn-offered").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.see_named("充值记录", "已圈存").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Torn after the chip took the write: the card proves it at the next reading, and is not written again.
pub async fn a_card_pulled_after_the_write_is_found_loaded(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.tear("after").await;
    desk.load("100").await;
    see_torn(desk).await;
    desk.must_have_loaded("normal", &[100_00]).await;

    desk.insert("normal").await;
    browser.press("重新读卡").await;
    browser.see("上一笔充值已核实").await;
    browser.see_named("充值前金额", "130.00").await;
    browser.see("核验并继续").await;
    desk.picture("torn-settled").await;

    browser.go("#/check").await;
    browser.press("读卡").await;
    browser.see("办理成功").await;
    browser.see_named("余额", "130.00").await;
    assert!(!browser.shows("未办完的充值").await);
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The page may end between tear and recovery: what must survive is on the card and in the ledger.
pub async fn a_torn_load_is_finished_after_a_reload(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.tear("before").await;
    desk.load("100").await;
    see_torn(desk).await;

    browser.reload().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("这张卡有一笔未办完的充值").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The card has answered and the backend never hears of it: the answer waits in the journal, and the next
/// page hands it in, without the card.
pub async fn an_answer_that_got_lost_is_handed_in_by_the_next_page(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    // The network between this page and the backend swallows exactly the hand-in.
    browser
        .run(
            "const fetched = window.fetch; \
             window.fetch = (request, options) => (request.url ?? request).endsWith('/confirm') \
                 ? Promise.reject(new TypeError('lost')) : fetched(request, options);",
        )
        .await;
    desk.load("100").await;
    browser.see("NET-102").await;
    browser.see_named("卡是否已写入", "已写入").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    desk.picture("hand-in-lost").await;
    assert!(!desk.journal_is_empty().await);

    browser.reload().await;
    browser.see("退出登录").await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see_named("充值前金额", "130.00").await;
    browser.see("核验并继续").await;
    assert!(!browser.shows("未办完的充值").await);
    assert!(
        !browser.shows("上一笔充值已核实").await,
        "the journal was there before the card"
    );
    assert!(desk.journal_is_empty().await);
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Money that was paid for one card does not go onto another, not even of the same car.
pub async fn another_card_cannot_take_a_paid_load(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;
    desk.swap("same-plate").await;
    browser.confirm("现金已收，写卡").await;
    browser.see("CRD-106").await;
    browser.see_named("卡是否已写入", "未写入").await;
    browser.see_named("记录状态", "未圈存").await;
    desk.picture("other-card").await;

    desk.swap("normal").await;
    browser.press("重新读卡").await;
    browser.see("不需要再次收款").await;
    browser.see_named("充值记录", "未圈存").await;
    browser.confirm("继续写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
    desk.must_have_loaded("same-plate", &[]).await;
}

/// What the teller does with the card while the customer looks for money does not spoil the write.
pub async fn a_card_checked_before_the_write_is_met_anew(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;
    browser.go("#/check").await;
    browser.press("读卡").await;
    browser.see("办理成功").await;
    browser.go("#/load").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A reader that was pulled and put back between cash and write is another one, and its card is met anew:
/// the same card is written, another is not.
pub async fn a_reader_put_back_before_the_write_is_met_anew(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;
    browser.press("拔下读卡器").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("已插入").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;

    browser.confirm("余额已核对").await;
    browser.press("下一位客户").await;
    browser.press("读卡").await;
    desk.ask_for("50").await;
    browser.see("请收取现金").await;
    browser.press("拔下读卡器").await;
    browser.press("添加虚拟读卡器").await;
    desk.swap("same-plate").await;
    browser.confirm("现金已收，写卡").await;
    browser.see("CRD-106").await;
    desk.must_have_loaded("same-plate", &[]).await;
}

/// A lock is opened by a password, not by a reload.
pub async fn a_reload_does_not_open_the_lock(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.press("锁屏").await;
    browser.see("屏幕已锁定").await;
    browser.reload().await;
    browser.see("屏幕已锁定").await;
    unlock(desk).await;
    browser.see("请选择业务").await;
}

/// A load belongs to the reader, not to the page that shows it.
pub async fn leaving_the_page_does_not_drop_a_write(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.load("100").await;
    browser.go("#/faults").await;
    browser.see("查找代码").await;
    browser.go("#/load").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The sign-in ends in the middle of a load: the screen locks, and the load goes on after the password.
pub async fn an_expired_sign_in_waits_for_the_next_one(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("核验并继续").await;
    end_session(desk).await;
    desk.ask_for("100").await;
    browser.see("屏幕已锁定").await;
    assert!(!browser.shows("甘A").await, "the customer is hidden");
    desk.picture("locked").await;
    unlock(desk).await;
    browser.see("请收取现金").await;

    end_session(desk).await;
    browser.confirm("现金已收，写卡").await;
    browser.see("屏幕已锁定").await;
    unlock(desk).await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A backend that does not answer stops the task where it is; nothing is lost and nothing is done twice.
pub async fn a_backend_that_is_away_changes_nothing(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;

    desk.stop_backend().await;
    desk.read_for_load().await;
    browser.see("NET-101").await;
    browser.see("连接中断").await;
    desk.picture("away-reading").await;
    desk.start_backend().await;
    browser.press("重新读卡").await;
    browser.see("核验并继续").await;

    desk.stop_backend().await;
    desk.ask_for("100").await;
    browser.see("NET-102").await;
    desk.start_backend().await;
    browser.press("重新读卡").await;
    desk.ask_for("100").await;
    browser.see("请收取现金").await;

    desk.stop_backend().await;
    browser.confirm("现金已收，写卡").await;
    browser.see("NET-102").await;
    browser.see("结果待核实").await;
    desk.picture("away-paying").await;
    desk.must_have_loaded("normal", &[]).await;
    desk.start_backend().await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// Each card that must not be loaded is refused before money is taken, and the code says why.
pub async fn every_unfit_card_is_refused_by_its_code(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("credit-card").await;
    desk.read_for_load().await;
    refused(desk, "CRD-107").await;
    for (card, code) in REFUSED_WHEN_READ {
        desk.swap(card).await;
        browser.press("读卡").await;
        refused(desk, code).await;
    }
    for (card, code) in REFUSED_WHEN_PROVED {
        desk.swap(card).await;
        browser.press("读卡").await;
        desk.ask_for("100").await;
        refused(desk, code).await;
        desk.must_have_loaded(card, &[]).await;
    }

    // One wrong PIN ends the task. Only a teller who begins again spends another try.
    desk.swap("wrong-pin").await;
    for left in [2, 1] {
        browser.press("读卡").await;
        desk.ask_for("100").await;
        browser.see(&format!("剩余可试 {left} 次")).await;
        refused(desk, "CRD-63C0").await;
        let plastic = serde_json::to_value(desk.plastic("wrong-pin").await);
        let plastic = plastic.expect("a card can be written down");
        assert_eq!(plastic["pin"]["tries_left"], left);
    }

    desk.swap("no-pin").await;
    browser.press("读卡").await;
    browser.see_named("充值前金额", "0.00").await;
    desk.ask_for("50").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("50.00").await;
    desk.must_have_loaded("no-pin", &[50_00]).await;
}

/// Unfit by what is written on the card or in the records.
const REFUSED_WHEN_READ: [(&str, &str); 6] = [
    ("expired", "CRD-108"),
    ("not-yet-active", "CRD-109"),
    ("blacklisted", "AUT-202"),
    ("cancelled", "AUT-205"),
    ("unknown", "AUT-201"),
    ("no-toll-card", "CRD-104"),
];

/// Unfit by what the card can prove.
const REFUSED_WHEN_PROVED: [(&str, &str); 3] = [
    ("pin-locked", "CRD-6983"),
    ("foreign-keys", "AUT-303"),
    ("counter-end", "CRD-9402"),
];

/// What is no amount, or none that may be loaded, costs nothing; the right one goes on from there.
pub async fn amounts_that_cannot_be_are_refused(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    for amount in ["0.001", "-5", "abc"] {
        browser.type_into("充值金额", amount).await;
        browser.see("请输入金额，最多两位小数").await;
        assert!(!browser.offers("核验并继续").await, "{amount}");
    }
    for amount in ["0", "100000"] {
        desk.ask_for(amount).await;
        browser.see("AUT-301").await;
        browser.see_named("记录状态", "尚无记录").await;
        browser.press("返回改金额").await;
    }
    desk.ask_for("100.5").await;
    browser.see_named("充值金额", "100.50").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.50").await;
    desk.must_have_loaded("normal", &[100_50]).await;
}

/// A reader that no page may use is named before anything is opened, and its page says what to do.
pub async fn a_protected_reader_is_explained_before_it_is_claimed(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.choose("读卡器", "protected").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("读卡器 RDR-104").await;
    desk.picture("protected").await;
    assert_eq!(held_readers(desk).await, serde_json::json!([]));
    browser.press("查看说明").await;
    browser.see("怎么办").await;
    browser.see("IT 管理员").await;
    desk.picture("protected-explained").await;

    browser.press("拔下读卡器").await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see_named("充值前金额", "30.00").await;
    // The reader's own lock beside the page's: the virtual reader knows who has claimed it.
    let held = held_readers(desk).await;
    assert_eq!(held.as_array().map(Vec::len), Some(2), "{held}");
}

/// Two tabs never talk to one reader.
pub async fn a_second_tab_does_not_get_the_reader(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("核验并继续").await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    browser.see("退出登录").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("读卡器 RDR-107").await;
    desk.picture("second-tab").await;
    browser.close_tab(first).await;

    desk.ask_for("100").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
}

/// A page comes in a piece of its own. Where the network is away it says so, and comes when it is back.
pub async fn a_page_that_cannot_be_fetched_is_asked_for_again(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.see("操作员登录").await;
    desk.stop_backend().await;
    browser.go("#/devices").await;
    browser.see("NET-101").await;
    desk.picture("fetch-1-away").await;
    desk.start_backend().await;
    browser.press("重新打开这一页").await;
    browser.see("跟踪记录").await;
}

/// English is as complete as Chinese.
pub async fn everything_is_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.see("操作员登录").await;
    browser.press("EN").await;
    browser.see("Sign in").await;
    english(desk, "en-1-sign-in").await;
    browser.press("中文").await;
    desk.sign_in().await;
    desk.put_in("normal").await;
    browser.press("EN").await;
    english(desk, "en-2-home").await;

    browser.go("#/check").await;
    browser.press("Read card").await;
    browser.see_named("Balance", "30.00").await;
    english(desk, "en-3-checked").await;
    browser.go("#/load").await;
    browser.see("Please insert the card fully").await;
    english(desk, "en-4-load").await;
    browser.press("Read card").await;
    browser.see("Verify and go on").await;
    english(desk, "en-5-amount").await;
    browser.type_into("Amount", "1.234").await;
    browser.see("at most two decimals").await;
    english(desk, "en-6-amount-wrong").await;
    browser.type_into("Amount", "100").await;
    browser.press("Verify and go on").await;
    browser.see("Please take the cash").await;
    english(desk, "en-7-cash").await;
    browser.choose("Next write", "before").await;
    browser.confirm("Cash received, write").await;
    browser.see("CRD-111").await;
    browser.see_named("Record", "Half loaded").await;
    english(desk, "en-8-torn").await;
    browser.press("Read more").await;
    browser.see("What to do").await;
    english(desk, "en-9-explained").await;
    browser.press("Back to: Card load").await;
    browser.press("Put in").await;
    browser.press("Read again").await;
    browser.see("unfinished load").await;
    english(desk, "en-10-resume").await;
    browser.confirm("Go on writing").await;
    browser.see("card agrees").await;
    browser.see_named("After", "130.00").await;
    english(desk, "en-11-check-balance").await;
    browser.confirm("Balance checked").await;
    browser.see_named("Load record", "Loaded").await;
    english(desk, "en-12-done").await;
}

/// Cash belongs to own outlets; a bank's teller is told so at once.
pub async fn a_bank_teller_is_refused_cash(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in_as("demo.bank").await;
    desk.put_in("normal").await;
    desk.read_for_load().await;
    browser.see("AUT-109").await;
    browser.see_named("记录状态", "尚无记录").await;
    desk.picture("bank").await;
    desk.must_have_loaded("normal", &[]).await;

    browser.go("#/check").await;
    browser.press("读卡").await;
    browser.see("办理成功").await;
}

/// The screen after a write whose outcome is open: amber, and never called failed.
pub(crate) async fn see_torn(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.see("CRD-111").await;
    browser.see("结果待核实").await;
    browser.see_named("卡是否已写入", "待核实，款项安全").await;
    browser.see_named("记录状态", "半圈存(待核实)").await;
    assert!(!browser.shows("没有办成").await, "it is not called failed");
}

/// Sees the code of a card that was refused before money was taken, and leaves.
async fn refused(desk: &Desk<'_>, code: &str) {
    let browser = desk.browser;
    browser.see(code).await;
    browser.see_named("卡是否已写入", "未写入").await;
    browser.see_named("记录状态", "尚无记录").await;
    desk.picture(&format!("refused-{code}")).await;
    browser.press("取消").await;
    browser.see_gone(code).await;
}

/// Ends the sign-in behind the page's back.
async fn end_session(desk: &Desk<'_>) {
    let ended = "fetch('/api/v1/session', { method: 'DELETE' }).then(answer => answer.status)";
    assert_eq!(desk.browser.settle(ended).await, 204);
}

/// Types the password on the lock screen.
async fn unlock(desk: &Desk<'_>) {
    desk.browser.type_into("密码", PASSWORD).await;
    desk.browser.press("解锁").await;
    desk.browser.see_gone("屏幕已锁定").await;
}

/// The locks on readers that any tab holds: one while a page uses a reader, and one of the virtual
/// reader's own while it is claimed.
async fn held_readers(desk: &Desk<'_>) -> serde_json::Value {
    let held = "navigator.locks.query().then(locks => locks.held.map(lock => lock.name))";
    desk.browser.settle(held).await
}

/// The screen in English: no Chinese but names, plates and the button that leads back.
pub(crate) async fn english(desk: &Desk<'_>, picture: &str) {
    let browser = desk.browser;
    // Also what a screen reader says.
    let script = "
        const said = [...document.querySelectorAll('body *')]
            .filter(part => part.checkVisibility())
            .flatMap(part => ['title', 'aria-label', 'placeholder'].map(a => part.getAttribute(a)))
            .filter(text => text);
        return [document.title, document.body.innerText, ...said].join('\\n');";
    let text = browser.run(script).await;
    let text = text.as_str().expect("text");
    let data = [
        "兰州自营一厅",
        "演*",
        "张*",
        "甘A",
        "甘D",
        "简体中文",
        "中文",
    ];
    let english = data
        .iter()
        .fold(text.to_owned(), |text, data| text.replace(data, ""));
    let chinese: Vec<&str> = (english.lines())
        .filter(|line| line.chars().any(|c| ('\u{3000}'..='\u{9FFF}').contains(&c)))
        .collect();
    assert!(chinese.is_empty(), "{picture}: {chinese:#?}");
    desk.picture(picture).await;
}
