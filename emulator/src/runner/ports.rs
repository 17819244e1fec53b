//! Ports for the rendezvous of jobs (`MASTER_PORT`), each given to one live job only.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use crate::sync::lock;

/// More draws than that give only taken ports when nearly all ports are taken.
const DRAWS: u32 = 1000;

/// The ports of live jobs.
#[derive(Debug, Default)]
pub(crate) struct Ports(Arc<Mutex<HashSet<u16>>>);

/// A port nobody else is given as long as this lives.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    taken: Arc<Mutex<HashSet<u16>>>,
}

impl Ports {
    /// A port nobody listens on now; the job's rank 0 takes it a moment later. A program that is
    /// no job of this emulator may still come first.
    pub(super) fn take(&self) -> io::Result<Port> {
        self.take_from(free_port)
    }

    fn take_from(&self, mut draw: impl FnMut() -> io::Result<u16>) -> io::Result<Port> {
        for _ in 0..DRAWS {
            let number = draw()?;
            if lock(&self.0).insert(number) {
                let taken = self.0.clone();
                return Ok(Port { number, taken });
            }
        }
        Err(io::Error::other("no port is free for the job"))
    }
}

impl Port {
    pub(super) fn number(&self) -> u16 {
        self.number
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        lock(&self.taken).remove(&self.number);
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_to_two_live_jobs() {
        let ports = Ports::default();
        let mut drawn = [7000, 7000, 7001, 7000].into_iter();
        let mut take = || ports.take_from(|| Ok(drawn.next().unwrap()));
        let first = take().unwrap();
        let second = take().unwrap();
        assert_eq!((first.number(), second.number()), (7000, 7001));
        drop(first);
        assert_eq!(
            take().unwrap().number(),
            7000,
            "a job that ended gives it back"
        );
    }

    #[test]
    fn a_machine_without_free_ports_is_an_error() {
        let ports = Ports::default();
        let _held = ports.take_from(|| Ok(7000)).unwrap();
        assert!(ports.take_from(|| Ok(7000)).is_err());
    }
}
