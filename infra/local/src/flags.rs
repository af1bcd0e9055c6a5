//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::domain::name::RegionName;

use crate::push::Push;

/// Runs Slipway on this machine: API, tables, queues, worker, registry and a development cluster.
#[derive(Clone, Debug, Parser)]
#[command(name = "cargo local", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Something else than to run it.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run it.
    #[command(flatten)]
    pub flags: Flags,
}

/// Something else than to run a stack.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Puts a version of an app into the registry of a running stack.
    Push(Push),
}

/// How to run a stack.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Flags {
    /// Where the HTTP API listens; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
    pub listen: SocketAddr,
    /// Tables, queues, cluster state; a restart finds all of it again.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Remove the folder at exit: a temporary one, unless --data names one that is absent or empty.
    #[arg(long)]
    pub ephemeral: bool,
    /// How callers are told apart.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = AuthMode::Open)]
    pub auth: AuthMode,
    /// A Host name accepted besides those of loopback; repeatable.
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
    /// The target cluster instead of the development control plane.
    #[arg(long, value_name = "FILE", env = "KUBECONFIG", value_parser = path)]
    pub kubeconfig: Option<PathBuf>,
    /// A region, with a cluster of its own if a kubeconfig is named; repeatable. The first one has project `demo`.
    #[arg(long, value_name = "NAME[=KUBECONFIG]", default_value = "local")]
    pub region: Vec<RegionFlag>,
    /// A regions document as deployed, instead of --region.
    #[arg(long, value_name = "FILE", conflicts_with = "region")]
    pub regions: Option<PathBuf>,
    /// The registry of the console's images, instead of the one of this stack.
    #[arg(long, value_name = "HOST:PORT")]
    pub registry: Option<String>,
    /// Have this stack's registry demand tokens.
    #[arg(long, conflicts_with = "registry")]
    pub registry_auth: bool,
    /// The domain under which the console's apps are reached; repeatable for more of them.
    #[arg(long, value_name = "NAME", default_value = "lain.local")]
    pub domain: Vec<String>,
    /// An app of the console that cannot be undeployed; repeatable, replaces the list of LAIN's own.
    #[arg(long, value_name = "NAME")]
    pub protected_app: Vec<String>,
    /// The waits before the tries of a delivery, like 0s,5s,5m.
    #[arg(long, value_name = "LIST")]
    pub webhook_schedule: Option<String>,
    /// The LAIN SSO that tells callers apart.
    #[arg(long, value_name = "URL", required_if_eq("auth", "lain-sso"))]
    pub sso_url: Option<String>,
    /// What this stack is called as a client of the SSO, for people who log in by it.
    #[arg(long, value_name = "ID", env = "SLIPWAY_SSO_CLIENT_ID", requires = "sso_client_secret")]
    pub sso_client_id: Option<String>,
    /// The secret of that client.
    #[arg(long, value_name = "SECRET", env = "SLIPWAY_SSO_CLIENT_SECRET", hide_env_values = true)]
    pub sso_client_secret: Option<String>,
    /// Another DynamoDB than the one in this process.
    #[arg(long, value_name = "URL")]
    pub dynamodb_url: Option<String>,
    /// Another SQS than the one in this process.
    #[arg(long, value_name = "URL")]
    pub sqs_url: Option<String>,
    /// Mutations per second and caller.
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<NonZeroU32>,
    /// Leave the API out: it runs elsewhere (`cargo lambda watch --invoke-address 127.0.0.1 --env-file DIR/env`).
    #[arg(long)]
    pub no_api: bool,
    /// Refuse changes; reads work.
    #[arg(long)]
    pub maintenance: bool,
}

/// How callers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// Every caller is an admin, whatever token it sends; loopback only.
    Open,
    /// Callers of the console are told apart by a LAIN SSO; the other API answers nobody.
    LainSso,
}

/// A region as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionFlag {
    /// Its id.
    pub name: RegionName,
    /// The kubeconfig of its own cluster.
    pub kubeconfig: Option<PathBuf>,
}

/// A path that may be empty: an empty `KUBECONFIG` is the same as none.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a parser")]
fn path(text: &str) -> Result<PathBuf, std::convert::Infallible> {
    Ok(PathBuf::from(text))
}

impl FromStr for RegionFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, kubeconfig) = match text.split_once('=') {
            Some((_, "")) => return Err("the kubeconfig after = is missing".to_owned()),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        Ok(Self { name: name.parse().map_err(|rule| format!("the name {rule}"))?, kubeconfig })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_region_may_bring_its_own_cluster() {
        assert_eq!("xq".parse::<RegionFlag>().unwrap().kubeconfig, None);
        let own: RegionFlag = "xq=/a/b=c".parse().unwrap();
        assert_eq!((own.name.as_str(), own.kubeconfig), ("xq", Some(PathBuf::from("/a/b=c"))));
        for bad in ["", "v1", "a b", "xq=", "=file"] {
            assert!(bad.parse::<RegionFlag>().is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn flags_that_make_no_stack_are_refused_with_their_names() {
        for (arguments, named) in [
            (&["--auth", "tokens"][..], "--auth"),
            (&["--auth", "lain-sso"], "--sso-url"),
            (&["--registry", "localhost:5000", "--registry-auth"], "--registry-auth"),
            (&["push", "hello"], "LAIN_YAML"),
            (&["push", "No App", "lain.yaml"], "APP"),
            (&["push", "hello", "lain.yaml", "--version", "a/b"], "--version"),
        ] {
            let refused = Cli::try_parse_from([&["cargo local"], arguments].concat()).unwrap_err();
            assert!(refused.to_string().contains(named), "{refused}");
        }
    }
}
