//! The back ends in this process, as far as no other ones are named.

use crate::backends::{DynamoDb, Sqs};
use crate::error::Result;
use crate::flags::Flags;
use crate::folder::Folder;

/// The back ends that run here.
pub(super) struct BackEnds {
    dynamodb: Option<DynamoDb>,
    sqs: Option<Sqs>,
}

impl BackEnds {
    /// Starts what the flags do not place elsewhere, with the tables in the folder.
    pub(super) async fn start(flags: &Flags, folder: &Folder, aws_region: &str) -> Result<Self> {
        let dynamodb = match flags.dynamodb_url {
            None => Some(DynamoDb::start(Some(&folder.path().join("tables.sqlite")), None).await?),
            Some(_) => None,
        };
        let sqs = match flags.sqs_url {
            None => Some(Sqs::start(aws_region, None).await?),
            Some(_) => None,
        };
        Ok(Self { dynamodb, sqs })
    }

    /// Where `DynamoDB` answers, here or elsewhere.
    pub(super) fn dynamodb_url<'a>(&'a self, flags: &'a Flags) -> Option<&'a str> {
        self.dynamodb.as_ref().map(DynamoDb::url).or(flags.dynamodb_url.as_deref())
    }

    /// Where SQS answers, here or elsewhere.
    pub(super) fn sqs_url<'a>(&'a self, flags: &'a Flags) -> Option<&'a str> {
        self.sqs.as_ref().map(Sqs::url).or(flags.sqs_url.as_deref())
    }

    /// Stops what runs here.
    pub(super) async fn stop(self) -> Result<()> {
        if let Some(sqs) = self.sqs {
            sqs.stop().await;
        }
        if let Some(dynamodb) = self.dynamodb {
            dynamodb.stop().await?;
        }
        Ok(())
    }
}
