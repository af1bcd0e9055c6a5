//! Services and resources, and the apps that use them.

use serde_json::{Value, json};

use crate::support::console::{App, V1, V2, console};
use crate::support::eventually;

const REDIS: &str = "service.redis:\n  cmd: redis-server\n  port: 6379\n  memory: \"{{ memory|default('64M') }}\"\n  \
     num_instances: \"{{ num_instances|default(2)|int(2) }}\"\n  portal:\n    cmd: ./proxy\n    port: 6379\n";

fn uses_redis(redis: &App) -> String {
    let name = &redis.name;
    format!(
        "worker:\n  cmd: x\nuse_resources:\n  {name}:\n    memory: 128M\n    num_instances: 1\n    services: [redis]\n"
    )
}

/// F4: a resource and its client.
async fn resource_and_client() -> (App, App) {
    let redis = console().registered("redis").await;
    redis.push(V1, &format!("apptype: resource\n{REDIS}")).await;
    let shown = redis.deploy().await;
    assert_eq!(shown["apptype"], "resource");
    let client = redis.console.registered("cli").await;
    client.push(V1, &uses_redis(&redis)).await;
    client.deploy().await;
    client.is_ready().await;
    (redis, client)
}

/// F5: a service and its client.
async fn service_and_client() -> (App, App) {
    let service = console().registered("ipsvc").await;
    let sections = "web:\n  cmd: x\nportal.portal-ip:\n  service_name: ip\n  cmd: ./portal\n  port: 8080\n";
    service.push(V1, sections).await;
    service.deploy().await;
    service.is_ready().await;
    let client = service.console.registered("ipcli").await;
    client.push(V1, &format!("worker:\n  cmd: x\nuse_services:\n  {}: [ip]\n", service.name)).await;
    client.deploy().await;
    client.is_ready().await;
    (service, client)
}

fn instance_of(redis: &App, client: &App) -> App {
    App { console: redis.console.clone(), name: format!("resource.{}.{}", redis.name, client.name) }
}

/// 7, 62, 84, 86.
#[tokio::test]
async fn a_resource_runs_as_its_clients_instances() {
    let (redis, client) = resource_and_client().await;
    let instance = instance_of(&redis, &client);
    let repos = redis.console.get("/repos/").await.is(200, "repos");
    assert!(repos.as_array().unwrap().iter().any(|repo| repo["appname"] == instance.name.as_str()));

    let ready = instance.is_ready().await;
    assert_eq!(ready["apptype"], "resource-instance");
    let proc = &ready["procs"][0];
    assert_eq!((&proc["memory"], &proc["numinstances"]), (&json!("128 MB"), &json!(1)));
    assert!(proc["image"].as_str().unwrap().ends_with(&format!("/{}:release-{V1}", redis.name)), "{proc}");

    let shown = redis.view().await;
    let template = &shown["procs"][0];
    assert_eq!(template["memory"], "{{ memory|default('64M') }}");
    assert_eq!(template["numinstances"], "{{ num_instances|default(2)|int(2) }}");
    assert_eq!(template["pods"], json!([]));
    assert_eq!(shown["resourceinstances"][0]["appname"], instance.name.as_str());
    let told = redis.console.get(&format!("/resources/{}/instances/", redis.name)).await.is(200, "instances");
    assert_eq!(told[0]["appname"], instance.name.as_str());
    let none =
        redis.console.get(&format!("/resources/{}/instances/", client.name)).await.is(200, "instances");
    assert_eq!(none, json!([]));
    assert_eq!(redis.console.delete(&redis.at("")).await.is(403, "app")["apptype"], "resource");

    let used = client
        .until("the portal is ready", |app| {
            let portal = &app["useresources"][0]["resourceinstance"]["portals"][0];
            portal["pods"][0]["status"] == "True"
        })
        .await;
    assert_eq!(used["useresources"][0]["resourcename"], redis.name.as_str());
    assert_eq!(used["useresources"][0]["resourceprocs"], json!(["portal-redis"]));
}

/// 91 and 3.6: a newer resource changes no instance; an update of the instance does.
#[tokio::test]
async fn an_instance_is_made_anew_by_its_own_update() {
    let (redis, client) = resource_and_client().await;
    let instance = instance_of(&redis, &client);
    redis.push(V2, &format!("apptype: resource\n{}", REDIS.replace("redis-server", "redis-new"))).await;
    let shown = redis.console.put(&redis.at(""), &json!({})).await.is(202, "app");
    assert_eq!(shown["metaversion"], V2);
    assert_eq!(instance.view().await["metaversion"], V1);
    let shown = instance.console.put(&instance.at(""), &json!({})).await.is(202, "app");
    assert_eq!(shown["metaversion"], V2);
    assert_eq!(shown["procs"][0]["cmd"], json!(["redis-new"]));
    let back = instance.console.put(&instance.at(""), &json!({"meta_version": V1})).await.is(202, "app");
    assert_eq!(back["procs"][0]["cmd"], json!(["redis-server"]));
    instance.console.put(&instance.at(""), &json!({"meta_version": "1-x"})).await.is(400, "app");
    instance.is_ready().await;
}

/// 64, 92: the instance goes with its client, or when the client no longer uses the resource.
#[tokio::test]
async fn an_instance_goes_with_its_use() {
    let (redis, client) = resource_and_client().await;
    let instances = async || {
        redis.console.get(&format!("/resources/{}/instances/", redis.name)).await.is(200, "instances")
    };
    client.push(V2, "worker:\n  cmd: x\n").await;
    client.console.put(&client.at(""), &json!({})).await.is(202, "app");
    assert_eq!(instances().await, json!([]));
    let instance = instance_of(&redis, &client);
    let cluster = instance.cluster().await;
    eventually("the instance is gone", async || {
        cluster.deployment("redis").await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;

    client.push("2435893486-a", &uses_redis(&redis)).await;
    client.console.put(&client.at(""), &json!({})).await.is(202, "app");
    assert_eq!(instances().await[0]["appname"], instance.name.as_str());
    client.console.delete(&client.at("")).await.is(202, "app");
    assert_eq!(instances().await, json!([]));
}

/// 87: a missing resource is fatal, a missing service is not.
#[tokio::test]
async fn a_missing_resource_is_refused_and_a_missing_service_told() {
    let absent = console().fresh("absent");
    let client = console().registered("needs").await;
    client.push(V1, &uses_redis(&absent)).await;
    let refusal = client.console.post("/apps/", &json!({"appname": client.name})).await.refused(406, "app");
    assert!(refusal.contains(&absent.name), "{refusal}");
    client.push(V2, &format!("worker:\n  cmd: x\nuse_services:\n  {}: [ip]\n", absent.name)).await;
    let reply = client.console.post("/apps/", &json!({"appname": client.name})).await;
    let shown = reply.is(202, "app");
    assert!(reply.json()["msg"].as_str().unwrap().contains(&absent.name), "{reply:?}");
    let used = json!({"servicename": absent.name, "serviceprocs": ["portal-ip"], "service": {}});
    assert_eq!(shown["useservices"], json!([used]));
}

/// 66, 72, 89: portals run with their clients.
#[tokio::test]
async fn a_portal_runs_in_the_namespace_of_each_client() {
    let (service, client) = service_and_client().await;
    let procs = service.console.get(&service.at("procs/")).await.is(200, "procs");
    assert_eq!(procs.as_array().unwrap().len(), 1, "{procs}");
    let shown = service.view().await;
    assert_eq!(
        (&shown["apptype"], &shown["portals"][0]["procname"]),
        (&json!("service"), &json!("portal-ip"))
    );
    service.console.post(&service.at("procs/"), &json!({"procname": "portal-ip"})).await.refused(400, "proc");
    assert_eq!(
        service.console.delete(&service.at("procs/portal-ip/")).await.is(400, "proc")["pods"],
        json!([])
    );
    assert_eq!(service.proc("portal-ip").await["pods"], json!([]));

    let seen = client
        .until("its portal is ready", |app| {
            app["useservices"][0]["service"]["portals"][0]["pods"][0]["status"] == "True"
        })
        .await;
    let used = &seen["useservices"][0];
    assert_eq!((&used["servicename"], &used["serviceprocs"]), (&json!(service.name), &json!(["portal-ip"])));
    assert_eq!(used["service"]["appname"], service.name.as_str());
    assert_eq!(used["service"]["useservices"], json!([]));
    let cluster = client.cluster().await;
    assert!(cluster.service("ip").await.is_some(), "clients reach it by the service's name");
    assert!(service.cluster().await.deployment(&format!("{}-portal-ip", service.name)).await.is_none());
}

/// §6: a new version of the service reaches the portals of its clients.
#[tokio::test]
async fn portals_follow_the_service() {
    let (service, client) = service_and_client().await;
    let newer = "web:\n  cmd: x\nportal.portal-ip:\n  service_name: ip\n  cmd: ./newer\n  port: 8080\n";
    service.push(V2, newer).await;
    service.console.put(&service.at(""), &json!({})).await.is(202, "app");
    let cluster = client.cluster().await;
    let name = format!("{}-portal-ip", service.name);
    eventually("the portal is of the new version", async || {
        let deployment = cluster.deployment(&name).await.ok_or("none")?;
        let args = deployment.spec.unwrap().template.spec.unwrap().containers[0].args.clone();
        if args == Some(vec!["./newer".to_owned()]) { Ok(()) } else { Err("the old one") }
    })
    .await;
    service.console.delete(&service.at("")).await.is(202, "app");
    eventually("the portal is gone", async || {
        cluster.deployment(&name).await.map_or(Ok(()), |_| Err("it is there"))
    })
    .await;
    assert_eq!(client.view().await["useservices"][0]["service"], json!({}));
}

/// A port of the cluster's edge is one app's.
#[tokio::test]
async fn a_port_of_the_edge_is_held_by_one_app() {
    let first = console().registered("edge").await;
    let sections = "worker:\n  cmd: x\n  ports: {\"9777:8000/tcp\": null}\n";
    first.push(V1, sections).await;
    first.deploy().await;
    let second = console().registered("edge").await;
    second.push(V1, sections).await;
    let refusal = second.console.post("/apps/", &json!({"appname": second.name})).await.refused(406, "app");
    assert!(refusal.contains("9777") && refusal.contains(&first.name), "{refusal}");
    let used = first.console.get("//v1/usedstreamrouterports/anything").await.is(200, "streamrouter");
    let port = json!({"srcport": 9777, "dstport": 8000, "proto": "tcp", "NameSpace": first.name,
        "ProcName": format!("{}.worker.worker", first.name)});
    assert!(used.as_array().unwrap().contains(&port), "{used}");
    first.console.delete(&first.at("")).await.is(202, "app");
    second.deploy().await;
    let is_mine = |port: &&Value| port["NameSpace"] == second.name.as_str();
    let used = first.console.get("/usedstreamrouterports").await.is(200, "streamrouter");
    assert_eq!(used.as_array().unwrap().iter().filter(is_mine).count(), 1, "{used}");
}
