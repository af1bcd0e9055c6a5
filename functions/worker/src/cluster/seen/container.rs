//! How a container does, in the wire's words.

use common::domain::status::{ContainerState, ContainerStatus};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus as KubeStatus};

use super::cut;

/// What one is told of a container: a reason and a message, at most this many characters each.
const CHARS_MAX: usize = 256;

/// Waiting for what every container waits for at first says nothing.
const ORDINARY_WAITS: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// A container's state with its reason and its message, not cut yet.
pub(super) struct Told {
    pub(super) state: ContainerState,
    pub(super) reason: String,
    pub(super) message: Message,
    /// Whether it is the pod's trouble too.
    pub(super) is_trouble: bool,
}

/// A message, and what must not be cut off its end.
#[derive(Clone, Default)]
pub(super) struct Message {
    text: String,
    end: String,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text, end: String::new() }
    }
}

impl Message {
    /// At most so many characters, the end whole.
    pub(super) fn cut(&self, chars_max: usize) -> String {
        let Self { text, end } = self;
        let separator = if text.is_empty() || end.is_empty() { "" } else { "; " };
        let end = cut(&format!("{separator}{end}"), chars_max);
        let start = cut(text, chars_max - end.chars().count());
        start.trim_end().to_owned() + &end
    }
}

/// Reads Kubernetes' status of a container; `absent` is its state if there is none yet.
pub(super) fn told(status: Option<&KubeStatus>, absent: ContainerState) -> Told {
    let state = status.and_then(|status| status.state.clone()).unwrap_or_default();
    let last = status.and_then(|status| status.last_state.as_ref()?.terminated.as_ref());
    if let Some(terminated) = state.terminated {
        let text = terminated.message.clone().filter(|message| !message.is_empty());
        return Told {
            state: ContainerState::Terminated,
            reason: terminated.reason.clone().unwrap_or_default(),
            message: Message {
                text: text.unwrap_or_else(|| format!("exit code {}", terminated.exit_code)),
                end: String::new(),
            },
            is_trouble: terminated.exit_code != 0,
        };
    }
    if let Some(waiting) = state.waiting {
        let reason = waiting.reason.unwrap_or_default();
        let message =
            Message { text: waiting.message.unwrap_or_default(), end: last.map(ending).unwrap_or_default() };
        let is_trouble = !reason.is_empty() && !ORDINARY_WAITS.contains(&reason.as_str());
        return Told { state: ContainerState::Waiting, reason, message, is_trouble };
    }
    let state = if state.running.is_some() { ContainerState::Running } else { absent };
    Told { state, reason: String::new(), message: Message::default(), is_trouble: false }
}

/// A container's entry of the answers.
pub(super) fn entry(name: &str, told: &Told) -> ContainerStatus {
    ContainerStatus {
        name: name.to_owned(),
        state: told.state,
        reason: cut(&told.reason, CHARS_MAX),
        message: told.message.cut(CHARS_MAX),
    }
}

/// Why a container that waits to be started again ended: a back-off alone does not say.
fn ending(last: &ContainerStateTerminated) -> String {
    let reason = last.reason.as_deref().filter(|reason| !reason.is_empty()).unwrap_or("ended");
    format!("last: {reason} (exit code {})", last.exit_code)
}
