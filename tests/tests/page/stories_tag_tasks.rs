//! Tags are written: issued, activated, cancelled; and what is refused, or stops on its way.

use fantoccini::key::Key;

use crate::desk::{Desk, PASSWORD};
use crate::stories::english;
use crate::stories_tags::{DIALECTS, put, take};

/// A reader with a card, and a programmer.
async fn set_up(desk: &Desk<'_>, dialect: &str, card: &str) {
    let browser = desk.browser;
    desk.put_in(card).await;
    browser.press("标签 ▸").await;
    browser.choose("标签设备", dialect).await;
    browser.press("添加虚拟标签设备").await;
    browser.see("放上标签").await;
}

/// As a reload leaves it, for the other dialect.
async fn put_away(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.press("拔下标签设备").await;
    browser.press("◂ 卡片").await;
    browser.press("拔下读卡器").await;
    browser.press("首页").await;
    browser.reload().await;
    browser.see("退出登录").await;
}

async fn hold(desk: &Desk<'_>, tag: &str) {
    desk.browser.choose("标签", tag).await;
    desk.browser.press("按住防拆开关").await;
    desk.browser.see("松开防拆开关").await;
}

/// Reads the card, and types the number on the tag's back.
async fn enter(desk: &Desk<'_>, sn: &str) {
    let browser = desk.browser;
    browser.go("#/issue-tag").await;
    press_either(desk, &["读卡", "办理下一个", "从读卡重新开始"]).await;
    browser.see("办理模式").await;
    type_sn(desk, sn).await;
}

/// Presses whichever of these buttons is offered first.
async fn press_either(desk: &Desk<'_>, buttons: &[&str]) {
    let browser = desk.browser;
    let offered = browser
        .until("one of several buttons", async || {
            for button in buttons {
                if browser.offers(button).await {
                    return Some(*button);
                }
            }
            None
        })
        .await;
    browser.press(offered).await;
}

async fn type_sn(desk: &Desk<'_>, sn: &str) {
    desk.browser.type_into("SN 码", sn).await;
    desk.browser.type_into("SN 码 (再次输入)", sn).await;
}

async fn issue(desk: &Desk<'_>, tag: &str, sn: &str) {
    let browser = desk.browser;
    enter(desk, sn).await;
    put(desk, tag).await;
    browser.press("读标签").await;
    browser.see("请按住标签的防拆开关").await;
    hold(desk, tag).await;
    browser.confirm("注册").await;
    browser.see("标签办理成功").await;
}

async fn activate(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.go("#/activate-tag").await;
    // While another task still runs, a press has no effect: it is pressed again.
    browser
        .until("the card to be read", async || {
            for button in ["读卡", "下一辆车"] {
                if browser.offers(button).await {
                    browser.press(button).await;
                }
            }
            let ready = browser.shows("请确认标签已贴在挡风玻璃上").await;
            ready.then_some(())
        })
        .await;
    browser.press("读标签").await;
}

async fn check(desk: &Desk<'_>) {
    desk.browser.go("#/check-tag").await;
    press_either(desk, &["读标签", "重新读标签"]).await;
}

/// A tag's whole way onto the road, over both dialects.
pub async fn a_tag_is_issued_and_activated_in_both_dialects(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (dialect, card, tag, sn) in [
        (DIALECTS[0], "no-pin", "tag-new", "6210230100010041"),
        (DIALECTS[1], "pin-locked", "tag-new-2", "6210230100010090"),
    ] {
        set_up(desk, dialect, card).await;
        enter(desk, sn).await;
        desk.picture(&format!("issue-entry-{dialect}")).await;
        put(desk, tag).await;
        browser.press("读标签").await;
        browser.see("请按住标签的防拆开关").await;
        desk.picture(&format!("issue-register-{dialect}")).await;
        hold(desk, tag).await;
        browser.confirm("注册").await;
        browser.see("标签办理成功").await;
        desk.picture(&format!("issue-done-{dialect}")).await;
        // One key leads to the check, which finds it issued and not active yet.
        browser.key(Key::Enter).await;
        browser.see("OBU-110").await;

        activate(desk).await;
        // In contact a tag cannot be told to signal.
        if dialect == DIALECTS[0] {
            browser.see("亮的是这辆车的标签吗").await;
            browser.see("指示灯 绿").await;
        } else {
            browser.see("标签设备上放的是这辆车的标签吗").await;
        }
        desk.picture(&format!("activate-light-{dialect}")).await;
        browser.press("是这一个").await;
        browser.see("按 F2 激活").await;
        desk.picture(&format!("activate-write-{dialect}")).await;
        browser.confirm("激活").await;
        browser.see("标签激活成功").await;
        desk.picture(&format!("activate-done-{dialect}")).await;
        check(desk).await;
        browser.see("标签正常").await;

        // Once more: it is active, and nothing is written.
        activate(desk).await;
        browser.see("标签已经是激活状态").await;
        desk.picture(&format!("activate-again-{dialect}")).await;
        take(desk, tag).await;
        put_away(desk).await;
    }
}

/// A tag is cancelled and issued again, over both dialects.
pub async fn a_cancelled_tag_is_issued_again(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (dialect, card, tag, sn) in [
        (DIALECTS[0], "no-pin", "tag-new", "6210230100010041"),
        (DIALECTS[1], "pin-locked", "tag-new-2", "6210230100010090"),
    ] {
        set_up(desk, dialect, card).await;
        issue(desk, tag, sn).await;
        browser.go("#/cancel-tag").await;
        browser.press("读标签").await;
        browser.see("注销原因").await;
        browser.pick("资料有误，重新办理").await;
        desk.picture(&format!("cancel-reason-{dialect}")).await;
        browser.confirm("注销").await;
        browser.see("标签已注销").await;
        desk.picture(&format!("cancel-done-{dialect}")).await;
        enter(desk, sn).await;
        browser.press("读标签").await;
        browser.see("请按住标签的防拆开关").await;
        browser.confirm("注册").await;
        browser.see("标签办理成功").await;
        take(desk, tag).await;
        put_away(desk).await;
    }
}

/// When the new tag is done, the old one is handed in, or on the blacklist if it is lost.
pub async fn a_tag_is_exchanged_or_replaced(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (mode, about, code, tag, sn, old) in [
        (
            "换签",
            "旧标签收回",
            "AUT-216",
            "tag-new",
            "6210230100010041",
            "tag-normal",
        ),
        (
            "补签",
            "旧标签遗失",
            "AUT-212",
            "tag-new-2",
            "6210230100010090",
            "tag-new",
        ),
    ] {
        set_up(desk, DIALECTS[0], "normal").await;
        enter(desk, sn).await;
        browser.pick(mode).await;
        browser.see(about).await;
        desk.picture(&format!("issue-{tag}-instead")).await;
        put(desk, tag).await;
        browser.press("读标签").await;
        browser.see("请按住标签的防拆开关").await;
        hold(desk, tag).await;
        browser.confirm("注册").await;
        browser.see("标签办理成功").await;
        take(desk, tag).await;
        put(desk, old).await;
        check(desk).await;
        browser.see(code).await;
        desk.picture(&format!("check-{old}-then")).await;
        take(desk, old).await;
        put_away(desk).await;
    }
}

/// What a person gets wrong before anything is written.
pub async fn nothing_is_written_to_a_wrong_tag(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "no-pin").await;

    // The number of another tag than the one that lies there.
    enter(desk, "6210230100010090").await;
    put(desk, "tag-new").await;
    browser.press("读标签").await;
    browser.see("AUT-243").await;
    desk.picture("issue-other-sn").await;
    // A number that is in no stock.
    browser.press("返回录入").await;
    type_sn(desk, "6210230100019999").await;
    browser.press("读标签").await;
    browser.see("AUT-211").await;
    // One that was issued to somebody else.
    browser.press("返回录入").await;
    type_sn(desk, "6210230100010017").await;
    browser.press("读标签").await;
    browser.see("AUT-232").await;
    // Two tags near by.
    browser.press("返回录入").await;
    type_sn(desk, "6210230100010041").await;
    put(desk, "tag-new-2").await;
    browser.press("读标签").await;
    browser.see("OBU-102").await;
    take(desk, "tag-new-2").await;

    // The switch is not held.
    browser.press("返回录入").await;
    browser.press("读标签").await;
    browser.see("请按住标签的防拆开关").await;
    browser.confirm("注册").await;
    browser.see("OBU-114").await;
    desk.picture("issue-switch").await;

    // Another tag between reading and writing.
    browser.press("返回注册").await;
    browser.see("请按住标签的防拆开关").await;
    take(desk, "tag-new").await;
    put(desk, "tag-new-2").await;
    hold(desk, "tag-new-2").await;
    browser.confirm("注册").await;
    browser.see("OBU-103").await;
    desk.picture("issue-swapped").await;
    take(desk, "tag-new-2").await;
    put(desk, "tag-new").await;

    // A card that may not.
    browser.press("◂ 卡片").await;
    desk.swap("blacklisted").await;
    browser.go("#/issue-tag").await;
    browser.press("从读卡重新开始").await;
    browser.see("办理模式").await;
    type_sn(desk, "6210230100010041").await;
    browser.press("读标签").await;
    browser.see("AUT-202").await;
    desk.picture("issue-blacklisted").await;
}

/// At the car the backend is away for a while: nothing is written, and the page goes on when it is back.
pub async fn the_network_comes_and_goes_at_the_car(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "no-pin").await;
    issue(desk, "tag-new", "6210230100010041").await;
    browser.go("#/activate-tag").await;
    browser.press("读卡").await;
    browser.see("请确认标签已贴在挡风玻璃上").await;
    desk.stop_backend().await;
    browser.press("读标签").await;
    browser.see("正在等待网络").await;
    desk.picture("activate-away").await;
    desk.start_backend().await;
    browser.see("后台已恢复").await;
    browser.press("重新读标签").await;
    browser.see("亮的是这辆车的标签吗").await;
    browser.press("没有亮，或是别的标签").await;
    browser.see("OBU-118").await;
    desk.picture("activate-no-light").await;
    browser.press("从读卡重新开始").await;
    browser.press("读标签").await;
    browser.press("是这一个").await;
    desk.stop_backend().await;
    browser.confirm("激活").await;
    browser.see("正在等待网络").await;
    desk.start_backend().await;
    browser.press("从读卡重新开始").await;
    browser.press("读标签").await;
    browser.press("是这一个").await;
    // Gone between the write and its confirmation: that is no failure.
    desk.cut_network_after("/sign").await;
    browser.confirm("激活").await;
    browser.see("OBU-121").await;
    browser.see_named("标签是否已写入", "待核实").await;
    assert!(!browser.shows("没有办成").await, "it is not called failed");
    desk.picture("activate-unconfirmed").await;
    desk.mend_network().await;
    browser.press("从读卡重新开始").await;
    browser.press("读标签").await;
    browser.see("标签已经是激活状态").await;
    desk.picture("activate-confirmed").await;
}

/// A card whose vehicle has no tag activates none of another vehicle's.
pub async fn a_tag_of_another_vehicle_is_not_activated(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "no-pin").await;
    put(desk, "tag-normal").await;
    activate(desk).await;
    browser.see("AUT-235").await;
    desk.picture("activate-other-vehicle").await;
}

/// A tag that holds another plate than its card is not asked to show its light, and the line that differs is told.
pub async fn a_tag_that_differs_shows_where(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "wrong-pin").await;
    put(desk, "tag-other-plate").await;
    activate(desk).await;
    browser.see("OBU-119").await;
    browser.see("甘D00999").await;
    browser.see("不一致").await;
    assert!(!browser.shows("指示灯 绿").await, "and no light");
    desk.picture("activate-differs").await;
}

/// The stock is counted; a supervisor hands tags out, and suspends one; an old tag is ticked off by another.
pub async fn the_stock_is_kept_by_a_supervisor(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "normal").await;
    put(desk, "tag-new").await;
    hold(desk, "tag-new").await;
    enter(desk, "6210230100010041").await;
    browser.press("读标签").await;
    browser.see("请按住标签的防拆开关").await;
    browser.confirm("注册").await;
    browser.see("标签办理成功").await;

    desk.hand_over_to("demo.supervisor").await;
    browser.go("#/stock").await;
    browser.see("已办给车辆").await;
    desk.picture("stock-counts").await;
    browser.press("待上交").await;
    browser.see("换办收回").await;
    desk.picture("stock-hand-ins").await;
    browser.press("已收到").await;
    browser.see("没有等待上交的卡片和标签").await;

    browser.press("发放").await;
    browser.type_into("发往网点", "LZ01").await;
    browser
        .type_into("SN 码", "6210230100010090 6210230100010108")
        .await;
    desk.picture("stock-hand-out").await;
    assert!(!browser.shows("已办好").await);
    browser
        .until("已办好", async || {
            browser.key(Key::F2).await;
            browser.shows("已办好").await.then_some(())
        })
        .await;

    browser.press("状态变更").await;
    browser.type_into("SN 码", "6210230100010041").await;
    browser.press("查找").await;
    // Both files of the tag that was issued above.
    browser.see_named("剩余写入次数", "8").await;
    browser.press("增加写入次数").await;
    browser.type_into("核准人操作员", "demo.supervisor").await;
    browser.type_into("核准人密码", PASSWORD).await;
    desk.picture("stock-allow").await;
    browser.key(Key::F2).await;
    browser.see_named("剩余写入次数", "10").await;
    browser.type_into("SN 码", "6210230100010090").await;
    browser.press("查找").await;
    browser.type_into("原因", "批次待查，先停用").await;
    desk.picture("stock-status").await;
    browser.press("挂起").await;
    browser.see("解除").await;
    browser.see("已办好").await;
    desk.picture("stock-suspended").await;
    browser.type_into("SN 码", "6210230100019999").await;
    browser.press("查找").await;
    browser.see("AUT-211").await;
    desk.picture("stock-unknown").await;

    browser.press("EN").await;
    browser.press("Counts").await;
    browser.see("issued to a vehicle").await;
    english(desk, "en-stock-counts").await;
    browser.press("To be handed in").await;
    english(desk, "en-stock-hand-ins").await;
    browser.press("Hand out").await;
    english(desk, "en-stock-hand-out").await;
    browser.press("Status").await;
    browser.type_into("SN", "6210230100010090").await;
    browser.press("Find").await;
    browser.see("Report lost").await;
    browser.type_into("Reason", "found again").await;
    browser.press("Lift").await;
    browser.see("Done").await;
    english(desk, "en-stock-status").await;
    browser.press("Allow more writes").await;
    english(desk, "en-stock-allow").await;
}

/// Nothing about writing tags has been forgotten in English.
pub async fn tag_tasks_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    set_up(desk, DIALECTS[0], "no-pin").await;
    put(desk, "tag-new").await;
    hold(desk, "tag-new").await;
    browser.press("EN").await;
    browser.go("#/issue-tag").await;
    english(desk, "en-issue-card").await;
    browser.press("Read card").await;
    browser.see("First tag").await;
    english(desk, "en-issue-entry").await;
    browser.type_into("SN", "6210230100010041").await;
    browser
        .type_into("SN (Once more)", "6210230100010041")
        .await;
    browser.press("Read tag").await;
    browser.see("Hold the anti-tamper switch in").await;
    english(desk, "en-issue-register").await;
    browser.confirm("Register").await;
    browser.see("The tag is issued").await;
    english(desk, "en-issue-done").await;
    browser.go("#/activate-tag").await;
    browser.press("Read card").await;
    browser.press("Read tag").await;
    browser.see("A tag is signalling").await;
    english(desk, "en-activate-light").await;
    browser.press("This one").await;
    browser.see("Press F2 to activate").await;
    english(desk, "en-activate-write").await;
    browser.confirm("Activate").await;
    browser.see("The tag is active").await;
    english(desk, "en-activate-done").await;
    browser.go("#/cancel-tag").await;
    browser.press("Read tag").await;
    browser.see("Wrong data, to be issued again").await;
    english(desk, "en-cancel-reason").await;
}
