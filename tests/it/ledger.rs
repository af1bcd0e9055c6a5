//! What each route costs in calls to the table and the queue (performance §2, P7). One call too many fails.

mod rows;
mod world;

use std::sync::Arc;

use common::http::{Access, Auth, RateLimit, Route};
use reqwest::Method;

use self::rows::{Body, Case, Row, rows};
use self::world::{World, abbreviated, calls, some_services};
use crate::support::{Answer, Calls};

/// The routes of the microservice dialect; those of the console have a ledger of their own.
pub(crate) fn routes() -> Vec<Route> {
    let all = local::routes();
    let own = all.table().iter().filter(|route| !is_of_console(route));
    own.cloned().collect()
}

/// Whether a route is the console's.
pub(crate) fn is_of_console(route: &Route) -> bool {
    route.path.starts_with("/api/v1/") || route.path.starts_with("/v2/authorize/")
}

/// The row of a route.
fn row_of(route: &Route) -> Row {
    let key = key(route);
    let row = rows().into_iter().find(|row| row.route == key);
    row.unwrap_or_else(|| panic!("{key} has no row: say in tests/it/ledger/rows.rs what it costs"))
}

/// A route in the notation of the rows.
pub(crate) fn key(route: &Route) -> String {
    format!("{} {}", route.method, abbreviated(route.path))
}

/// The routes that have a row.
pub(crate) fn routes_with_a_row() -> Vec<&'static str> {
    rows().into_iter().map(|row| row.route).collect()
}

#[track_caller]
fn assert_is((answer, cost): &(Answer, Calls), case: &Case, expected: &str) {
    let word = answer.status.is_client_error() || answer.status.is_server_error();
    let word = if word { format!(" {}", answer.json()["error"].as_str().unwrap()) } else { String::new() };
    assert_eq!(format!("{}{word}", answer.status.as_u16()), expected, "{}: {answer:?}", case.params);
    assert_eq!(*cost, calls(case.cost), "{}, answered {expected}", answer.request);
}

#[tokio::test]
async fn each_route_costs_what_its_row_says() {
    let world = World::new().await;
    for route in routes() {
        let row = row_of(&route);
        for case in &row.cases {
            assert_is(&world.send(row.route, case, &[]).await, case, case.answer);
        }
    }
}

/// Refusals before any handler: they cost nothing, whoever sends how many of them.
#[tokio::test]
async fn refusals_at_the_gate_cost_nothing() {
    let mut world = World::new().await;
    let free =
        |params: &str, case: &Case| Case { params: params.to_owned(), cost: rows::FREE, ..case.clone() };
    let open = world.ledger.context.auth.clone();
    for route in routes() {
        let Row { route: key, cases } = row_of(&route);
        let happy = &cases[0];
        if route.access == Access::Public {
            continue;
        }
        if let Some(below) = happy.params.strip_prefix("xq") {
            let elsewhere = free(&format!("nowhere{below}"), happy);
            assert_is(&world.send(key, &elsewhere, &[]).await, &elsewhere, "404 RegionNotFound");
            let disabled = free(&format!("off{below}"), happy);
            if route.access.is_mutation() {
                assert_is(&world.send(key, &disabled, &[]).await, &disabled, "503 ServiceUnavailable");
            }
        }
        let free = free(&happy.params, happy);
        if route.access.is_mutation() {
            let foreign = [("origin", "https://evil.example")];
            assert_is(&world.send(key, &free, &foreign).await, &free, "403 AccessDenied");
        }
        world.ledger.context.auth = Auth::Closed;
        assert_is(&world.send(key, &free, &[]).await, &free, "401 Unauthenticated");
        world.ledger.context.auth = open.clone();
    }
}

#[tokio::test]
async fn a_mutation_beyond_the_rate_costs_nothing() {
    let mut world = World::new().await;
    for route in routes().into_iter().filter(|route| route.access.is_mutation()) {
        let Row { route: key, cases } = row_of(&route);
        world.ledger.context.rate = Some(Arc::new(RateLimit::new(std::num::NonZeroU32::MIN)));
        assert_is(&world.send(key, &cases[0], &[]).await, &cases[0], cases[0].answer);
        let again = Case { cost: rows::FREE, ..cases[0].clone() };
        let refused = world.send(key, &again, &[]).await;
        assert_is(&refused, &again, "429 TooManyRequests");
        assert_eq!(refused.0.header("retry-after"), Some("1"), "{key}");
    }
}

#[tokio::test]
async fn an_idempotency_key_costs_no_call_and_a_replay_two_at_most() {
    let world = World::new().await;
    for route in routes().into_iter().filter(|route| route.access.is_mutation()) {
        let Row { route: key, cases } = row_of(&route);
        let case = &cases[0];
        let headers = [("idempotency-key", key.split_whitespace().next().unwrap())];
        let first = world.send(key, case, &headers).await;
        assert_is(&first, case, "200");
        assert_eq!(first.0.header("idempotent-replayed"), None, "{key}");

        let (replay, cost) = world.send(key, case, &headers).await;
        assert_eq!((replay.status, &replay.text), (first.0.status, &first.0.text), "{key}");
        assert_eq!(replay.header("idempotent-replayed"), Some("true"), "{key}");
        assert!(cost.values().sum::<u32>() <= 2, "{key}: {cost:?}");
        if let Body::Text(text) = case.body
            && !text.is_empty()
        {
            let other = Case { body: Body::Text(format!("{text} ").leak()), ..case.clone() };
            let (conflict, cost) = world.send(key, &other, &headers).await;
            conflict.refused(409, "IdempotencyConflict");
            assert!(cost.values().sum::<u32>() <= 2, "{key}: {cost:?}");
        }

        // The project that one makes need not be there; all other routes look for it first.
        let cost = if route.access == Access::Administer { rows::FREE } else { rows::GET };
        let unusable = Case { cost, params: case.params.replace("new", "newer"), ..case.clone() };
        let refused = world.send(key, &unusable, &[("idempotency-key", "a b")]).await;
        assert_is(&refused, &unusable, "400 InvalidArgument");
    }
}

#[tokio::test]
async fn a_read_is_one_call_however_much_there_is() {
    let world = World::new().await;
    let reads = ["GET B/projects", "GET B/projects/{project}/apps", "GET A", "GET A/microservices", "GET M"];
    let reads = || rows().into_iter().filter(|row| reads.contains(&row.route));
    world.app("big", &some_services(32)).await;
    for index in 0..20 {
        world.app(&format!("app{index}"), &some_services(1)).await;
        world.ledger.run(Method::PUT, &format!("/regions/xq/v1/projects/p{index}"), "").await.0.ok();
    }
    let mut asked = 0;
    for Row { route, cases } in reads() {
        for params in ["xq", "xq p", "xq p big", "xq p big s31"] {
            if params.split(' ').count() == cases[0].params.split(' ').count() {
                let case = Case { params: params.to_owned(), ..cases[0].clone() };
                assert_is(&world.send(route, &case, &[]).await, &case, "200");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 5);
}

#[tokio::test]
async fn an_app_is_one_transaction_and_a_send_for_each_ten_services() {
    let world = World::new().await;
    for (count, send) in [
        (0, None),
        (1, Some(("SendMessage", 1))),
        (2, Some(("SendMessageBatch", 1))),
        (10, Some(("SendMessageBatch", 1))),
        (11, Some(("SendMessageBatch", 2))),
        (32, Some(("SendMessageBatch", 4))),
    ] {
        let expected = |read: &'static str| {
            let calls = [(read, 1), ("TransactWriteItems", 1)].into_iter().chain(send);
            calls.map(|(operation, count)| (operation.to_owned(), count)).collect::<Calls>()
        };
        let name = format!("of{count}");
        assert_eq!(world.app(&name, &some_services(count)).await, expected("BatchGetItem"), "{name}");
        let deleted = world.ask(Method::DELETE, &format!("/apps/{name}"), "").await;
        assert_eq!(deleted, expected("Query"), "{name}");
    }
}

#[tokio::test]
async fn a_hundred_requests_share_one_connection() {
    let world = World::new().await;
    for count in 0..50 {
        world.ask(Method::GET, "/apps/work/microservices/web", "").await;
        world.ask(Method::PUT, &format!("/apps/work/microservices/scaled/scale/{}", count % 2 + 1), "").await;
    }
    assert_eq!(world.ledger.connections(), (1, 1), "of the table and of the queue");
}
