//! What is found by the index: due subjects, and the statuses of a region.

use crate::domain::console::notify::DeliveryId;
use crate::domain::error::Result;
use crate::domain::name::RegionName;
use crate::domain::subject::Subject;
use crate::store::item::{Attributes, Reader, string};
use crate::store::{Store, key, read, schema};

/// A status that the table has, and what tells it from another.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Whose it is.
    pub subject: Subject,
    /// None if nothing was seen yet.
    pub fingerprint: Option<String>,
}

/// What was due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Subjects, for the worker.
    pub subjects: Vec<Subject>,
    /// Deliveries, for the webhooks.
    pub deliveries: Vec<DeliveryId>,
}

impl Store {
    /// What was due by `now_s` (seconds since the epoch).
    pub async fn due(&self, now_s: i64) -> Result<Due> {
        let mut due = Due::default();
        for shard in 0..key::DUE_SHARDS {
            for entry in self.entries(key::due_partition(shard), Some(key::due_time(now_s))).await? {
                let key = read::read_key(&entry)?;
                match key::delivery(&key.pk, &key.sk) {
                    Some(delivery) => due.deliveries.push(delivery),
                    None => due.subjects.extend(read_subject(&entry)),
                }
            }
        }
        Ok(due)
    }

    /// The statuses of a region's subjects.
    pub async fn observed(&self, region: &RegionName) -> Result<Vec<Observed>> {
        let entries = self.entries(key::observed_partition(region), None).await?;
        let observed = |item: &Attributes| {
            let fingerprint = Reader(item).optional_str("fingerprint").map(str::to_owned);
            Some(Observed { subject: read_subject(item)?, fingerprint })
        };
        Ok(entries.iter().filter_map(observed).collect())
    }

    /// All entries of a partition of the index, up to a sort key.
    async fn entries(&self, partition: String, last: Option<String>) -> Result<Vec<Attributes>> {
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(schema::INDEX)
            .expression_attribute_values(":gpk", string(partition));
        request = match last {
            Some(last) => request
                .key_condition_expression("gpk = :gpk AND gsk <= :last")
                .expression_attribute_values(":last", string(last)),
            None => request.key_condition_expression("gpk = :gpk"),
        };
        read::all_pages(request).await
    }
}

/// An entry that names no subject is passed over: it must not keep the others from being found.
fn read_subject(item: &Attributes) -> Option<Subject> {
    let key = read::read_key(item).ok()?;
    let subject = key::subject(&key.pk, &key.sk);
    if subject.is_none() {
        tracing::error!(pk = key.pk, sk = key.sk, "Passed over an index entry that names no subject");
    }
    subject
}
