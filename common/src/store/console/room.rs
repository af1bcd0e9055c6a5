//! Whether what a change would write has room in the table.

use aws_sdk_dynamodb::types::AttributeValue;

use super::record;
use super::writes::{AppChange, hold_ports, relate};
use crate::domain::console::name::AppName;
use crate::domain::error::{Error, Result};
use crate::store::item::Attributes;
use crate::store::transaction::Transaction;

/// An item has 400 KB; that of an app also says what the cluster has of it, and each one has a key and times.
const WANTED_KIB_MAX: usize = 180;
const REVISION_KIB_MAX: usize = 390;
/// A transaction has 4 MB, for what is small in it too.
const CHANGES_KIB_MAX: usize = 3_900;
/// So many writes has a transaction.
const WRITES_MAX: usize = 100;

/// Refuses changes that have no room in the table.
pub fn check_room(cluster: &str, changes: &[AppChange]) -> Result<()> {
    let mut related = Transaction::new("");
    let (mut bytes, mut writes) = (0, 1);
    for change @ AppChange { before, after, yaml } in changes {
        let wanted = size(&record::wanted(after)?);
        fits(after.name(), wanted, WANTED_KIB_MAX)?;
        let revision = match yaml {
            Some(yaml) => size(&record::revision_item(after, yaml)?),
            None => 0,
        };
        fits(after.name(), revision, REVISION_KIB_MAX)?;
        bytes += wanted + revision;
        writes += 2 + usize::from(change.yaml.is_some());
        relate(&mut related, before.as_ref(), after)?;
        hold_ports(&mut related, cluster, before.as_ref(), after)?;
    }
    let Some(first) = changes.first() else { return Ok(()) };
    fits(first.after.name(), bytes, CHANGES_KIB_MAX)?;
    writes += related.len();
    if writes > WRITES_MAX {
        return Err(Error::Unacceptable(format!(
            "{} changes too much at once, with its resources, services and ports of the edge: \
             that is {writes} writes where there is room for {WRITES_MAX}",
            first.after.name()
        )));
    }
    Ok(())
}

fn fits(app: &AppName, bytes: usize, kib_max: usize) -> Result<()> {
    if bytes <= kib_max * 1024 {
        return Ok(());
    }
    Err(Error::Unacceptable(format!(
        "the lain.yaml of {app} says more than there is room for: {} KiB are to be kept where {kib_max} fit",
        bytes.div_ceil(1024)
    )))
}

/// As DynamoDB counts: names and values.
fn size(item: &Attributes) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        // No other kind is written here.
        _ => 0,
    };
    item.iter().map(|(name, held)| name.len() + value(held)).sum()
}
