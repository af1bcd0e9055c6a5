//! What gets linked: which packages reach which crates, by cargo's own resolution (performance P17).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// What Lambda runs on.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
/// The packages that may link a Kubernetes client, and those that may link the back ends too.
const WITH_KUBERNETES: [&str; 3] = ["worker", "local", "tests"];
const WITH_BACK_ENDS: [&str; 2] = ["local", "tests"];

/// A second TLS stack, a second crypto provider, and a search for credentials at each cold start.
const NOWHERE: [&str; 6] =
    ["aws-config", "aws-lc-rs", "aws-lc-sys", "native-tls", "openssl-sys", "security-framework"];

/// The crates that each package of the workspace links, with their versions, on one target.
fn linked(target: &str) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let options = ["--offline", "--locked", "--filter-platform", target].map(str::to_owned);
    let metadata = MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap();
    let names: HashMap<&PackageId, (String, String)> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, (package.name.to_string(), package.version.to_string())))
        .collect();
    let links = links(&metadata);
    let reached = |from| reach(&links, from).into_iter().map(|id| names[id].clone()).collect();
    metadata.workspace_members.iter().map(|id| (names[id].0.clone(), reached(id))).collect()
}

/// What each package links directly; what it is only built or tested with is left out.
fn links(metadata: &Metadata) -> HashMap<&PackageId, Vec<&PackageId>> {
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let links = nodes.iter().map(|node| {
        let linked = node
            .deps
            .iter()
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        (&node.id, linked.map(|dependency| &dependency.pkg).collect())
    });
    links.collect()
}

fn reach<'a>(
    links: &HashMap<&'a PackageId, Vec<&'a PackageId>>,
    from: &'a PackageId,
) -> BTreeSet<&'a PackageId> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from];
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(&links[id]);
        }
    }
    reached
}

#[test]
fn no_package_links_what_it_has_no_use_for() {
    let is_kubernetes = |name: &str| name == "k8s-openapi" || name == "kube" || name.starts_with("kube-");
    let is_back_end = |name: &str| name.starts_with("dynoxide") || name.starts_with("rustack-");
    let mut wrong = Vec::new();
    for target in TARGETS {
        for (package, crates) in linked(target) {
            for (name, version) in crates {
                let is_wrong = NOWHERE.contains(&name.as_str())
                    || is_kubernetes(&name) && !WITH_KUBERNETES.contains(&package.as_str())
                    || is_back_end(&name) && !WITH_BACK_ENDS.contains(&package.as_str());
                if is_wrong {
                    wrong.push(format!("{target}: {package} links {name} {version}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A check that looks for nothing that is there would hold for ever.
#[test]
fn the_worker_links_kubernetes_and_the_local_stack_its_back_ends() {
    let linked = linked(TARGETS[0]);
    let has = |package: &str, name: &str| linked[package].iter().any(|(found, _)| found == name);
    for name in ["kube", "kube-client", "k8s-openapi", "rustls", "ring"] {
        assert!(has("worker", name), "{name}");
    }
    for name in ["dynoxide-rs", "rustack-sqs-core", "projects", "sweeper", "worker"] {
        assert!(has("local", name), "{name}");
    }
    for name in ["common", "rustls", "aws-sdk-dynamodb", "aws-sdk-sqs", "lambda_http"] {
        assert!(has("projects", name), "{name}");
    }
}

/// What reads images and `lain.yaml`, what asks the SSO, and what reads secret files: each only where it is needed. Cargo
/// resolves the features of all packages together, so each is asked about by itself.
#[test]
fn only_who_deploys_links_the_registry_and_yaml_and_only_the_console_an_http_client() {
    const DEPLOY: [&str; 4] = ["flate2", "minijinja", "saphyr-parser", "tar"];
    for (package, wanted) in [
        ("apps", [DEPLOY.as_slice(), &["aws-sdk-secretsmanager", "reqwest"]].concat()),
        ("repos", [DEPLOY.as_slice(), &["aws-sdk-secretsmanager", "reqwest"]].concat()),
        ("procs", vec!["reqwest"]),
        ("resources", vec!["reqwest"]),
        ("notify", vec!["reqwest"]),
        ("webhooks", vec!["reqwest"]),
        ("worker", vec!["aws-sdk-secretsmanager"]),
        ("sweeper", vec![]),
        ("projects", vec![]),
        ("microservices", vec![]),
        ("revisions", vec![]),
        ("resourcespecs", vec![]),
    ] {
        let tree =
            ["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{lib}"];
        let mut cargo = std::process::Command::new(env!("CARGO"));
        let output = cargo.args(tree).args(["--package", package, "--target", TARGETS[1]]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let linked = String::from_utf8(output.stdout).unwrap();
        let linked: BTreeSet<_> = linked.lines().map(|line| line.replace('_', "-")).collect();
        let all = [DEPLOY.as_slice(), &["aws-sdk-secretsmanager", "reqwest"]].concat();
        let found: BTreeSet<_> = all.into_iter().filter(|name| linked.contains(*name)).collect();
        assert_eq!(found, BTreeSet::from_iter(wanted), "{package}");
    }
}

#[test]
fn there_is_one_tls_stack_and_one_crypto_provider() {
    for target in TARGETS {
        let all: BTreeSet<_> = linked(target).into_values().flatten().collect();
        for name in ["rustls", "ring", "tokio-rustls", "hyper", "http", "tokio", "serde_json"] {
            let versions: Vec<_> = all.iter().filter(|(found, _)| found == name).collect();
            assert_eq!(versions.len(), 1, "{target}: {versions:?}");
        }
    }
}

/// The SDK's HTTP client links the reader of a machine's own store, whatever its settings. That ours is never
/// asked for has to be seen in the one place that makes clients.
#[test]
fn aws_is_trusted_by_our_own_roots() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../common/src");
    let aws = std::fs::read_to_string(source.join("aws.rs")).unwrap();
    assert!(aws.contains("TrustStore::empty().with_pem_certificate(AMAZON_ROOTS"));
    for other in ["TrustStore::default()", "with_native_roots", "build_http("] {
        assert!(!aws.contains(other), "{other}");
    }
    let roots = std::fs::read_to_string(source.join("aws/roots.pem")).unwrap();
    let count = roots.matches("-----BEGIN CERTIFICATE-----").count();
    assert!((1..=8).contains(&count), "each root costs at each cold start, and there are {count}");
}
