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
pub(super) fn ports(at: &At<'_>, is_web: bool) -> Option<Vec<Port>> {
    let Some(at) = at.member("port") else {
        let web = is_web.then_some(Port { port: WEB, protocol: Protocol::Tcp });
        return Some(web.into_iter().collect());
    };
    let mut ports: Vec<Port> = Vec::new();
    for item in at.items() {
        let read = if item.is_map() { of_map(&item)? } else { vec![of_text(&item, item.text()?)?] };
        for port in read {
            if ports.contains(&port) {
                return item.fault("is there twice");
            }
            ports.push(port);
        }
    }
    Some(ports)
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
pub(super) fn stream_ports(at: &At<'_>) -> Option<Vec<StreamPort>> {
    let Some(at) = at.member("ports") else { return Some(Vec::new()) };
    let texts: Vec<(&str, At<'_>)> = if at.is_map() {
        at.members()?
    } else {
        at.items().into_iter().map(|at| at.text().map(|text| (text, at))).collect::<Option<_>>()?
    };
    let mut ports: Vec<StreamPort> = Vec::new();
    for (text, at) in texts {
        let Some(port) = stream_port(text) else { return at.fault(STREAM_RULE) };
        if ports.iter().any(|other| other.source == port.source) {
            return at.fault("is there twice");
        }
        ports.push(port);
    }
    Some(ports)
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
