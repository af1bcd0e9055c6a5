//! Ports of a proc: inside the cluster (`port`), and at its edge (`ports`).

use std::num::NonZeroU16;
use std::str::FromStr;

use crate::domain::console::manifest::StreamPort;
use crate::domain::console::yaml::At;
use crate::domain::service::{Port, Protocol};

/// What a web proc has that names none.
const WEB: NonZeroU16 = NonZeroU16::MIN.saturating_add(79);
const PORT_RULE: &str = "must be a port, like 8080, \"53:udp\" or {8080: [\"type:tcp\"]}";
const STREAM_RULE: &str = "must be a port from 9500 to 10000, like 9506, \"9506:8000\" or \"9506:8000/tcp\"";

/// `port`: a number, `"53:udp"`, `{80: ["type:tcp"]}`, or a list of these. The first one is the exposed one.
pub(super) fn ports(at: &At<'_>, is_web: bool) -> Vec<Port> {
    let Some(at) = at.member("port") else {
        return is_web.then_some(Port { port: WEB, protocol: Protocol::Tcp }).into_iter().collect();
    };
    let mut ports: Vec<Port> = Vec::new();
    for item in at.items() {
        let read = if item.is_map() { of_map(&item) } else { one(&item).map(|port| vec![port]) };
        for port in read.unwrap_or_default() {
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    ports
}

fn one(at: &At<'_>) -> Option<Port> {
    of_text(at, at.text()?)
}

fn of_map(at: &At<'_>) -> Option<Vec<Port>> {
    let port = |(number, options): (&str, At<'_>)| {
        let mut port = of_text(&options, number)?;
        for option in options.items() {
            match option.text()?.split_once(':') {
                Some(("type", protocol)) => match protocol_of(protocol) {
                    Some(protocol) => port.protocol = protocol,
                    None => return option.fault("must be type:tcp or type:udp"),
                },
                Some(_) | None => return option.fault("must be type:tcp or type:udp"),
            }
        }
        Some(port)
    };
    at.members()?.into_iter().map(port).collect()
}

fn of_text(at: &At<'_>, text: &str) -> Option<Port> {
    let (number, protocol) = text.split_once(':').unwrap_or((text, "tcp"));
    match (NonZeroU16::from_str(number.trim()), protocol_of(protocol)) {
        (Ok(port), Some(protocol)) => Some(Port { port, protocol }),
        (Ok(_) | Err(_), _) => at.fault(PORT_RULE),
    }
}

/// `ports`: `{"9506:8000/tcp": null}`, a text, or a list of texts.
pub(super) fn stream_ports(at: &At<'_>) -> Vec<StreamPort> {
    let Some(at) = at.member("ports") else { return Vec::new() };
    let texts: Vec<(&str, At<'_>)> = if at.is_map() {
        at.members().unwrap_or_default()
    } else {
        at.list(|at| Some((at.text()?, at.clone())))
    };
    let mut ports: Vec<StreamPort> = Vec::new();
    for (text, at) in texts {
        match stream_port(text) {
            Some(port) if ports.iter().any(|other| other.source == port.source) => {
                at.fault::<()>("is there twice");
            }
            Some(port) => ports.push(port),
            None => {
                at.fault::<()>(STREAM_RULE);
            }
        }
    }
    ports
}

fn stream_port(text: &str) -> Option<StreamPort> {
    let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (source, target) = numbers.split_once(':').unwrap_or((numbers, numbers));
    let source =
        NonZeroU16::from_str(source.trim()).ok().filter(|port| (9500..=10000).contains(&port.get()))?;
    let target = NonZeroU16::from_str(target.trim()).ok()?;
    Some(StreamPort { source, target, protocol: protocol_of(protocol)? })
}

fn protocol_of(word: &str) -> Option<Protocol> {
    match word.trim().to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    }
}
