//! Notifiers: who is told of pushed images, and the deliveries on their way to them (lain-spec 3.7).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::digest::sha256_hex;
use crate::domain::name::{RegionName, text};

/// What notifiers are told of. There is one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyType {
    /// An image was pushed.
    ImagePush,
}

impl NotifyType {
    /// The word in paths and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImagePush => "imagepush",
        }
    }

    /// The type of this word.
    pub fn parse(word: &str) -> Option<Self> {
        (word == Self::ImagePush.as_str()).then_some(Self::ImagePush)
    }
}

text! {
    /// Where a notifier listens: an `http` or `https` URL of at most 1024 visible ASCII characters, without user or fragment.
    NotifyUrl, |text| {
        if is_plain(text) {
            Ok(())
        } else {
            Err("must be an http or https URL with a host, of at most 1024 characters, without user and fragment")
        }
    }
}

/// A URL whose host is what it looks to be: parsers of the web read `http:x`, `http:///x` and `http:\x` as `http://x/` too.
fn is_plain(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let visible = text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_url = Url::parse(text).is_ok_and(|url| url.has_host() && url.fragment().is_none());
    visible && is_url && !authority.is_empty() && !authority.contains('@')
}

impl NotifyUrl {
    /// What stands for it in keys.
    pub fn id(&self) -> String {
        sha256_hex(self.as_str(), 16)
    }
}

/// A registered notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notifier {
    /// Where it listens.
    pub url: NotifyUrl,
    /// When it was registered; they are listed in this order.
    pub created: Timestamp,
}

/// Notifiers of a type: more would not fit into one transaction.
pub const NOTIFIERS_MAX: usize = 50;

/// Which delivery: the message of the webhooks' queue, which says no more than that there is something to do for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeliveryId {
    /// The region.
    pub region: RegionName,
    /// The notifier's [`NotifyUrl::id`].
    pub notifier: String,
    /// Unique among the notifier's, in the order of their time.
    pub delivery: String,
}

impl DeliveryId {
    /// A new one.
    pub fn new(region: RegionName, url: &NotifyUrl, at: Timestamp, unique: &str) -> Self {
        Self { region, notifier: url.id(), delivery: format!("{at}/{unique}") }
    }

    /// What the receiver knows it by: the same for every try.
    pub fn webhook_id(&self) -> &str {
        self.delivery.rsplit('/').next().unwrap_or_default()
    }
}

/// One event on its way to one notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// Where to.
    pub url: NotifyUrl,
    /// The body, JSON.
    pub body: String,
    /// How far it is.
    pub state: DeliveryState,
    /// How many tries were begun.
    pub tries: u32,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be tried, again or for the first time.
    Queued,
    /// The notifier has it.
    Delivered,
    /// It was tried as often as it is to be.
    Failed,
}

impl DeliveryState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// How long to wait before each try; none after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(pub Vec<Duration>);

impl Schedule {
    /// The wait before the try that follows `tries` ones.
    pub fn wait(&self, tries: u32) -> Option<Duration> {
        self.0.get(usize::try_from(tries).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notifier_is_a_plain_web_address() {
        for good in ["http://lxcmond.lain:3001/api/v1/imagepush", "https://x", "http://[::1]:80/a?b=c"] {
            assert!(good.parse::<NotifyUrl>().is_ok(), "{good} should pass");
        }
        for bad in [
            "",
            "x",
            "ftp://x",
            "http://",
            "http:///a",
            "http://:80/",
            "http:x",
            "http://x:port/",
            "http://[::1/",
            "http://@x/",
            "http://a%00b/",
            "http://x\\@y/",
            "http://u:p@x/",
            "http://x/#a",
            "http://x/a b",
            "http://\u{e9}/",
        ] {
            assert!(bad.parse::<NotifyUrl>().is_err(), "{bad} should be refused");
        }
        assert!(format!("http://{}", "a".repeat(1018)).parse::<NotifyUrl>().is_err());
    }

    #[test]
    fn a_delivery_keeps_its_id_over_the_queue() {
        let url = "http://x".parse().unwrap();
        let id = DeliveryId::new("xq".parse().unwrap(), &url, Timestamp::UNIX_EPOCH, "abc");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<DeliveryId>(&json).unwrap(), id);
        assert_eq!(id.webhook_id(), "abc");
    }

    #[test]
    fn a_schedule_ends() {
        let schedule = Schedule(vec![Duration::ZERO, Duration::from_secs(5)]);
        let waits: Vec<_> = (0..3).map(|tries| schedule.wait(tries)).collect();
        assert_eq!(waits, [Some(Duration::ZERO), Some(Duration::from_secs(5)), None]);
    }
}
