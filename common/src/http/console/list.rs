//! Lists of apps, within what Lambda answers with.

use axum::http::StatusCode;
use serde_json::Value;

use super::envelope::Envelope;
use crate::http::answer::LIST_BYTES_MAX;

impl Envelope {
    /// A list of apps with 200; without their pods, and saying so, if it is too long with them.
    pub fn list(key: &'static str, apps: Vec<Value>, url: String) -> Self {
        let (value, msg) = fit(Value::Array(apps), LIST_BYTES_MAX);
        Self { status: StatusCode::OK, key, value, msg: msg.to_owned(), url }
    }
}

fn fit(mut apps: Value, bytes_max: usize) -> (Value, &'static str) {
    if apps.to_string().len() <= bytes_max {
        return (apps, "");
    }
    without_pods(&mut apps);
    (apps, "there are too many pods to list: ask for each app")
}

fn without_pods(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(pods) = members.get_mut("pods") {
                *pods = Value::Array(Vec::new());
            }
            members.values_mut().for_each(without_pods);
        }
        Value::Array(items) => items.iter_mut().for_each(without_pods),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_too_long_has_no_pods_at_any_depth() {
        let list = |pods: Value| {
            let proc = json!({"procname": "web", "pods": pods});
            json!([{"procs": [proc], "useservices": [{"service": {"portals": [proc]}}]}])
        };
        let (with, without) = (list(json!([{"status": "True"}])), list(json!([])));
        assert_eq!(fit(with.clone(), with.to_string().len()), (with.clone(), ""));
        let (shown, msg) = fit(with.clone(), with.to_string().len() - 1);
        assert_eq!((shown, msg.is_empty()), (without, false));
    }
}
