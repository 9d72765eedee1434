//! The role matrix, made from the list of routes: every route for every role at every kind of outlet, for the
//! channel, and for whoever is not signed in; and every route about an application, for whose customer it is.

use apdu_core::fault::Code;
use axum::body::Body;
use axum::http::{Request, header};
use etc_api::{Bank, Outlet, OutletKind, Role};
use etc_backend::demo;
use etc_backend::http::{Access, Route, routes};
use etc_backend::store::{Operator, Stock, StockCard, Terminal};
use serde_json::{Value, json};

use crate::applications::{Channel, new, with};
use crate::bench::{Answer, Bench, Counter, Plastic, password};

/// Two own outlets, two of one bank, one of another, and one of a bank that takes no part in issuing cards.
const OUTLETS: [(&str, OutletKind, Option<Bank>); 6] = [
    ("LZ01", OutletKind::Own, None),
    ("TS01", OutletKind::Own, None),
    ("LB01", OutletKind::Bank, Some(Bank::Lanzhou)),
    ("LB02", OutletKind::Bank, Some(Bank::Lanzhou)),
    ("IC01", OutletKind::Bank, Some(Bank::Icbc)),
    ("XB01", OutletKind::Bank, None),
];

const ROLES: [(Role, &str); 3] = [
    (Role::Teller, "teller"),
    (Role::Supervisor, "supervisor"),
    (Role::Auditor, "auditor"),
];

/// What wants an application to work on, and what else it wants. Every route about one stands here.
const ABOUT_APPLICATIONS: [(&str, &str); 10] = [
    ("/api/v1/applications/{id}/open", "{}"),
    ("/api/v1/applications/{id}/close", "{}"),
    ("/api/v1/applications/{id}/reveal", "{}"),
    (
        "/api/v1/applications/{id}/give-up",
        r#"{ "reason": "nobody came back" }"#,
    ),
    (
        "/api/v1/applications/{id}/reopen",
        r#"{ "operator": "demo.supervisor", "password": "demo-only-2026" }"#,
    ),
    ("/api/v1/card-tasks", "begin"),
    ("/api/v1/card-tasks/{id}", ""),
    (
        "/api/v1/card-tasks/{id}/show",
        r#"{ "holder": "00", "issue": "00", "presence": null }"#,
    ),
    (
        "/api/v1/card-tasks/{id}/sign",
        r#"{ "file": "holder", "challenge": "00000000" }"#,
    ),
    (
        "/api/v1/card-tasks/{id}/refused",
        r#"{ "file": "holder", "sw": "6A80" }"#,
    ),
];

fn operator(outlet: &str, role: &str) -> String {
    format!("{outlet}.{role}")
}

/// The demo with all outlets, and an operator of each role at each of them.
fn everybody(stock: &mut Stock) {
    for (last, (code, kind, bank)) in (0x21..).zip(OUTLETS) {
        if stock.outlets.iter().all(|outlet| outlet.code != code) {
            stock.outlets.push(Outlet {
                code: code.into(),
                name: code.into(),
                kind,
                bank,
            });
            stock.terminals.push(Terminal {
                number: [1, 2, 3, 4, 5, last],
                outlet: code.into(),
            });
        }
        for (role, name) in ROLES {
            stock.operators.push(Operator {
                name: operator(code, name),
                display_name: name.into(),
                role,
                outlet: code.into(),
                password: password(),
            });
        }
    }
    // A blank card for the customers of the other bank.
    let handed = Plastic::new(ICBC.card).number;
    let is_it = |card: &&mut StockCard| card.card.number.to_string() == handed;
    let card = stock.cards.iter_mut().find(is_it);
    card.unwrap().card.stock.outlet = Some("IC01".into());
}

fn path(template: &str) -> String {
    template
        .replace("{number}", "62012201230100000017")
        .replace("{id}", "none")
        .replace("{day}", "20260601")
        .replace("{serial}", "6201230100010017")
        .replace("{sn}", "6210230100010017")
}

async fn ask(bench: &Bench, route: &Route, credential: (header::HeaderName, String)) -> Answer {
    let request = Request::builder()
        .method(route.method.clone())
        .uri(path(route.path))
        .header(credential.0, credential.1);
    bench.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_route_lets_its_roles_in_and_nobody_else() {
    for (outlet, _, _) in OUTLETS {
        for (role, name) in ROLES {
            let bench = Bench::with(everybody).await;
            for route in routes() {
                // A sign-in of its own: one route signs out.
                let counter = bench.counter(&operator(outlet, name)).await;
                let answer = ask(&bench, &route, (header::COOKIE, counter.cookie)).await;
                let allowed = match route.access {
                    Access::Open => true,
                    Access::Roles(roles) => roles.contains(&role),
                    // A code of its own says that nobody of the desk is the channel.
                    Access::Channel => {
                        answer.refused(Code::NotTheChannel);
                        continue;
                    }
                };
                let place = format!("{} {} as {name} of {outlet}", route.method, route.path);
                assert_ne!(answer.body["code"], Code::NotSignedIn.as_str(), "{place}");
                let refused = answer.body["code"] == Code::RoleMayNot.as_str();
                assert_eq!(refused, !allowed, "{place}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_channel_gets_its_own_routes_and_no_other() {
    let bench = Bench::with(everybody).await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let revoked = Channel::new(&bench, "old.channel").await;
    revoked.revoke().await;
    for route in routes() {
        let place = format!("{} {}", route.method, route.path);
        for (channel, is_revoked) in [(&channel, false), (&revoked, true)] {
            let bearer = (header::AUTHORIZATION, channel.bearer());
            let answer = ask(&bench, &route, bearer).await;
            let code = answer.body["code"].as_str();
            let turned_away = [Code::NotSignedIn, Code::NotTheChannel, Code::RoleMayNot];
            match (route.access, is_revoked) {
                (Access::Roles(_), _) => answer.refused(Code::NotSignedIn),
                (Access::Channel, true) => answer.refused(Code::NotTheChannel),
                (Access::Open, _) | (Access::Channel, false) => {
                    let away = turned_away.iter().any(|away| code == Some(away.as_str()));
                    assert!(!away, "{place}: {answer:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_sign_in() {
    let bench = Bench::new().await;
    for route in routes() {
        for cookie in [
            "",
            "etc-session=",
            "etc-session=00",
            &format!("etc-session={}", "0".repeat(64)),
        ] {
            let answer = ask(&bench, &route, (header::COOKIE, cookie.to_owned())).await;
            match route.access {
                Access::Open => assert_ne!(answer.body["code"], Code::NotSignedIn.as_str()),
                Access::Roles(_) | Access::Channel => answer.refused(Code::NotSignedIn),
            }
        }
    }
}

#[test]
fn an_auditor_changes_nothing_and_every_list_of_roles_is_used() {
    for route in routes() {
        let Access::Roles(roles) = route.access else {
            continue;
        };
        assert!(!roles.is_empty(), "{}", route.path);
        if roles.contains(&Role::Auditor) {
            let read = ["/sight", "/session", "/find"];
            let reads = read.iter().any(|end| route.path.ends_with(end));
            assert!(
                reads || route.method == "GET",
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}

/// A customer: of which bank, at which outlet a card is begun, and which.
struct Customer {
    number: &'static str,
    bank: Option<Bank>,
    outlet: &'static str,
    card: &'static str,
    card_type: u8,
    bank_card: Option<&'static str>,
}

const OWN: Customer = Customer {
    number: "1",
    bank: None,
    outlet: "LZ01",
    card: "card-new",
    card_type: 22,
    bank_card: None,
};
const LANZHOU: Customer = Customer {
    number: "2",
    bank: Some(Bank::Lanzhou),
    outlet: "LB01",
    card: "card-new-2",
    card_type: 23,
    bank_card: Some("6221390000000013"),
};
const ICBC: Customer = Customer {
    number: "3",
    bank: Some(Bank::Icbc),
    outlet: "IC01",
    card: "card-new-4",
    card_type: 22,
    bank_card: Some("6222020000000015"),
};

/// The application of a customer, and the task of the card that was begun for it.
struct Begun {
    customer: &'static Customer,
    application: String,
    begin: Value,
    task: String,
}

async fn begun(bench: &Bench, channel: &Channel<'_>, customer: &'static Customer) -> Begun {
    let plate = format!("甘A1000{}", customer.number);
    let fields = json!({ "bank": customer.bank, "card_type": customer.card_type });
    let application = channel
        .applied(with(new(customer.number, &plate), fields))
        .await;
    let counter = bench.counter(&operator(customer.outlet, "teller")).await;
    let open = format!("/applications/{application}/open");
    counter.post(&open, json!({})).await.ok();
    let card = Plastic::new(customer.card);
    let begin = json!({
        "work": {
            "kind": "issue", "application": application, "mode": "new", "bank_card": customer.bank_card,
        },
        "card": {
            "number": card.number, "issue": apdu_core::hex::encode(card.card.issue_file()),
        },
    });
    let task = counter.post("/card-tasks", begin.clone()).await.ok();
    let task = task["id"].as_str().unwrap().to_owned();
    Begun {
        customer,
        application,
        begin,
        task,
    }
}

/// Asks a route about this application.
async fn about(counter: &Counter<'_>, route: &Route, body: &str, begun: &Begun) -> Answer {
    let id = match route.path.contains("/card-tasks/") {
        true => &begun.task,
        false => &begun.application,
    };
    let path = route.path.replace("{id}", id).replace("/api/v1", "");
    let body = match body {
        "" => return counter.get(&path).await,
        "begin" => begun.begin.clone(),
        body => serde_json::from_str(body).unwrap(),
    };
    counter.post(&path, body).await
}

#[tokio::test]
async fn an_application_is_served_by_its_bank_or_an_own_outlet_and_by_nobody_else() {
    let bench = Bench::with(everybody).await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let mut all = Vec::new();
    for customer in [&OWN, &LANZHOU, &ICBC] {
        all.push(begun(&bench, &channel, customer).await);
    }
    let is_about = |route: &Route| {
        let kinds = ["/applications/{id}", "/card-tasks"];
        kinds.iter().any(|kind| route.path.contains(kind))
    };
    let mut asked = 0;
    for route in routes().iter().filter(|route| is_about(route)) {
        let known = ABOUT_APPLICATIONS
            .iter()
            .find(|(path, _)| *path == route.path);
        let (_, body) = known.unwrap_or_else(|| panic!("{} is not in the matrix", route.path));
        let Access::Roles(roles) = route.access else {
            panic!("{} is no operator's", route.path);
        };
        for (outlet, kind, bank) in OUTLETS {
            for (_, name) in ROLES.iter().filter(|(role, _)| roles.contains(role)) {
                let counter = bench.counter(&operator(outlet, name)).await;
                for one in &all {
                    let answer = about(&counter, route, body, one).await;
                    let place = format!("{} as {name} of {outlet}: {answer:?}", route.path);
                    let serves = match kind {
                        OutletKind::Own => one.customer.bank.is_none(),
                        OutletKind::Bank => bank.is_some() && one.customer.bank == bank,
                    };
                    let refused = answer.body["code"] == Code::ApplicationUnknown.as_str();
                    assert_eq!(refused, !serves, "{place}");
                    // Whoever may not see it gets nothing of it; a mistake of ours would show as one.
                    assert_ne!(answer.status, 500, "{place}");
                    assert_ne!(answer.status, 400, "{place}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 9 * 2 * 6 * 3, "{asked}");
    assert_eq!(
        demo::PASSWORD,
        "demo-only-2026",
        "as it stands in the matrix"
    );
}
