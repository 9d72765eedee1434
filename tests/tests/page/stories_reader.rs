//! Which tab has the reader, what the browser may refuse, and the other ways to a card.

use crate::desk::Desk;
use crate::stories::{english, see_torn};

/// A tab that wants the reader asks; one that is idle gives it up, says so, and can have it back.
pub async fn an_idle_tab_gives_its_reader_up_and_takes_it_back(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("usb").await;
    browser.see("读卡器已连接").await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    browser.see("退出登录").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("读卡器 RDR-107 在另一个标签页中使用").await;
    desk.picture("reader-elsewhere").await;
    browser.press("在这里使用").await;
    browser.see("读卡器已连接").await;
    desk.insert("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;

    let second = browser.client.window().await.expect("a tab is shown");
    browser.show_tab(first.clone()).await;
    browser.see("读卡器 RDR-123 在另一个标签页中使用").await;
    desk.picture("reader-taken").await;
    browser.press("收回读卡器").await;
    browser.see("读卡器已连接").await;

    browser.show_tab(second).await;
    browser.see("RDR-123").await;
    browser.close_tab(first).await;
}

/// A task that is under way is not broken from another tab: it is finished where it was begun.
pub async fn a_tab_in_the_middle_of_a_task_keeps_its_reader(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("usb").await;
    desk.insert("normal").await;
    desk.read_for_load().await;
    browser.see("核验并继续").await;
    // A task that waits for a sign-in is under way for as long as a story needs it to be.
    let ended = "fetch('/api/v1/session', { method: 'DELETE' }).then(answer => answer.status)";
    assert_eq!(browser.settle(ended).await, 204);
    desk.ask_for("100").await;
    browser.see("屏幕已锁定").await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    desk.sign_in().await;
    browser.press("添加虚拟读卡器").await;
    browser.see("RDR-107").await;
    browser.press("在这里使用").await;
    browser.see("读卡器 RDR-124").await;
    desk.picture("reader-kept").await;
    browser.close_tab(first).await;

    browser.type_into("密码", crate::desk::PASSWORD).await;
    browser.press("解锁").await;
    browser.see("请收取现金").await;
    browser.confirm("现金已收，写卡").await;
    desk.see_loaded("130.00").await;
}

/// Only a tab that says nothing at all loses its reader against its will.
pub async fn a_silent_tab_is_robbed_of_its_reader(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("usb").await;
    browser.see("读卡器已连接").await;
    // What this tab is told does not reach it any more.
    let deaf = "Object.defineProperty(MessageEvent.prototype, 'data', { get: () => undefined })";
    browser.run(deaf).await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    browser.see("退出登录").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("RDR-107").await;
    browser.press("在这里使用").await;
    browser.see("读卡器已连接").await;
    let second = browser.client.window().await.expect("a tab is shown");
    browser.show_tab(first.clone()).await;
    browser.see("读卡器 RDR-123").await;
    browser.show_tab(second).await;
    browser.close_tab(first).await;
}

/// The same exception means different things in different phases, and each is told apart on the screen.
pub async fn what_the_browser_refuses_has_a_code_of_its_own(desk: &Desk<'_>) {
    desk.sign_in().await;
    for (phase, exception, code) in REFUSALS {
        desk.behind(&format!("usb {phase} {exception}")).await;
        desk.browser.see(&format!("读卡器 {code}")).await;
    }
    desk.behind("usb").await;
    desk.browser.see("读卡器已连接").await;
}

/// Phase, exception, code; see the tests of the page's `fault_of` for the whole table.
const REFUSALS: [(&str, &str, &str); 8] = [
    ("choose", "NotFoundError", "RDR-103"),
    ("choose", "SecurityError", "RDR-121"),
    ("open", "SecurityError", "RDR-105"),
    ("open", "NetworkError", "RDR-105"),
    ("claim", "SecurityError", "RDR-104"),
    ("claim", "NetworkError", "RDR-106"),
    ("transfer", "NotFoundError", "RDR-110"),
    ("transfer", "NetworkError", "RDR-114"),
];

/// A card is loaded over a serial line, also after the line was disturbed, and after a reload the reader
/// is there without being chosen again.
pub async fn a_reader_on_a_serial_line_loads_a_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("serial").await;
    browser.press("连接串口读卡器").await;
    browser.see("读卡器已连接").await;
    desk.insert("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.press("下一位客户").await;
    for error in [
        "BufferOverrunError",
        "FramingError",
        "ParityError",
        "BreakError",
    ] {
        browser.run(&format!("serialPort.disturb('{error}')")).await;
        browser.press("读卡").await;
        browser.see_named("充值前金额", "130.00").await;
        browser.press("取消").await;
    }
    browser.press("拔卡").await;
    browser.see("卡片 无卡").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// A card is loaded through the card service of the system; one that is down says so.
pub async fn a_reader_of_the_system_loads_a_card(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.run("localStorage.setItem('service', 'down')").await;
    desk.behind("system").await;
    browser.press("使用系统的读卡器").await;
    browser.see("读卡器 RDR-125").await;
    desk.picture("system-down").await;

    browser.run("localStorage.removeItem('service')").await;
    browser.press("使用系统的读卡器").await;
    browser.see("读卡器已连接").await;
    desk.insert("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// The service says that the card was removed; what the write did is settled by the next reading.
pub async fn a_card_pulled_from_a_reader_of_the_system_leaves_the_write_unknown(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("system").await;
    browser.press("使用系统的读卡器").await;
    browser.see("读卡器已连接").await;
    desk.insert("normal").await;
    desk.tear("after").await;
    desk.load("100").await;
    see_torn(desk).await;
    desk.insert("normal").await;
    browser.press("重新读卡").await;
    browser.see("上一笔充值已核实").await;
    desk.must_have_loaded("normal", &[100_00]).await;
}

/// English is as complete as Chinese.
pub async fn readers_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.behind("usb").await;
    browser.see("读卡器已连接").await;
    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    browser.see("退出登录").await;
    browser.press("添加虚拟读卡器").await;
    browser.see("RDR-107").await;
    browser.press("EN").await;
    browser.see("in use in another tab").await;
    english(desk, "en-reader-elsewhere").await;
    browser.press("Use it here").await;
    browser.see("connected and ready").await;
    browser.close_tab(first).await;
    browser.press("EN").await;
    browser.see("Take the reader back").await;
    english(desk, "en-reader-taken").await;
}
