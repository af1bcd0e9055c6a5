//! The table: what each route costs, in good and in bad cases. Paths are in the notation of kirk-spec 1.1:
//! `B = /regions/{region}/v1`, `A = B/projects/{project}/apps/{app}`, `M = A/microservices/{service}`.

/// One route.
pub(super) struct Row {
    pub(super) route: &'static str,
    /// The first is the happy path.
    pub(super) cases: Vec<Case>,
}

/// One request, in the world of [`super::world`].
#[derive(Clone)]
pub(super) struct Case {
    /// The values of the path's parameters, in their order.
    pub(super) params: String,
    pub(super) body: Body,
    /// The status, and the word of an error.
    pub(super) answer: &'static str,
    pub(super) cost: Cost,
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    Text(&'static str),
    /// A good one that says it is XML.
    Xml(&'static str),
    /// More than may come.
    TooLarge,
}

/// Calls by operation, in alphabetical order.
pub(super) type Cost = &'static [(&'static str, u32)];

pub(super) const FREE: Cost = &[];
pub(super) const GET: Cost = &[("GetItem", 1)];
pub(super) const BATCH: Cost = &[("BatchGetItem", 1)];
pub(super) const QUERY: Cost = &[("Query", 1)];
/// One call more, on the way to an error.
const QUERY_MISSED: Cost = &[("BatchGetItem", 1), ("Query", 1)];
const GET_MISSED: Cost = &[("BatchGetItem", 1), ("GetItem", 1)];
const BATCH_MISSED: Cost = &[("BatchGetItem", 2)];
const CHANGE: Cost = &[("BatchGetItem", 1), ("SendMessage", 1), ("TransactWriteItems", 1)];
/// Nothing changes, and what was accepted before is not applied yet.
const RING: Cost = &[("BatchGetItem", 1), ("SendMessage", 1)];
/// A change that the cluster has no part in.
const WRITE: Cost = &[("BatchGetItem", 1), ("TransactWriteItems", 1)];
const DELETE_APP: Cost = &[("Query", 1), ("SendMessage", 1), ("TransactWriteItems", 1)];
const DELETE_APP_OF_TWO: Cost = &[("Query", 1), ("SendMessageBatch", 1), ("TransactWriteItems", 1)];
const DELETE_EMPTY_APP: Cost = &[("Query", 1), ("TransactWriteItems", 1)];

const APP: &str = r#"{"name":"new","microservices":[{"name":"web","type":"stateless","resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}]}"#;
const TAKEN_APP: &str = r#"{"name":"work"}"#;
const DYING_APP: &str = r#"{"name":"dying"}"#;
const BAD_APP: &str = r#"{"name":"New","microservices":[{}]}"#;
const HUGE_APP: &str = r#"{"name":"huge","microservices":[{"name":"web","type":"stateless","instanceNumber":101,"resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}]}"#;
const SERVICE: &str =
    r#"{"name":"new","type":"stateless","resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}"#;
const TAKEN_SERVICE: &str =
    r#"{"name":"web","type":"stateless","resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}"#;
const DYING_SERVICE: &str =
    r#"{"name":"dying","type":"stateless","resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}"#;
const HUGE_SERVICE: &str = r#"{"name":"huge","type":"stateless","instanceNumber":101,"resourceSpec":"1U1G","containers":[{"image":"nginx:1"}]}"#;
const UPGRADE: &str = r#"{"resourceSpec":"2U4G"}"#;
const SAME: &str = r#"{"resourceSpec":"1U1G"}"#;
const UNKNOWN_SPEC: &str = r#"{"resourceSpec":"9U9G"}"#;
const PORTS: &str = r#"{"ports":[{"port":80,"protocol":"TCP"}]}"#;
const NO_PORTS: &str = r#"{"ports":[]}"#;
const BAD_PORTS: &str = r#"{"ports":[{"port":0,"protocol":"TCP"}]}"#;

pub(super) fn rows() -> Vec<Row> {
    [installation(), apps(), services(), actions(), revisions()].into_iter().flatten().collect()
}

fn installation() -> Vec<Row> {
    vec![
        row("GET /healthz", [bare("", "200", FREE)]),
        row("GET /v1/regions", [bare("", "200", FREE)]),
        row("GET B/resourcespecs", [bare("xq", "200", FREE)]),
        row("GET B/projects", [bare("xq", "200", QUERY), bare("nb", "200", QUERY)]),
        row(
            "GET B/projects/{project}",
            [
                bare("xq p", "200", GET),
                bare("xq absent", "404 SpaceNotFound", GET_MISSED),
                bare("xq Bad", "404 SpaceNotFound", FREE),
            ],
        ),
        row(
            "PUT B/projects/{project}",
            [
                bare("xq new", "200", CHANGE),
                bare("xq p", "200", BATCH),
                bare("nb p", "409 ProjectExists", BATCH),
                bare("xq Bad", "400 InvalidArgument", FREE),
                bare("xq kube-system", "400 InvalidArgument", FREE),
            ],
        ),
    ]
}

fn apps() -> Vec<Row> {
    vec![
        row(
            "GET B/projects/{project}/apps",
            [bare("xq p", "200", QUERY)].into_iter().chain(below_project("", QUERY_MISSED)),
        ),
        row("GET A", [bare("xq p work", "200", QUERY)].into_iter().chain(below_app("", QUERY_MISSED, BATCH))),
        row(
            "POST B/projects/{project}/apps",
            [
                case("xq p", Body::Text(APP), "200", CHANGE),
                case("xq p", Body::Text(r#"{"name":"none"}"#), "200", WRITE),
                case("xq p", Body::Text(TAKEN_APP), "409 AppExists", BATCH),
                case("xq p", Body::Text(DYING_APP), "409 OperationConflict", BATCH),
                case("xq p", Body::Text(HUGE_APP), "403 QuotaExceeded", BATCH),
                case("xq absent", Body::Text(APP), "404 SpaceNotFound", BATCH),
                case("xq Bad", Body::Text(APP), "404 SpaceNotFound", FREE),
            ]
            .into_iter()
            .chain(bad_bodies("xq p", BAD_APP, APP, GET))
            .chain([
                case("xq absent", Body::Text(BAD_APP), "404 SpaceNotFound", GET),
                case("xq Bad", Body::Text(BAD_APP), "404 SpaceNotFound", FREE),
            ]),
        ),
        row(
            "DELETE A",
            [
                bare("xq p one", "200", DELETE_APP),
                bare("xq p two", "200", DELETE_APP_OF_TWO),
                bare("xq p empty", "200", DELETE_EMPTY_APP),
                bare("xq p dying", "404 AppNotFound", QUERY_MISSED),
                bare("xq p foreign", "403 OperationForbbiden", QUERY),
            ]
            .into_iter()
            .chain(below_app("", QUERY_MISSED, BATCH)),
        ),
    ]
}

fn services() -> Vec<Row> {
    vec![
        row(
            "GET A/microservices",
            [bare("xq p work", "200", QUERY)].into_iter().chain(below_app("", QUERY_MISSED, BATCH)),
        ),
        row(
            "GET M",
            [bare("xq p work web", "200", QUERY)].into_iter().chain(below_service("", QUERY_MISSED, BATCH)),
        ),
        row(
            "POST A/microservices",
            [
                case("xq p work", Body::Text(SERVICE), "200", CHANGE),
                case("xq p work", Body::Text(TAKEN_SERVICE), "409 ServiceExists", BATCH),
                case("xq p work", Body::Text(DYING_SERVICE), "409 OperationConflict", BATCH),
                case("xq p work", Body::Text(HUGE_SERVICE), "403 QuotaExceeded", BATCH),
                case("xq p foreign", Body::Text(SERVICE), "403 OperationForbbiden", BATCH),
                case("xq p absent", Body::Text(SERVICE), "404 AppNotFound", BATCH),
                case("xq p dying", Body::Text(SERVICE), "404 AppNotFound", BATCH),
                case("xq p Bad", Body::Text(SERVICE), "404 AppNotFound", BATCH),
                case("xq absent work", Body::Text(SERVICE), "404 SpaceNotFound", BATCH),
                case("xq Bad work", Body::Text(SERVICE), "404 SpaceNotFound", FREE),
            ]
            .into_iter()
            .chain(bad_bodies("xq p work", r#"{"name":"New"}"#, SERVICE, GET)),
        ),
        action("DELETE M", "", Body::Text(""), [bare("xq p work deleted", "200", CHANGE)]),
    ]
}

fn actions() -> Vec<Row> {
    let put = |params: &str, body, answer, cost| case(params, Body::Text(body), answer, cost);
    vec![
        action(
            "PUT M/stop",
            "",
            Body::Text(""),
            [
                bare("xq p work stopped", "200", CHANGE),
                bare("xq p work stopped", "200", RING),
                bare("xq p work still", "200", BATCH),
            ],
        ),
        action(
            "PUT M/start",
            "",
            Body::Text(""),
            [
                bare("xq p work started", "200", CHANGE),
                bare("xq p work started", "200", RING),
                bare("xq p work web", "200", BATCH),
            ],
        ),
        action(
            "PUT M/scale/{count}",
            " 2",
            Body::Text(""),
            [
                bare("xq p work scaled 2", "200", CHANGE),
                bare("xq p work web 1", "200", BATCH),
                bare("xq p work web 0", "400 InvalidArgument", GET),
                bare("xq absent work web 0", "404 SpaceNotFound", GET),
                bare("xq p work db 2", "403 ServiceNotStateless", BATCH),
                bare("xq p work web 101", "403 QuotaExceeded", BATCH),
            ],
        ),
        action(
            "PUT M/upgrade",
            "",
            Body::Text(UPGRADE),
            [
                put("xq p work upgraded", UPGRADE, "200", CHANGE),
                put("xq p work web", SAME, "200", BATCH),
                put("xq p work web", UNKNOWN_SPEC, "400 InvalidArgument", BATCH),
            ]
            .into_iter()
            .chain(bad_bodies("xq p work web", "{}", UPGRADE, BATCH)),
        ),
        action(
            "PUT M/ports",
            "",
            Body::Text(PORTS),
            [put("xq p work exposed", PORTS, "200", CHANGE), put("xq p work web", NO_PORTS, "200", BATCH)]
                .into_iter()
                .chain(bad_bodies("xq p work web", BAD_PORTS, PORTS, BATCH)),
        ),
    ]
}

fn revisions() -> Vec<Row> {
    vec![
        row(
            "GET M/revisions",
            [bare("xq p work web", "200", BATCH)].into_iter().chain(below_service("", BATCH_MISSED, BATCH)),
        ),
        action(
            "PUT M/revisions/{revision}/rollback",
            " 1",
            Body::Text(""),
            [
                bare("xq p work rolled 1", "200", CHANGE),
                bare("xq p work web 1", "200", BATCH),
                bare("xq p work web 7", "404 RevisionNotFound", BATCH),
                bare("xq p work web 0", "400 InvalidArgument", GET),
                bare("xq absent work web 0", "404 SpaceNotFound", GET),
            ],
        ),
    ]
}

fn row(route: &'static str, cases: impl IntoIterator<Item = Case>) -> Row {
    Row { route, cases: cases.into_iter().collect() }
}

/// A change of a service: one read decides all that can be wrong with its path.
fn action(route: &'static str, rest: &str, body: Body, cases: impl IntoIterator<Item = Case>) -> Row {
    let foreign = bare(&format!("xq p foreign web{rest}"), "403 OperationForbbiden", BATCH);
    let wrong = below_service(rest, BATCH, BATCH).chain([foreign]).map(|case| Case { body, ..case });
    row(route, cases.into_iter().chain(wrong))
}

/// What is missing from a path, where finding out costs so much; names that nothing can have may cost less.
fn below_project(rest: &str, cost: Cost) -> impl Iterator<Item = Case> + use<> {
    let absent = bare(&format!("xq absent{rest}"), "404 SpaceNotFound", cost);
    [absent, bare(&format!("xq Bad{rest}"), "404 SpaceNotFound", FREE)].into_iter()
}

fn below_app(rest: &str, cost: Cost, impossible: Cost) -> impl Iterator<Item = Case> + use<> {
    let absent = bare(&format!("xq p absent{rest}"), "404 AppNotFound", cost);
    let impossible = bare(&format!("xq p Bad{rest}"), "404 AppNotFound", impossible);
    below_project(&format!(" work{rest}"), cost).chain([absent, impossible])
}

fn below_service(rest: &str, cost: Cost, impossible: Cost) -> impl Iterator<Item = Case> + use<> {
    let of = |name: &str, cost| bare(&format!("xq p work {name}{rest}"), "404 ServiceNotFound", cost);
    let own = [of("absent", cost), of("dying", cost), of("Bad", impossible)];
    below_app(&format!(" web{rest}"), cost, impossible).chain(own)
}

/// Bodies that are refused after one read.
fn bad_bodies(params: &str, bad: &'static str, good: &'static str, cost: Cost) -> Vec<Case> {
    vec![
        case(params, Body::Text(""), "400 InvalidArgument", cost),
        case(params, Body::Text("{"), "400 InvalidArgument", cost),
        case(params, Body::Text(bad), "400 InvalidArgument", cost),
        case(params, Body::Xml(good), "415 UnsupportedMediaType", cost),
        case(params, Body::TooLarge, "413 RequestTooLarge", cost),
    ]
}

fn bare(params: &str, answer: &'static str, cost: Cost) -> Case {
    case(params, Body::Text(""), answer, cost)
}

fn case(params: &str, body: Body, answer: &'static str, cost: Cost) -> Case {
    Case { params: params.to_owned(), body, answer, cost }
}
