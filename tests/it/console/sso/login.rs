//! The way back from the SSO's log-in (lain-spec 1.4).

use common::http::OpenAccess;

use super::*;

#[tokio::test]
async fn a_log_in_leads_to_the_web_console_with_a_token() {
    let world = World::new().await;
    for (path, headers, scheme) in [
        ("GET /authorize/?code=code-alice", vec![], "http"),
        ("GET /authorize?state=1&code=code%2Dalice", vec![("x-forwarded-proto", "https")], "https"),
    ] {
        let reply = world.ask_with(&headers, path, &Value::Null).await;
        assert_eq!((reply.status, reply.text.as_str()), (302, ""), "{reply:?}");
        let wanted =
            format!("{scheme}://archon.lain.local/authorize/complete?access_token=alice&expires_in=3600");
        assert_eq!(reply.headers["location"], wanted);
    }
    assert_eq!(world.sso.take_asked(), ["POST /oauth2/token"; 2]);
}

#[tokio::test]
async fn without_a_good_code_nobody_is_led_anywhere() {
    let mut world = World::new().await;
    for (query, status) in
        [("", 400), ("?code=", 400), ("?x=code=1", 400), ("?code=alice", 401), ("?code=code-nobody", 401)]
    {
        world.ask("", &format!("GET /authorize/{query}"), &Value::Null).await.refused(status, "auth");
    }
    let ask = async |world: &World| world.ask("", "GET /authorize/?code=code-alice", &Value::Null).await;
    for mood in [Mood::Failing("/oauth2/"), Mood::Moved] {
        world.sso.set_mood(mood);
        ask(&world).await.refused(401, "auth");
    }
    world.sso.set_mood(Mood::Saying("/oauth2/", r#"{"access_token":"","expires_in":1}"#));
    ask(&world).await.refused(401, "auth");
    for expires_in in
        [r#"{"access_token":"t","expires_in":"60"}"#, r#"{"access_token":"t","expires_in":null}"#]
    {
        world.sso.set_mood(Mood::Saying("/oauth2/", expires_in));
        assert_eq!(ask(&world).await.status, 302, "{expires_in}");
    }
    world.sso.set_mood(Mood::Well);
    let stranger = OAuthClient { id: CLIENT.0.to_owned(), secret: Password("wrong".to_owned()) };
    for client in [None, Some(stranger)] {
        world.ledger.context.auth = Auth::LainSso(common::sso::Sso::new(&world.sso.url, client).unwrap());
        ask(&world).await.refused(401, "auth");
    }
    world.ledger.context.auth = Auth::Open(OpenAccess::default());
    ask(&world).await.refused(401, "auth");
}
