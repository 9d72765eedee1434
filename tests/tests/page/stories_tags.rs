//! Tags: the programmer connected, tags read, refused, taken away, and the card slot beside them.

use crate::desk::Desk;
use crate::stories::english;

/// Both dialects, as the bench names them.
pub(crate) const DIALECTS: [&str; 2] = ["dialect-a", "dialect-c1"];

/// Opens 标签检测 and adds the virtual programmer.
async fn add_programmer(desk: &Desk<'_>, dialect: &str) {
    let browser = desk.browser;
    browser.go("#/check-tag").await;
    browser.see("请先连接标签设备").await;
    browser.press("标签 ▸").await;
    browser.choose("标签设备", dialect).await;
    browser.press("添加虚拟标签设备").await;
    browser.see("请把标签平放在标签设备上").await;
}

/// Lays a tag on the programmer.
pub(crate) async fn put(desk: &Desk<'_>, tag: &str) {
    desk.browser.choose("标签", tag).await;
    desk.browser.press("放上标签").await;
    desk.browser.see("拿走标签").await;
}

/// Takes it away.
pub async fn take(desk: &Desk<'_>, tag: &str) {
    desk.browser.choose("标签", tag).await;
    desk.browser.press("拿走标签").await;
    desk.browser.see("放上标签").await;
}

/// A tag in order, over both dialects: the profile is found out, and the plain word comes first.
pub async fn a_tag_in_order_is_checked_in_both_dialects(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for dialect in DIALECTS {
        add_programmer(desk, dialect).await;
        put(desk, "tag-normal").await;
        browser.press("读标签").await;
        browser.see("标签正常").await;
        browser.see_named("OBU 序列号", "6201 2301 0001 0017").await;
        browser.see_named("SN 码", "6210 2301 0001 0017").await;
        browser.see_named("有效期", "2024-01-15 – 2034-01-14").await;
        browser.see_named("拆卸状态", "01 已安装").await;
        browser.see_named("车牌颜色", "蓝色").await;
        browser.see_named("与后台", "一致").await;
        desk.picture(&format!("tag-{dialect}")).await;
        take(desk, "tag-normal").await;
        browser.press("拔下标签设备").await;
        browser.press("◂ 卡片").await;
        browser.press("首页").await;
        browser.reload().await;
        browser.see("退出登录").await;
    }
}

/// Every tag that is not in order, by its code.
pub async fn every_unfit_tag_is_refused_by_its_code(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    add_programmer(desk, "dialect-a").await;
    for (tag, code) in [
        ("tag-removed", "OBU-110"),
        ("tag-new", "OBU-108"),
        ("tag-foreign", "OBU-107"),
        ("tag-sm4", "OBU-106"),
        ("tag-other-plate", "OBU-109"),
        ("tag-unknown", "AUT-211"),
    ] {
        put(desk, tag).await;
        match browser.offers("读标签").await {
            true => browser.press("读标签").await,
            false => browser.press("重新读标签").await,
        }
        browser.see(code).await;
        desk.picture(&format!("tag-refused-{code}")).await;
        take(desk, tag).await;
    }
    // A truck has more to tell, and is in order.
    put(desk, "tag-truck").await;
    browser.press("重新读标签").await;
    browser.see("标签正常").await;
    browser
        .see_named("长 × 宽 × 高", "12000 × 2500 × 4000 毫米")
        .await;
    browser.see_named("总质量", "18000 千克").await;
    desk.picture("tag-truck").await;
}

/// No tag, two tags, and a switch that pops out.
pub async fn tags_come_and_go(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    add_programmer(desk, "dialect-a").await;
    browser.press("读标签").await;
    browser.see("OBU-101").await;
    desk.picture("tag-none").await;
    put(desk, "tag-normal").await;
    put(desk, "tag-truck").await;
    browser.press("重新读标签").await;
    browser.see("OBU-102").await;
    desk.picture("tag-two").await;
    take(desk, "tag-truck").await;
    browser.press("重新读标签").await;
    browser.see("标签正常").await;
    browser.choose("标签", "tag-normal").await;
    browser.press("松开防拆开关").await;
    browser.press("重新读标签").await;
    browser.see("OBU-110").await;
    desk.picture("tag-switch").await;
}

/// A programmer that is unplugged says so; plugged in again it is there without being chosen.
pub async fn a_programmer_is_unplugged_and_comes_back(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    add_programmer(desk, "dialect-c1").await;
    put(desk, "tag-normal").await;
    browser.press("读标签").await;
    browser.see("标签正常").await;
    browser.press("拔下标签设备").await;
    browser.press("重新读标签").await;
    browser.see("请先连接标签设备").await;
    desk.picture("tag-unplugged").await;
    browser.choose("标签设备", "dialect-c1").await;
    browser.press("添加虚拟标签设备").await;
    browser.see("重新读标签").await;
    browser.press("重新读标签").await;
    browser.see("标签正常").await;
}

/// The card slot of the programmer is a reader like any other, over both dialects.
pub async fn a_card_is_loaded_in_the_slot_of_a_programmer(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (dialect, card, before, after) in [
        ("dialect-a", "normal", "30.00", "130.00"),
        ("dialect-c1", "same-plate", "12.00", "112.00"),
    ] {
        add_programmer(desk, dialect).await;
        // Over the air the card is in a tag.
        put(desk, "tag-normal").await;
        browser.press("◂ 卡片").await;
        browser.go("#/check").await;
        browser.press("用标签设备的卡槽").await;
        desk.insert(card).await;
        browser.press("读卡").await;
        browser.see_named("余额", before).await;
        desk.picture(&format!("tag-slot-{dialect}")).await;
        desk.load("100").await;
        desk.see_loaded(after).await;
        browser.confirm("余额已核对").await;
        desk.must_have_loaded(card, &[100_00]).await;

        // Unplugged and plugged in again, it is the reader without being chosen again.
        browser.press("标签 ▸").await;
        browser.press("拔下标签设备").await;
        browser.choose("标签设备", dialect).await;
        browser.press("添加虚拟标签设备").await;
        browser.press("◂ 卡片").await;
        browser.go("#/issue-tag").await;
        browser.press("读卡").await;
        browser.see("办理模式").await;
        browser.press("拔卡").await;
        browser.press("标签 ▸").await;
        browser.press("拔下标签设备").await;
        browser.press("◂ 卡片").await;
        browser.press("首页").await;
        browser.reload().await;
        browser.see("退出登录").await;
    }
}

/// Nothing about tags has been forgotten in English.
pub async fn tags_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    browser.press("EN").await;
    browser.go("#/check-tag").await;
    browser.see("Connect the OBU programmer first").await;
    english(desk, "en-tag-first").await;
    browser.press("Tags ▸").await;
    browser.press("Add virtual programmer").await;
    browser.see("Lay the tag flat").await;
    english(desk, "en-tag-put").await;
    browser.choose("Tag", "tag-other-plate").await;
    browser.press("Put tag").await;
    browser.press("Read tag").await;
    browser.see("OBU-109").await;
    english(desk, "en-tag-differs").await;
}
