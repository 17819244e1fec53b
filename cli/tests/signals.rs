//! Signals reach a whole process: this test has one of its own, with nothing beside it.

use paictl::{exit::Exit, signals::Signals};
use rustix::process::{Signal, getpid, kill_process};

#[tokio::test]
async fn every_signal_has_its_code() {
    let mut signals = Signals::listen().unwrap();
    for (signal, exit) in [
        (Signal::INT, Exit::Interrupted),
        (Signal::TERM, Exit::Terminated),
        (Signal::HUP, Exit::HungUp),
    ] {
        if signal == Signal::HUP && !signals.hears_hangup() {
            continue;
        }
        kill_process(getpid(), signal).unwrap();
        assert_eq!(signals.any().await, exit);
    }
}
