//! What is found by the index: due subjects, and the statuses of a region.

use crate::domain::error::{Error, Result};
use crate::domain::name::RegionName;
use crate::domain::subject::{ServiceId, Subject};
use crate::store::item::{Attributes, Reader, string};
use crate::store::{Store, key, read, schema};

/// A status that the table has, and what tells it from another.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Whose it is.
    pub id: ServiceId,
    /// None if nothing was seen yet.
    pub fingerprint: Option<String>,
}

/// Subjects per shard and sweep; the next sweep takes the rest.
const DUE_MAX: i32 = 250;

impl Store {
    /// Subjects that were due by `now_s` (seconds since the epoch), of all shards.
    pub async fn due(&self, now_s: i64) -> Result<Vec<Subject>> {
        let mut subjects = Vec::new();
        for shard in 0..key::DUE_SHARDS {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(schema::INDEX)
                .key_condition_expression("gpk = :gpk AND gsk <= :now")
                .expression_attribute_values(":gpk", string(key::due_partition(shard)))
                .expression_attribute_values(":now", string(key::due_time(now_s)))
                .limit(DUE_MAX);
            let page =
                request.send().await.map_err(|error| Error::unavailable("look for due subjects", error))?;
            for item in page.items.unwrap_or_default() {
                subjects.push(read_subject(&item)?);
            }
        }
        Ok(subjects)
    }

    /// The statuses of a region's services.
    pub async fn observed(&self, region: &RegionName) -> Result<Vec<Observed>> {
        let mut observed = Vec::new();
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(schema::INDEX)
            .key_condition_expression("gpk = :gpk")
            .expression_attribute_values(":gpk", string(key::observed_partition(region)));
        let mut start = None;
        loop {
            let page = request.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| Error::unavailable("list the statuses of a region", error))?;
            for item in page.items.unwrap_or_default() {
                if let Subject::Service(id) = read_subject(&item)? {
                    let fingerprint = Reader(&item).optional_str("fingerprint").map(str::to_owned);
                    observed.push(Observed { id, fingerprint });
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(observed);
            }
        }
    }
}

fn read_subject(item: &Attributes) -> Result<Subject> {
    let key = read::read_key(item)?;
    key::subject(&key.pk, &key.sk).ok_or_else(|| {
        Error::internal("read the index", format!("no subject has the key {} {}", key.pk, key.sk))
    })
}
