//! Signals that end a command early.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{error::CliError, exit::Exit};

/// Ctrl-C, SIGTERM and SIGHUP.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` under `nohup`.
    hangup: Option<Signal>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Self, CliError> {
        let listen =
            |kind| signal(kind).map_err(|error| CliError::io("cannot listen for signals", error));
        let ignored = std::fs::read_to_string("/proc/self/status")
            .is_ok_and(|status| is_ignored(&status, SignalKind::hangup()));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: match ignored {
                true => None,
                false => Some(listen(SignalKind::hangup())?),
            },
        })
    }

    /// Whether a hangup ends the command: not under `nohup`.
    pub fn hears_hangup(&self) -> bool {
        self.hangup.is_some()
    }

    /// Waits for one, and says how the program ends by it.
    pub async fn any(&mut self) -> Exit {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = hangup => Exit::HungUp,
        }
    }
}

/// Reads the mask `SigIgn` of proc(5).
fn is_ignored(status: &str, kind: SignalKind) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_nohup_ignores_is_left_alone() {
        let status = |mask: &str| format!("Name:\tpaictl\nSigIgn:\t{mask}\nSigCgt:\t0001\n");
        let hangup = SignalKind::hangup();
        assert!(is_ignored(&status("0000000000001001"), hangup));
        assert!(!is_ignored(&status("0000000000001000"), hangup));
        assert!(!is_ignored("", hangup));
    }
}
