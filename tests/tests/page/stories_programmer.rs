//! What can go wrong between the page and a programmer, and what a person can do about one that the desk does not
//! know.

use apdu_core::ccid::Millis;
use apdu_core::obu::SystemInformation;
use apdu_core::obu_programmer::Channel;
use apdu_core::programmer::capture::{Capture, Replay};
use apdu_core::programmer::{Event, Operation, Session};
use apdu_core::toll_card::select_master_file;

use crate::desk::{Desk, PASSWORD};
use crate::stories::english;
use crate::stories_devices::{keep_saved_files, saved_file};
use crate::stories_tags::{DIALECTS, put};

/// What ends the stream of a port that stays open.
const DISTURBANCES: [&str; 4] = [
    "BufferOverrunError",
    "FramingError",
    "ParityError",
    "BreakError",
];

/// Opens the page anew with the programmer behind a door (`doors/provider.js`), and presses for it.
async fn behind(desk: &Desk<'_>, door: &str, dialect: &str) {
    let browser = desk.browser;
    let script = format!("localStorage.setItem('door', '{door}')");
    browser.run(&script).await;
    browser.reload().await;
    browser.see("退出登录").await;
    browser.go("#/check-tag").await;
    browser.press("标签 ▸").await;
    browser.choose("标签设备", dialect).await;
    browser.press("添加虚拟标签设备").await;
    browser.see("拔下标签设备").await;
}

/// What the browser refuses, and why, by its phase and exception.
pub async fn a_programmer_that_is_refused_says_why(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (door, code) in [
        ("programmer choose NotFoundError", "PRG-116"),
        ("programmer choose NotAllowedError", "PRG-117"),
        ("programmer choose SecurityError", "RDR-121"),
        ("programmer open NetworkError", "PRG-114"),
    ] {
        behind(desk, door, "dialect-a").await;
        browser.see(code).await;
        desk.picture(&format!("programmer-{code}")).await;
    }
    // A policy of the document, as the browser tells it.
    behind(desk, "programmer choose NotFoundError", "dialect-a").await;
    browser.see("PRG-116").await;
    let policy = "{ features: () => ['serial'], allowsFeature: () => false }";
    let script = format!("Object.defineProperty(document, 'featurePolicy', {{ value: {policy} }})");
    browser.run(&script).await;
    browser.press("连接标签设备").await;
    browser.see("PRG-117").await;
}

/// Devices of other protocols are named; noise and silence are told apart. The frames are those of the serial
/// reference, §4 and §2.2.
pub async fn what_is_no_programmer_is_named(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    let gantry = "FFFF00020000001CB1001101020100010200000201000102000002020100001602000016\
        70CF";
    let gantry = format!("programmer says {gantry}");
    for (door, code) in [
        (&gantry[..], "PRG-105"),
        ("programmer says FFFF28B200000000801AFF", "PRG-107"),
        ("programmer says 0012E09C", "PRG-104"),
        ("programmer silent", "PRG-101"),
    ] {
        behind(desk, door, "dialect-a").await;
        browser.see(code).await;
        desk.picture(&format!("programmer-{code}")).await;
    }
}

/// Overrun, framing, parity, break: bytes are lost, the port stays open, and the tag is read.
pub async fn a_disturbed_line_is_read_all_the_same(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for dialect in DIALECTS {
        behind(desk, "programmer", dialect).await;
        browser.see("请把标签平放在标签设备上").await;
        put(desk, "tag-normal").await;
        browser.press("读标签").await;
        browser.see("标签正常").await;
        for (before, error) in (0..).zip(DISTURBANCES) {
            // While nothing is awaited, and instead of an answer.
            browser.run(&format!("serialPort.disturb('{error}')")).await;
            browser
                .run(&format!("serialPort.loseNext('{error}')"))
                .await;
            browser.press("重新读标签").await;
            browser.see("标签正常").await;
            let losses = browser.run("return serialPort.losses").await;
            assert_eq!(losses, before + 1, "{error} has struck in {dialect}");
        }
        browser.press("拿走标签").await;
        browser.press("拔下标签设备").await;
        browser.press("◂ 卡片").await;
    }
}

/// The plug is pulled at each write of a check, before and after the device has it. It is told apart from the
/// tag, and a programmer that is plugged in again is there without being chosen.
pub async fn a_programmer_pulled_at_any_step_comes_back_by_itself(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for (dialect, when) in DIALECTS
        .into_iter()
        .flat_map(|d| [(d, "before"), (d, "after")])
    {
        behind(desk, "programmer", dialect).await;
        browser.see("请把标签平放在标签设备上").await;
        put(desk, "tag-normal").await;
        browser.press("读标签").await;
        browser.see("标签正常").await;
        let mut step = 1;
        loop {
            let pull =
                format!("serialPort.cut({step}, '{when}', () => virtualBench.unplugProgrammer())");
            browser.run(&pull).await;
            browser.press("重新读标签").await;
            browser.see_gone("正在读标签").await;
            let is_read = browser
                .until("an outcome", async || {
                    let read = browser.shows("标签正常").await;
                    (read || browser.shows("请先连接标签设备").await).then_some(read)
                })
                .await;
            if is_read {
                break;
            }
            plug_in_again(desk, dialect).await;
            step += 1;
        }
        // Call, system information, SELECT and the encrypted read; the last write lets the tag go, and by then
        // all is known.
        assert!(step > 4, "{dialect}, {when}: only {step} writes");
    }
}

/// The plug goes in, nobody presses anything, and a tag is read.
async fn plug_in_again(desk: &Desk<'_>, dialect: &str) {
    let browser = desk.browser;
    browser.run("chosen = 0").await;
    browser
        .run(&format!("virtualBench.plugProgrammer('{dialect}')"))
        .await;
    browser.see("PRG-102").await;
    desk.picture("programmer-pulled").await;
    assert_eq!(browser.run("return chosen").await, 0, "nobody was asked");
    browser.press("重新读标签").await;
    browser.see("标签正常").await;
}

/// A tab that wants the programmer asks; one that is idle gives it up, says so, and can have it back.
pub async fn an_idle_tab_gives_its_programmer_up(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    behind(desk, "programmer", "dialect-a").await;
    browser.see("请把标签平放在标签设备上").await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    behind(desk, "programmer", "dialect-a").await;
    browser.see("PRG-115").await;
    desk.picture("programmer-elsewhere").await;
    browser.press("改在这里使用").await;
    browser.see("请把标签平放在标签设备上").await;
    put(desk, "tag-normal").await;
    browser.press("读标签").await;
    browser.see("标签正常").await;

    let second = browser.client.window().await.expect("a tab is shown");
    browser.show_tab(first.clone()).await;
    browser.see("PRG-115").await;
    browser.press("改在这里使用").await;
    browser.see("请把标签平放在标签设备上").await;
    browser.show_tab(second).await;
    browser.see("PRG-115").await;
    browser.close_tab(first).await;
}

/// A check that is under way is not broken from another tab: it is finished where it was begun.
pub async fn a_tab_that_reads_a_tag_keeps_its_programmer(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    behind(desk, "programmer", "dialect-a").await;
    browser.see("请把标签平放在标签设备上").await;
    put(desk, "tag-normal").await;
    // A task that waits for a sign-in is under way for as long as a story needs it to be.
    let ended = "fetch('/api/v1/session', { method: 'DELETE' }).then(answer => answer.status)";
    assert_eq!(browser.settle(ended).await, 204);
    browser.press("读标签").await;
    browser.see("屏幕已锁定").await;

    let first = browser.new_tab().await;
    browser.open(&desk.url()).await;
    desk.sign_in().await;
    behind(desk, "programmer", "dialect-a").await;
    browser.see("PRG-115").await;
    let listen = "new BroadcastChannel('etc-programmer:serial:0403:6001').onmessage = \
        event => window.word = event.data";
    browser.run(listen).await;
    browser.press("改在这里使用").await;
    browser
        .until("a refusal", async || {
            let word = browser.run("return window.word").await;
            word.as_str().filter(|word| word.starts_with("refuse"))?;
            Some(())
        })
        .await;
    browser.see("PRG-115").await;
    desk.picture("programmer-kept").await;
    browser.close_tab(first).await;

    browser.type_into("密码", PASSWORD).await;
    browser.press("解锁").await;
    browser.see("标签正常").await;
}

/// A device that answers to none of the shipped profiles is found and used once a person has written one.
pub async fn a_device_unlike_the_shipped_ones_is_used_by_a_profile_of_its_own(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    // Frames that begin with 50, and commands of their own (serial reference §5.5).
    browser
        .run("localStorage.setItem('programmer', 'dialect-c2')")
        .await;
    behind(desk, "programmer", "dialect-c1").await;
    browser.see("PRG-101").await;

    open_profiles(desk).await;
    desk.picture("profiles").await;
    browser.press("复制并修改").await;
    browser.see("RSCTL").await;
    browser.picture("profile-primitives").await;
    browser.press("取消").await;
    copy_bobu(desk).await;
    browser.picture("profile-bobu").await;
    browser.type_into("名称", "counter 3").await;
    browser.type_into("波特率", "fast").await;
    browser.see("300 到 4000000 的整数").await;
    browser.picture("profile-wrong").await;
    browser.type_into("波特率", "9600").await;
    browser.choose("帧头", "fifty").await;
    for (label, text) in [
        ("设备信息命令码", "80 90"),
        ("设备信息数据", " "),
        ("卡片复位命令码", " "),
        ("卡片通道命令码", "8292"),
        ("卡片通道 dt", "10"),
        ("标签通道命令码", "82 92"),
    ] {
        browser.type_into(label, text).await;
    }
    browser.press("保存").await;
    browser.see("9600").await;
    // At the wrong speed it hears noise, and nothing is heard of it.
    browser.see("PRG-101").await;
    browser.press("修改").await;
    browser.type_into("波特率", "115200").await;
    browser.press("保存").await;
    browser.see_named("使用中", "counter 3").await;
    desk.picture("profiles-own").await;

    browser.go("#/check-tag").await;
    put(desk, "tag-normal").await;
    browser.press("读标签").await;
    browser.see("标签正常").await;

    // It is there after a reload, and beside the others for choice; deleted, it is not.
    browser.reload().await;
    browser.see("退出登录").await;
    browser.choose("设备型号", "counter 3").await;
    open_profiles(desk).await;
    browser.press("删除").await;
    browser.see("删除后不能恢复").await;
    desk.picture("profile-delete").await;
    browser.press("确认删除").await;
    browser.see_gone("counter 3").await;
    browser.reload().await;
    browser.see("退出登录").await;
    open_profiles(desk).await;
    assert!(!browser.shows("counter 3").await);
}

/// A profile that was exported comes back under a name of its own; a file with a wrong field is refused, and the
/// field is named.
pub async fn a_bad_profile_is_refused_by_its_field(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    open_profiles(desk).await;
    keep_saved_files(desk).await;
    browser.press("导出").await;
    let text = saved_file(desk).await;
    import(desk, &text).await;
    browser.see("已导入：dsrc-primitives-2").await;
    for (from, to, complaint) in [
        ("{", "{{", "文件不是 JSON 文本"),
        ("\"baud\":115200,", "", "line: Error: missing field `baud`"),
        ("\"baud\":115200", "\"baud\":\"fast\"", "line.baud"),
        (
            "\"baud\":115200",
            "\"baud\":7",
            "line.baud – 300 到 4000000 的整数",
        ),
        (
            "\"channel\":0",
            "\"channel\":256",
            "dialect.primitives.channel",
        ),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        import(desk, &text.replacen(from, to, 1)).await;
        browser.see(complaint).await;
    }
    desk.picture("profile-refused").await;
}

/// Opens 设备 at the profiles.
async fn open_profiles(desk: &Desk<'_>) {
    desk.browser.go("#/devices").await;
    desk.browser.press("标签设备型号").await;
    desk.browser.see("随带").await;
}

/// Opens the form with a copy of the second shipped profile.
async fn copy_bobu(desk: &Desk<'_>) {
    let press = "[...document.querySelectorAll('tr')].find(row => row.innerText.includes('B-OBU 帧')) \
        .querySelector('button').click()";
    desk.browser.run(press).await;
    desk.browser.see("标签位").await;
}

/// Imports a file with this text.
async fn import(desk: &Desk<'_>, text: &str) {
    let text = serde_json::to_string(text).expect("text");
    let script = format!(
        "const input = document.querySelector('input[type=file]');
         const files = new DataTransfer();
         files.items.add(new File([{text}], 'profile.json'));
         input.files = files.files;
         input.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    );
    desk.browser.run(&script).await;
}

/// What passed over the line is in the trace without its secrets, and in a file that answers like the device.
pub async fn the_line_of_a_programmer_is_traced_and_captured(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    for dialect in DIALECTS {
        behind(desk, "programmer", dialect).await;
        browser.see("请把标签平放在标签设备上").await;
        put(desk, "tag-normal").await;
        browser.press("读标签").await;
        browser.see("标签正常").await;
        browser.go("#/devices").await;
        browser.press("跟踪记录").await;
        browser.choose("来源", "programmer").await;
        // SELECT of the master file and READ BINARY, in the clear; the encrypted read's random is not.
        browser.see("00A40000023F00").await;
        browser.see("00B400000A****************").await;
        browser
            .picture(&format!("programmer-trace-{dialect}"))
            .await;
        keep_saved_files(desk).await;
        browser.press("导出文本").await;
        let text = saved_file(desk).await;
        assert!(text.contains("from device: "), "{text}");
        for secret in ["6201230100010017", "00010017"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }

        browser.press("现场采集").await;
        desk.picture(&format!("programmer-kit-{dialect}")).await;
        browser.press("采集标签设备").await;
        browser.see_named("标签", "已读").await;
        // The reader has no card for the slot, and the device has one PSAM or none.
        let psams = match dialect {
            "dialect-a" => "已读 / PRG-110 / PRG-110",
            _ => "PRG-111 / PRG-111 / PRG-111",
        };
        browser.see_named("PSAM 1 / 2 / 3", psams).await;
        desk.picture(&format!("programmer-captured-{dialect}"))
            .await;
        keep_saved_files(desk).await;
        browser.press("保存标签设备文件").await;
        let text = saved_file(desk).await;
        assert!(!text.contains("00010017"), "{text}");
        let capture: Capture = serde_json::from_str(&text).expect("a capture");
        must_answer_again(&capture);

        browser.press("拿走标签").await;
        browser.press("拔下标签设备").await;
        browser.press("◂ 卡片").await;
    }
}

/// The device of a capture answers an engine as `serial-desk --replay` runs one.
fn must_answer_again(capture: &Capture) {
    let (mut replay, mut now) = (Replay::new(capture), 0);
    let mut session = Session::new(capture.profile.clone(), 0);
    let mut run = |operation| -> Event {
        session.begin(now, operation);
        loop {
            if let Some(event) = session.poll_event() {
                return event;
            }
            while let Some(frame) = session.poll_transmit() {
                replay.write(&frame);
            }
            let said = replay.read();
            if said.is_empty() {
                let due: Option<Millis> = session.poll_timeout();
                now = now.max(due.expect("a deadline"));
            }
            session.handle_in(now, &said);
            session.handle_timeout(now);
        }
    };
    let called = run(Operation::Initialise { unix: 0 });
    let Event::Initialised(Ok((power, tag))) = called else {
        panic!("{called:?}");
    };
    // The end of the number is a secret byte of a capture.
    assert_eq!(tag.contract.serial.to_string(), "6201230120202020");
    let list = vec![
        select_master_file(),
        SystemInformation::read(SystemInformation::LENGTH),
    ];
    let read = run(Operation::Transfer(power, Channel::Esam, list));
    let Event::Answered(Ok(answers)) = read else {
        panic!("{read:?}");
    };
    assert_eq!(answers.last().map(|answer| answer.data.len()), Some(27));
}

/// Nothing about programmers has been forgotten in English.
pub async fn programmers_are_there_in_english(desk: &Desk<'_>) {
    let browser = desk.browser;
    desk.sign_in().await;
    behind(desk, "programmer", "dialect-a").await;
    browser.see("请把标签平放在标签设备上").await;
    browser.press("EN").await;
    browser.go("#/devices").await;
    browser.press("Programmer profiles").await;
    browser.see("Three come with the desk").await;
    english(desk, "en-profiles").await;
    browser.press("Copy and edit").await;
    browser.see("comes back").await;
    browser.type_into("Baud rate", "1").await;
    browser.see("A number from 300 to 4000000").await;
    browser.picture("en-profile").await;
    browser.press("Cancel").await;
    import(desk, "no profile").await;
    browser.see("It is not a JSON text").await;
    english(desk, "en-profile-refused").await;
    browser.press("Trace").await;
    browser.choose("Of", "programmer").await;
    browser.see("Nothing was exchanged with a programmer").await;
    english(desk, "en-programmer-trace").await;
    browser.press("Field kit").await;
    browser.press("Capture programmer").await;
    browser.see_named("PSAM 1 / 2 / 3", "read / PRG-110").await;
    english(desk, "en-programmer-kit").await;
    browser.press("Trace").await;
    browser.choose("Of", "programmer").await;
    // A list to scroll in.
    browser.see("to device").await;
    browser.picture("en-programmer-traced").await;
}
