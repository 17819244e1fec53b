//! The runtime of the I/O thread.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// Every second task is one that another thread has woken. The journal's threads tell of commits this way, and those who
/// wait for a change must not stand behind thirty pieces of somebody's list, as they would by default.
const FROM_ELSEWHERE: u32 = 2;
/// So often sockets and timers are looked at while there is work.
const EVENTS: u32 = 16;

/// Everything on one thread.
///
/// # Errors
/// When the system gives out no more of what it needs.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .global_queue_interval(FROM_ELSEWHERE)
        .event_interval(EVENTS)
        .build()
}
