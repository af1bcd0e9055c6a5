//! The table: DynamoDB, here and nowhere else.
//!
//! | item | `pk` | `sk` |
//! |---|---|---|
//! | project | `K#<region>/<project>` | `!` |
//! | app | `K#<region>/<project>` | `<app>` |
//! | service: what is wanted, what is applied | `K#<region>/<project>` | `<app>/<service>` |
//! | its status: what was seen, and the lease | `K#<region>/<project>` | `<app>/<service>!` |
//! | revision, in the place of the one that is no longer kept | `R#<region>/<project>/<app>/<service>` | number mod 11 |
//! | project in its region's list | `P#<region>` | `<project>` |
//! | the region that has a namespace of a cluster | `N#<cluster>` | `<project>` |
//! | operation | `O#<uid of its subject>` | generation |
//! | audit entry | `U#<region>/<project>` | `<time>/<request>` |
//! | answer to an idempotency key | `I#<hash of caller, method and path>` | the key |
//! | console app: what is wanted, what is applied | `A#<region>` | `<app>` |
//! | its status: what was seen, and the lease | `A#<region>` | `<app>!` |
//! | its revision, in the place of the one that is no longer kept | `R#<region>/<app>` | number mod 11 |
//! | its audit entry, which the oplog shows | `L#<region>/<app>` | `<time>/<request>` |
//! | an app that uses portals of a service app | `C#<region>/<service app>` | `<app>` |
//! | the app that has a port of a cluster's edge | `T#<cluster>` | `<port>` |
//! | notifier | `H#<region>/<type>` | hash of its URL |
//! | how many notifiers there are | `H#<region>/<type>/count` | `!` |
//! | delivery to a notifier | `V#<region>/<hash of the URL>` | `<time>/<id>` |
//!
//! One sparse index, `attention`, holds what must be found without knowing its name:
//!
//! | entry | `gpk` | `gsk` |
//! |---|---|---|
//! | service, project, console app or delivery that the sweeper is to ring for | `D#<0-7>` | due time |
//! | status, with its fingerprint, for the observer | `S#<region>` | `<project>/<app>/<service>` or `<app>` |
//!
//! Names go into keys as they are; the separators are characters that names cannot have, and sort so
//! that a project, an app with all below it, and a service with its status are each one range.
//! Revisions have places, not a growing range, so that all of them are read in one call and a new one takes
//! the place of the oldest. `ttl` is the table's time-to-live attribute. A status is an item of its own, so that what is seen never touches what is wanted.

mod commit;
mod console;
mod item;
mod key;
mod notifiers;
mod read;
mod record;
mod schema;
mod transaction;
mod update;
mod work;

use aws_sdk_dynamodb::Client;

use self::key::Key;
use crate::aws::Connection;

pub use commit::{Accepted, Change, Committed, Mutation, Record, Replay, ReplayKey};
pub use console::{AppChange, AppMutation, Note, OplogEntry, ReadApp, UsedPort};
pub use read::{Place, ReadService, Target, Tree};
pub use transaction::pause;
pub use work::{Completion, Due, Finished, Lease, LeaseTaken, Observed, Setback, Work, fingerprint};

/// When the sweeper rings for what was accepted and not applied, in seconds: with its own minute, a lost doorbell
/// costs at most 80 s.
pub const DUE_AFTER_S: i64 = 20;

/// The table, behind the questions that may be asked of it.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// A store in this table; `endpoint` where it is not AWS's own.
    pub fn new(connection: &Connection, endpoint: Option<&str>, table: String) -> Self {
        Self { client: Client::new(&connection.sdk_config(endpoint)), table }
    }

    /// Opens the connection, so that the first request finds it open. Whatever the answer, it is one.
    pub async fn warm(&self) {
        let key = Key { pk: "warm-up".to_owned(), sk: "warm-up".to_owned() };
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key.into_map()));
        let _answer = request.send().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client reads the roots at its first connection over TLS, and panics if it cannot.
    #[tokio::test]
    async fn the_roots_that_we_trust_can_be_read() {
        let credentials = aws_credential_types::Credentials::from_keys("a", "s", None);
        let connection = Connection::new("us-east-1".to_owned(), credentials).unwrap();
        let store = Store::new(&connection, Some("https://127.0.0.1:1"), "slipway".to_owned());
        assert!(store.due(0).await.is_err(), "nobody listens there");
    }
}
