//! The table of rights: every route of the contract, no other, and who may ask for it (reliability §4).

use std::collections::BTreeMap;

use common::http::{Access, Auth, Route};

use crate::ledger::{key, routes_with_a_row};
use crate::support::Ledger;

/// The routes of kirk-spec §4 with `GET /v1/regions`, the projects of 6.7 and ours, in the notation of 1.1.
const RIGHTS: [(&str, Access); 21] = [
    ("GET /healthz", Access::Public),
    ("GET /v1/regions", Access::SignedIn),
    ("GET B/projects", Access::SignedIn),
    ("PUT B/projects/{project}", Access::Administer),
    ("GET B/projects/{project}", Access::Read),
    // E1 to E5.
    ("GET B/resourcespecs", Access::SignedIn),
    ("POST B/projects/{project}/apps", Access::Write),
    ("GET B/projects/{project}/apps", Access::Read),
    ("GET A", Access::Read),
    ("DELETE A", Access::Write),
    // E6 to E16.
    ("POST A/microservices", Access::Write),
    ("GET M", Access::Read),
    ("GET A/microservices", Access::Read),
    ("PUT M/stop", Access::Write),
    ("PUT M/start", Access::Write),
    ("PUT M/scale/{count}", Access::Write),
    ("PUT M/upgrade", Access::Write),
    ("PUT M/ports", Access::Write),
    ("GET M/revisions", Access::Read),
    ("PUT M/revisions/{revision}/rollback", Access::Write),
    ("DELETE M", Access::Write),
];

/// Merging groups that claim the same route would panic.
fn table() -> Vec<Route> {
    crate::ledger::routes()
}

#[test]
fn the_contract_is_routed_and_nothing_else_with_these_rights() {
    let routed: BTreeMap<String, String> =
        table().iter().map(|route| (key(route), format!("{:?}", route.access))).collect();
    let expected: BTreeMap<String, String> =
        RIGHTS.iter().map(|(key, access)| ((*key).to_owned(), format!("{access:?}"))).collect();
    assert_eq!(routed, expected);
    assert_eq!(table().len(), RIGHTS.len(), "no route has two rows");
}

#[test]
fn every_route_has_a_row_in_the_ledger_and_every_row_a_route() {
    let routed: Vec<String> = table().iter().map(key).collect();
    let rows = routes_with_a_row();
    for key in &routed {
        assert!(
            rows.contains(&key.as_str()),
            "{key} has no row: say in tests/it/ledger/rows.rs what it costs"
        );
    }
    for key in &rows {
        assert!(routed.iter().any(|routed| routed == key), "{key} has a row and no route");
    }
    assert_eq!(rows.len(), routed.len());
}

/// Whatever changes something asks for more than to be signed in, and whatever does not asks for less.
#[test]
fn only_reads_are_free_of_a_right_to_write() {
    for route in table() {
        let is_read = route.method == reqwest::Method::GET;
        assert_eq!(route.access.is_mutation(), !is_read, "{}", key(&route));
        let is_in_a_project = route.path.contains("{project}");
        let is_about_a_project = matches!(route.access, Access::Read | Access::Write | Access::Administer);
        assert_eq!(is_about_a_project, is_in_a_project, "{}", key(&route));
    }
}

#[tokio::test]
async fn without_a_known_caller_only_the_health_is_told() {
    let mut ledger = Ledger::open().await;
    ledger.context.auth = Auth::Closed;
    for route in table() {
        // Neither the region nor anything below it exists: who asks comes first.
        let path = route.path.replace(['{', '}'], "");
        let (answer, _) = ledger.run(route.method.clone(), &path, "").await;
        if route.path == "/healthz" {
            assert_eq!(answer.ok()["status"], "ok");
        } else {
            answer.refused(401, "Unauthenticated");
        }
    }
}
