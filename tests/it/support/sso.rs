//! A LAIN SSO in this process (lain-spec 4.2 and 4.3): users by their tokens, groups with members and with groups of members,
//! and tokens for those who have none yet (RFC 6749).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Who there is. A user's token is the user's name, the password `pw-<user>`, and the code after a log-in `code-<user>`.
const USERS: [&str; 4] = ["alice", "bob", "eve", "root"];

/// What the installation is to the SSO: its `client_id` and `client_secret`.
pub(crate) const CLIENT: (&str, &str) = ("slipway", "s&cret");

/// The SSO. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Sso {
    pub(crate) url: String,
    groups: Arc<Mutex<BTreeMap<String, Group>>>,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// How it answers.
#[derive(Clone, Copy, Default)]
pub(crate) enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With 502, to all whose path contains this.
    Failing(&'static str),
    /// With 200 and this, to all whose path contains the first.
    Saying(&'static str, &'static str),
    /// Never.
    Silent,
    /// With the way to somewhere else.
    Moved,
}

#[derive(Default)]
struct Group {
    /// Roles by user.
    members: BTreeMap<String, String>,
    /// Roles by group.
    groups: BTreeMap<String, String>,
}

impl Sso {
    /// With the group `lain`, of which `root` is an admin.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sso = Self { url, groups: Arc::default(), mood: Arc::default(), asked: Arc::default() };
        sso.add("lain", "root", "admin");
        let router = axum::Router::new().fallback(answer).with_state(sso.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        sso
    }

    /// Makes a user a member of a group, which comes into being if there is none.
    pub(crate) fn add(&self, group: &str, user: &str, role: &str) {
        let mut groups = self.groups.lock().unwrap();
        groups.entry(group.to_owned()).or_default().members.insert(user.to_owned(), role.to_owned());
    }

    /// Has it answer so from now on.
    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What was asked since the last time, like `GET /api/me/`.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The role of a user in a group, also by way of a group in it.
    fn role(groups: &BTreeMap<String, Group>, group: &str, user: &str) -> Option<String> {
        let group = groups.get(group)?;
        let nested = || {
            group.groups.iter().find_map(|(name, role)| Self::role(groups, name, user).map(|_| role.clone()))
        };
        group.members.get(user).cloned().or_else(nested)
    }

    fn respond(&self, method: &Method, path: &str, caller: Option<&str>, body: &Value) -> Response {
        let mut groups = self.groups.lock().unwrap();
        let segments: Vec<_> = path.trim_matches('/').split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let is_admin = |groups: &BTreeMap<String, Group>, group: &str| {
            caller.is_some_and(|caller| Self::role(groups, group, caller).as_deref() == Some("admin"))
        };
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["api", "me"]) => match caller {
                Some(name) => {
                    let of = groups.keys().filter(|group| Self::role(&groups, group, name).is_some());
                    json!({"name": name, "groups": of.collect::<Vec<_>>()}).to_string().into_response()
                }
                None => StatusCode::UNAUTHORIZED.into_response(),
            },
            ("POST", ["api", "groups"]) => {
                let (name, Some(caller)) = (body["name"].as_str().unwrap(), caller) else {
                    return StatusCode::UNAUTHORIZED.into_response();
                };
                if groups.contains_key(name) {
                    return StatusCode::CONFLICT.into_response();
                }
                let members = [(caller.to_owned(), "admin".to_owned())].into();
                groups.insert(name.to_owned(), Group { members, ..Group::default() });
                StatusCode::CREATED.into_response()
            }
            ("GET", ["api", "groups", group]) => groups.get(*group).map_or_else(not_found, |group| {
                let members = group.members.iter().map(|(name, role)| json!({"name": name, "role": role}));
                json!({"members": members.collect::<Vec<_>>()}).to_string().into_response()
            }),
            ("GET", ["api", "groups", group, "members", user]) => Self::role(&groups, group, user)
                .map_or_else(not_found, |role| json!({"role": role}).to_string().into_response()),
            ("PUT" | "DELETE", ["api", "groups", group, ..]) if !is_admin(&groups, group) => {
                StatusCode::FORBIDDEN.into_response()
            }
            ("PUT", ["api", "groups", group, "members", user]) if USERS.contains(user) => {
                let role = body["role"].as_str().unwrap_or_default().to_owned();
                groups.get_mut(*group).unwrap().members.insert((*user).to_owned(), role);
                StatusCode::OK.into_response()
            }
            ("PUT", ["api", "groups", group, "group-members", member]) => {
                groups.get_mut(*group).unwrap().groups.insert((*member).to_owned(), "admin".to_owned());
                StatusCode::OK.into_response()
            }
            ("DELETE", ["api", "groups", group, "members", user]) if USERS.contains(user) => {
                groups.get_mut(*group).unwrap().members.remove(*user);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => not_found(),
        }
    }
}

async fn answer(State(sso): State<Sso>, request: Request) -> Response {
    let path = request.uri().path();
    sso.asked.lock().unwrap().push(format!("{} {path}", request.method()));
    let mood = *sso.mood.lock().unwrap();
    match mood {
        Mood::Silent => std::future::pending().await,
        Mood::Moved => return (StatusCode::FOUND, [("location", "/api/elsewhere")]).into_response(),
        Mood::Failing(at) if path.contains(at) => return StatusCode::BAD_GATEWAY.into_response(),
        Mood::Saying(at, body) if path.contains(at) => return body.into_response(),
        Mood::Failing(_) | Mood::Saying(..) | Mood::Well => {}
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if parts.method == Method::POST && parts.uri.path() == "/oauth2/token" {
        return grant(str::from_utf8(&body).unwrap());
    }
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let token = parts.headers.get("authorization").map(|value| value.to_str().unwrap());
    let caller = token.and_then(|token| token.strip_prefix("Bearer ")).filter(|token| USERS.contains(token));
    sso.respond(&parts.method, parts.uri.path(), caller, &body)
}

/// Answers a form that asks for a token.
fn grant(form: &str) -> Response {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let form: BTreeMap<_, _> = pairs.map(|(name, value)| (name, decoded(value))).collect();
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let user = match value("grant_type") {
        // It leads nobody to where the code was not meant for.
        "authorization_code" if value("redirect_uri").ends_with("://localhost/api/v1/authorize/") => {
            value("code").strip_prefix("code-")
        }
        "password" => value("password").strip_prefix("pw-").filter(|user| *user == value("username")),
        _ => None,
    };
    match user {
        _ if (value("client_id"), value("client_secret")) != CLIENT => {
            StatusCode::UNAUTHORIZED.into_response()
        }
        Some(user) if USERS.contains(&user) => {
            json!({"access_token": user, "token_type": "Bearer", "expires_in": 3600})
                .to_string()
                .into_response()
        }
        Some(_) | None => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response(),
    }
}

fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// A path segment, or a value of a form; `%2D` is what clients may make of `-`.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let pair = [rest.clone().next(), rest.clone().nth(1)];
        match pair {
            [Some(high), Some(low)] if byte == b'%' => {
                let hex = [high, low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
