//! Who belongs to an instance of a resource: the people of its client and those of the resource (lain-spec 3.2).

use super::*;

const INSTANCE_GROUP: &str = "lainapp-lain-local-resource-redis-cli";

/// alice has the resource `redis`, with eve as a member; bob has the app `cli` that uses it, not deployed yet.
async fn world() -> World {
    let world = World::new().await;
    let build = "build: {base: a, script: [b]}\n";
    let service = "service.redis:\n  cmd: x\n  port: 6379\n  portal: {cmd: y, port: 6379}\n";
    let redis = format!("appname: redis\napptype: resource\n{build}{service}");
    world.ledger.images.put("redis", "1-a", &redis);
    let uses = "worker:\n  cmd: x\nuse_resources: {redis: {services: [redis]}}\n";
    world.ledger.images.put("cli", "1-a", &format!("appname: cli\n{build}{uses}"));
    for (user, app) in [("alice", "redis"), ("bob", "cli")] {
        world.ask(user, "POST /repos/", &json!({"appname": app})).await.is(201, "repos");
    }
    world.sso.add("lainapp-lain-local-redis", "eve", "normal");
    world.ask("alice", "POST /apps/", &json!({"appname": "redis"})).await.is(202, "app");
    world
}

#[tokio::test]
async fn an_instance_belongs_to_those_of_its_client_and_of_its_resource() {
    let world = world().await;
    world.ask("bob", "POST /apps/", &json!({"appname": "cli"})).await.is(202, "app");
    for (user, role) in [("bob", "admin"), ("alice", "admin"), ("eve", "normal"), ("root", "admin")] {
        let reply = world.ask(user, "GET /repos/resource.redis.cli/roles/", &Value::Null).await;
        assert_eq!(reply.is(200, "role"), json!({"role": role}), "{user}");
    }
    let apps = world.ask("eve", "GET /apps/", &Value::Null).await.is(200, "apps");
    let names: Vec<_> = apps.as_array().unwrap().iter().map(|app| &app["appname"]).collect();
    assert_eq!(names, ["redis", "resource.redis.cli"], "and not the client");
}

/// Also those who did not deploy it, with the higher role of a user of both.
#[tokio::test]
async fn all_people_of_the_client_belong_to_its_instance() {
    let world = world().await;
    world.sso.add("lainapp-lain-local-cli", "eve", "admin");
    world.ask("bob", "POST /apps/", &json!({"appname": "cli"})).await.is(202, "app");
    let reply = world.ask("eve", "GET /repos/resource.redis.cli/roles/", &Value::Null).await;
    assert_eq!(reply.is(200, "role"), json!({"role": "admin"}));
}

/// `redis-x` with `y`, and `redis` with `x-y`: the second one is refused, and nobody comes to what is not theirs.
#[tokio::test]
async fn two_instances_never_share_a_group() {
    let world = world().await;
    let build = "build: {}\n";
    let service = "service.db:\n  cmd: x\n  port: 1\n  portal: {cmd: y, port: 1}\n";
    world.ledger.images.put(
        "redis-x",
        "1-a",
        &format!("appname: redis-x\napptype: resource\n{build}{service}"),
    );
    for (client, resource) in [("y", "redis-x"), ("x-y", "redis")] {
        let uses = format!("worker:\n  cmd: x\nuse_resources: {{{resource}: {{services: []}}}}\n");
        world.ledger.images.put(client, "1-a", &format!("appname: {client}\n{build}{uses}"));
    }
    for (user, app, status) in [("eve", "redis-x", 202), ("eve", "y", 202), ("bob", "x-y", 406)] {
        world.ask(user, "POST /repos/", &json!({"appname": app})).await.is(201, "repos");
        let reply = world.ask(user, "POST /apps/", &json!({"appname": app})).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(status == 406, reply.text.contains("have the group of resource.redis-x.y"), "{reply:?}");
    }
}

#[tokio::test]
async fn without_its_group_no_instance_is_made_and_nothing_deployed() {
    let world = world().await;
    let deploy = async || world.ask("bob", "POST /apps/", &json!({"appname": "cli"})).await;
    for at in ["/api/groups/", "/group-members/", "/members/eve"] {
        world.sso.set_mood(Mood::Failing(at));
        deploy().await.refused(500, "app");
        world.sso.set_mood(Mood::Well);
        world.ask("bob", "GET /apps/cli/", &Value::Null).await.refused(404, "app");
        world.ask("root", "GET /repos/resource.redis.cli/", &Value::Null).await.refused(404, "app");
    }
    deploy().await.is(202, "app");
}

#[tokio::test]
async fn a_group_that_is_somebody_elses_is_a_refusal() {
    let world = world().await;
    world.sso.add(INSTANCE_GROUP, "eve", "admin");
    let refusal = world.ask("bob", "POST /apps/", &json!({"appname": "cli"})).await.refused(406, "app");
    assert!(refusal.contains("resource.redis.cli"), "{refusal}");
    world.ask("bob", "GET /apps/cli/", &Value::Null).await.refused(404, "app");
}
