//! Free ports on loopback.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use uuid::Uuid;

use super::error::{Doing, Result};

const TRIES_MAX: usize = 1000;

/// Ports that nothing listens on. They lie below those that operating systems hand out by themselves, so that a
/// connection elsewhere does not take one before its program starts, or while the API server is stopped for a test.
pub(super) fn free<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    // Kept open until all are found, so that they differ.
    let mut listeners = Vec::with_capacity(N);
    for port in &mut ports {
        let found = (0..TRIES_MAX).find_map(|_| {
            let candidate = random_port();
            TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)).ok().map(|listener| (candidate, listener))
        });
        let (candidate, listener) = found
            .ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))
            .doing(|| "find a free port".to_owned())?;
        *port = candidate;
        listeners.push(listener);
    }
    Ok(ports)
}

fn random_port() -> u16 {
    let [low, high, ..] = Uuid::new_v4().into_bytes();
    10_000 + u16::from_be_bytes([low, high]) % 20_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ_and_can_be_listened_on() {
        let [first, second] = free().unwrap();
        assert_ne!(first, second);
        for port in [first, second] {
            assert!((10_000..30_000).contains(&port));
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        }
    }
}
