//! A registry that fails, and images that are not what they seem.

use local::push::archive;

use super::*;
use crate::support::Answering;

/// What the registry cannot tell is nobody's fault here, and nothing is half done: the next try finds all as it was.
#[tokio::test]
async fn while_the_registry_fails_nothing_is_deployed() {
    let desk = Desk::new().await;
    desk.register("hello").await;
    desk.put("hello", "1-a", "worker:\n  cmd: x\n");
    let manifest = "/v2/hello/manifests/meta-1-a";
    let bad = |status| Answering::With(status, None, String::new());
    for (path, answering) in [
        ("/v2/hello/tags/list", bad(500)),
        ("/v2/hello/tags/list", bad(401)),
        ("/v2/hello/tags/list", Answering::Never),
        ("/v2/hello/tags/list", Answering::Endlessly),
        (manifest, bad(503)),
        (manifest, Answering::Never),
    ] {
        let what = format!("{path} {answering:?}");
        desk.0.images.answer(path, answering);
        let reply = desk.create("hello").await;
        assert!(reply.refused(500, "app").starts_with("could not "), "{what}: {reply:?}");
        assert!(!reply.text.contains("127.0.0.1"), "{reply:?}");
        desk.ask("GET /apps/hello/", Value::Null).await.refused(404, "app");
        desk.0.images.mend();
    }
    let tags = desk.ask("GET /repos/hello/versions/", Value::Null).await.is(200, "version");
    assert_eq!(tags["tags"], json!(["1-a"]));
    desk.create("hello").await.is(202, "app");
    desk.0.images.answer("/v2/hello/tags/list", bad(500));
    desk.ask("GET /repos/hello/versions/", Value::Null).await.refused(500, "version");
    desk.update("hello").await.refused(500, "app");
    let shown = desk.ask("GET /apps/hello/", Value::Null).await.is(200, "app");
    assert_eq!(shown["revision"], 1);
}

/// What the registry tells and what is not good in it are refused, with the reason (406).
#[tokio::test]
async fn an_image_that_lies_is_refused_and_nothing_deployed() {
    let desk = Desk::new().await;
    desk.register("hello").await;
    desk.put("hello", "1-a", "worker:\n  cmd: x\n");
    let (outside, other) = (archive("README", "appname: hello\n").unwrap(), "0".repeat(64));
    let other = format!("sha256:{other}");
    for (layer, digest, size, words) in [
        (outside.as_slice(), None, None, "no file lain.yaml"),
        (b"x", Some(other.as_str()), None, "sends something else"),
        (b"x", None, Some(2 << 30), "a layer of 2147483648 bytes"),
        (b"x", None, None, "cannot be read"),
    ] {
        desk.0.images.image("hello", "meta-1-a", layer, digest, size);
        let refusal = desk.create("hello").await.refused(406, "app");
        assert!(refusal.contains(words), "{words}: {refusal}");
        desk.ask("GET /apps/hello/", Value::Null).await.refused(404, "app");
    }
}
