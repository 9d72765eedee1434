//! The role matrix, made from the list of routes.

use apdu_core::fault::Code;
use axum::body::Body;
use axum::http::{Request, header};
use etc_api::Role;
use etc_backend::http::{Access, routes};

use crate::bench::Bench;

const OPERATORS: [(Role, &str); 3] = [
    (Role::Teller, "demo.teller"),
    (Role::Supervisor, "demo.supervisor"),
    (Role::Auditor, "demo.auditor"),
];

fn path(template: &str) -> String {
    template
        .replace("{number}", "62012201230100000017")
        .replace("{id}", "none")
        .replace("{day}", "20260601")
        .replace("{serial}", "6201230100010017")
        .replace("{sn}", "6210230100010017")
}

#[tokio::test]
async fn every_route_lets_its_roles_in_and_nobody_else() {
    for route in routes() {
        for (role, operator) in OPERATORS {
            let bench = Bench::new().await;
            let counter = bench.counter(operator).await;
            let request = Request::builder()
                .method(route.method.clone())
                .uri(path(route.path))
                .header(header::COOKIE, &counter.cookie);
            let answer = bench.send(request.body(Body::empty()).unwrap()).await;
            let allowed = match route.access {
                Access::Open => true,
                Access::Roles(roles) => roles.contains(&role),
                // A code of its own says that nobody of the desk is the channel.
                Access::Channel => {
                    answer.refused(Code::NotTheChannel);
                    continue;
                }
            };
            let place = format!("{} {} as {role:?}", route.method, route.path);
            let refused = answer.body["code"] == Code::RoleMayNot.as_str();
            assert_eq!(refused, !allowed, "{place}: {answer:?}");
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
            let request = Request::builder()
                .method(route.method.clone())
                .uri(path(route.path))
                .header(header::COOKIE, cookie);
            let answer = bench.send(request.body(Body::empty()).unwrap()).await;
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
