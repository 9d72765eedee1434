//! The page 设备: reader and card looked at, timed, traced, captured.

use apdu_core::field_kit::Capture;
use apdu_core::flow;
use etc_tests::replay::Replay;
use etc_tests::run;

use crate::desk::Desk;
use crate::stories::english;

/// Whoever sets a PC up, or runs the page as an Isolated Web App, sees what is connected without an account.
pub async fn a_reader_is_looked_at_without_signing_in(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.see("操作员登录").await;
    browser.press("设备").await;
    browser.see("第一步：连接读卡器").await;
    desk.picture("devices-none").await;
    desk.put_in("normal").await;
    browser.see_named("连接方式", "WebUSB").await;
    browser.see_named("USB 类", "0xFF · 网页可以使用").await;
    browser.see_named("交换方式", "短 APDU").await;
    browser.press("读取 ATR").await;
    browser.see_named("编码约定", "正向").await;
    browser.see_named("历史字节", "ETC-DESK-SIM1").await;
    desk.picture("devices-open").await;
    assert!(!browser.shows("后台").await, "nothing of the backend");
    assert!(!browser.offers("退出登录").await);

    browser.press("自检").await;
    browser.press("开始自检").await;
    browser.see_named("次数", "100").await;
    browser.see_named("命令", "805C000204").await;
    browser.see_named("读卡器与卡片", ".").await;
    desk.picture("devices-self-test").await;
    browser.press("返回登录").await;
    browser.see("操作员登录").await;
}

/// The trace tells a helper what was done, and not who the customer is.
pub async fn a_load_is_in_the_trace_without_its_secrets(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    desk.load("100").await;
    desk.see_loaded("130.00").await;
    browser.confirm("余额已核对").await;
    browser.press("设备").await;
    browser.press("跟踪记录").await;
    browser.see("0020000006************").await;
    browser.see("000032C89000").await;
    // It is a list to scroll in; the page is not.
    browser.picture("devices-trace").await;

    keep_saved_files(desk).await;
    browser.press("导出文本").await;
    let text = saved_file(desk).await;
    assert!(text.contains("805200000B"), "the write is told: {text}");
    assert!(
        text.contains("B8CACBE0620100011640620122012301********"),
        "{text}"
    );
    let secrets = [
        "313233343536",
        "B8CA41313233343500",
        "D5C5D1F9C0FD",
        "363230303030",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    browser.press("退出登录").await;
    browser.see("操作员登录").await;
    browser.go("#/devices").await;
    browser.press("跟踪记录").await;
    browser.see("还没有与卡片交换过数据").await;
}

/// What the field kit saves is a card that a test can ask again.
pub async fn a_capture_of_the_page_can_be_replayed(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.go("#/devices").await;
    desk.put_in("normal").await;
    browser.press("现场采集").await;
    browser.see("不验密码").await;
    desk.picture("devices-kit").await;
    browser.press("开始采集").await;
    browser.see("采集完成").await;
    browser.see_named("发行文件 0015", "43 字节").await;
    browser.see_named("联网收费应用", "有").await;
    desk.picture("devices-captured").await;

    keep_saved_files(desk).await;
    browser.press("保存文件").await;
    let text = saved_file(desk).await;
    let capture: Capture = serde_json::from_str(&text).expect("a capture");
    let reader = capture.reader.expect("a reader");
    assert_eq!(reader.way, "webusb");
    assert!(!reader.configuration.0.is_empty());
    let findings = capture.findings.expect("the card answered");
    let again = run(flow::capture(&mut Replay::new(&capture.exchanges)));
    assert_eq!(again.expect("no wait"), Ok(findings));
    // Between button and file the card stayed what it was.
    desk.must_have_loaded("normal", &[]).await;
}

/// A reader the browser keeps to itself: why, and what would work.
pub async fn a_protected_reader_has_its_reasons_told(desk: &Desk<'_>) {
    let browser = desk.browser;
    browser.go("#/devices").await;
    browser.choose("读卡器", "protected").await;
    browser.press("添加虚拟读卡器").await;
    browser.see_named("USB 类", "0x0B · 受保护").await;
    browser.see("RDR-104").await;
    browser.see("可行的办法").await;
    browser.see("Isolated Web App").await;
    desk.picture("devices-protected").await;
    browser.press("查看说明").await;
    browser.see("怎么办").await;
    desk.picture("devices-fault-open").await;
}

/// Nothing on it has been forgotten in English.
pub async fn devices_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    desk.put_in("normal").await;
    browser.press("EN").await;
    browser.press("Devices").await;
    browser.press("Read ATR").await;
    browser.see_named("Convention", "direct").await;
    english(desk, "en-devices").await;
    browser.press("Self-test").await;
    browser.press("Start self-test").await;
    browser.see_named("Count", "100").await;
    english(desk, "en-devices-self-test").await;
    browser.press("Trace").await;
    browser.see("in memory only").await;
    english(desk, "en-devices-trace").await;
    browser.press("Field kit").await;
    browser.press("Start capture").await;
    browser.see("Captured").await;
    english(desk, "en-devices-kit").await;
    browser.press("Unplug").await;
    browser.choose("Reader", "protected").await;
    browser.press("Add virtual reader").await;
    browser.press("Reader and card").await;
    browser.see("What would work").await;
    english(desk, "en-devices-protected").await;
}

/// From here on, what the page saves is kept instead.
pub(crate) async fn keep_saved_files(desk: &Desk<'_>) {
    let script = "window.saved = null; \
        URL.createObjectURL = blob => { blob.text().then(text => window.saved = text); return '#'; }; \
        HTMLAnchorElement.prototype.click = function () {};";
    desk.browser.run(script).await;
}

/// What was saved.
pub(crate) async fn saved_file(desk: &Desk<'_>) -> String {
    let browser = desk.browser;
    browser
        .until("a saved file", async || {
            let saved = browser.run("return window.saved").await;
            saved.as_str().map(str::to_owned)
        })
        .await
}
