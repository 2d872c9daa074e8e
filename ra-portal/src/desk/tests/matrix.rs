//! Every route of the desk: without a session, from a foreign page, and with a session of each role.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use policy::Role;

use super::browser::Browser;
use crate::desk::route::{Needs, ROUTES, Route};
use crate::world::World;

fn path(route: &Route) -> String {
    route
        .path
        .replace("{authority}", "jinan")
        .replace("{serial}", "0a")
        .replace("{batch}", &"0".repeat(32))
        .replace("{case}", "C-2026-9999999")
        .replace("{part}", "who")
        .replace("{digest}", &"0".repeat(64))
        .replace("{token}", &"0".repeat(64))
        .replace("{draft}", &"0".repeat(32))
        .replace("{act}", &"0".repeat(32))
        .replace("{proposal}", "9999")
        .replace("{question}", "issued")
        .replace("{mass}", &"0".repeat(32))
        .replace("{unit}", &"0".repeat(64))
        .replace("{officer}", "OP-9999")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_asks_for_a_session_and_for_the_role() {
    let world = World::found().await;
    let mut open = ROUTES.iter().filter(|route| route.needs == Needs::Nothing);
    assert!(
        open.all(|route| route.path.starts_with("/desk/sign-in")),
        "only signing in needs no session"
    );
    let nobody = Browser {
        world: &world,
        cookie: None,
    };
    let (mut refused, mut allowed) = (0, 0);
    for route in ROUTES.iter().filter(|route| route.needs != Needs::Nothing) {
        let (path, about) = (path(route), format!("{} {}", route.method, route.path));
        let answer = match route.method {
            Method::GET => nobody.get(&path).await,
            _ => nobody.post(&path, &[]).await,
        };
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{about}");
        assert!(
            answer
                .header(header::LOCATION)
                .starts_with("/desk/sign-in?next=/"),
            "{about}"
        );
    }
    for role in Role::ALL {
        let browser = Browser::of(&world, role).await;
        for route in ROUTES.iter().filter(|route| route.needs != Needs::Nothing) {
            if route.path == "/desk/sign-out" {
                continue;
            }
            let (path, about) = (
                path(route),
                format!("{} {} as {role}", route.method, route.path),
            );
            let answer = match route.method {
                Method::GET => browser.get(&path).await,
                _ => browser.post(&path, &[]).await,
            };
            let rules = world.authority.policy().rules();
            let may = match route.needs {
                Needs::Verb(verbs) => verbs
                    .iter()
                    .any(|verb| rules.authorize(role, *verb).is_ok()),
                _ => true,
            };
            assert!(!answer.status.is_server_error(), "{about}: {}", answer.body);
            assert_eq!(
                answer.body.contains("P403"),
                !may,
                "{about}: {}",
                answer.body
            );
            if may {
                allowed += 1;
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{about}");
                refused += 1;
            }
        }
    }
    assert!(
        refused >= 60 && allowed >= 60,
        "{refused} refused, {allowed} allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_does_nothing() {
    let world = World::found().await;
    let browser = Browser::of(&world, Role::Entry).await;
    let cookie = browser.cookie.clone().unwrap();
    for route in ROUTES.iter().filter(|route| route.method == Method::POST) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "http://elsewhere.test"),
            ("origin", "null"),
            ("x-nothing", "at all"),
        ] {
            let request = Request::post(path(route))
                .header(name, value)
                .header(header::HOST, "portal.test:8080")
                .header(header::COOKIE, &cookie)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from("profile=staff-signing&authority=jinan"))
                .unwrap();
            let answer = world.send(request).await;
            assert_eq!(
                answer.status,
                StatusCode::FORBIDDEN,
                "{} {name} {value}",
                route.path
            );
            assert!(answer.body.contains("W403"), "{}", answer.body);
        }
    }
    // An older browser says only where the page came from.
    let request = Request::post("/draft/new")
        .header(header::ORIGIN, "http://portal.test:8080")
        .header(header::COOKIE, &cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("profile=staff-signing&authority=jinan"))
        .unwrap();
    assert_eq!(world.send(request).await.status, StatusCode::SEE_OTHER);
}
