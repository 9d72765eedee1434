//! Signing in and out.

use apdu_core::fault::Code;
use axum::body::Body;
use axum::http::{Request, header};
use etc_backend::demo;
use etc_backend::store::Terminal;
use serde_json::{Value, json};

use crate::bench::{Answer, Bench};

async fn sign_in(bench: &Bench, body: Value) -> Answer {
    let request = Request::post("/api/v1/session").header(header::CONTENT_TYPE, "application/json");
    bench
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

fn teller(password: &str) -> Value {
    json!({ "operator": "demo.teller", "password": password })
}

#[tokio::test]
async fn a_sign_in_opens_a_session_in_a_cookie_scripts_cannot_read() {
    let bench = Bench::new().await;
    let answer = sign_in(&bench, teller(demo::PASSWORD)).await;
    let cookie = answer.headers[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"),
        "{cookie}"
    );
    let session = answer.ok();
    assert_eq!(
        session,
        json!({
            "operator": "demo.teller",
            "name": "演示柜员",
            "role": "teller",
            "outlet": { "code": "LZ01", "name": "兰州自营一厅", "kind": "own" },
            "terminal": "010203040506",
        })
    );
    let get = |cookie: &str| {
        let request = Request::get("/api/v1/session").header(header::COOKIE, cookie);
        bench.send(request.body(Body::empty()).unwrap())
    };
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(get(pair).await.ok(), session);

    let out = Request::delete("/api/v1/session").header(header::COOKIE, pair);
    let out = bench.send(out.body(Body::empty()).unwrap()).await;
    assert_eq!(out.status, 204);
    assert!(
        out.headers[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    get(pair).await.refused(Code::NotSignedIn);
}

#[tokio::test]
async fn wrong_names_and_passwords_are_told_apart_by_nobody() {
    let bench = Bench::new().await;
    let wrong = sign_in(&bench, teller("wrong")).await;
    let unknown = json!({ "operator": "nobody", "password": demo::PASSWORD });
    let unknown = sign_in(&bench, unknown).await;
    assert_eq!(wrong.body, unknown.body);
    wrong.refused(Code::WrongPassword);
    let long = json!({ "operator": "x".repeat(300), "password": "y" });
    sign_in(&bench, long).await.refused(Code::WrongPassword);
    sign_in(&bench, json!({ "operator": "demo.teller" }))
        .await
        .refused(Code::BadRequest);
}

#[tokio::test]
async fn five_failed_sign_ins_lock_a_name_for_a_quarter_of_an_hour() {
    let bench = Bench::new().await;
    for name in ["demo.teller", "nobody"] {
        let body = |password| json!({ "operator": name, "password": password });
        for _ in 0..5 {
            sign_in(&bench, body("wrong"))
                .await
                .refused(Code::WrongPassword);
        }
        sign_in(&bench, body(demo::PASSWORD))
            .await
            .refused(Code::SignInLocked);
    }
    let other = json!({ "operator": "demo.supervisor", "password": demo::PASSWORD });
    sign_in(&bench, other).await.ok();
    bench.store.advance(15 * 60_000 - 1);
    sign_in(&bench, teller(demo::PASSWORD))
        .await
        .refused(Code::SignInLocked);
    bench.store.advance(1);
    sign_in(&bench, teller(demo::PASSWORD)).await.ok();
}

#[tokio::test]
async fn the_pc_is_one_of_the_operators_outlet() {
    let bench = Bench::with(|stock| {
        let second = Terminal {
            number: [1, 2, 3, 4, 5, 0x16],
            outlet: "TS01".into(),
        };
        stock.terminals.push(second);
    })
    .await;
    let at = |operator: &str, terminal: Option<&str>| {
        let mut body = json!({ "operator": operator, "password": demo::PASSWORD });
        if let Some(terminal) = terminal {
            body["terminal"] = json!(terminal);
        }
        sign_in(&bench, body)
    };
    at("demo.tianshui", None)
        .await
        .refused(Code::UnknownTerminal);
    at("demo.tianshui", Some("010203040506"))
        .await
        .refused(Code::UnknownTerminal);
    let session = at("demo.tianshui", Some("010203040516")).await.ok();
    assert_eq!(session["terminal"], "010203040516");
    at("demo.teller", Some("0102"))
        .await
        .refused(Code::BadRequest);
}
