//! Long work in pieces, on a thread that others need not wait for.

use std::thread;

/// Items of a piece: about half a millisecond of jobs or lines.
const PIECE: u32 = 64;

/// Gives the processor to whoever wants it, once in a while. The system would let a busy thread go on for some
/// milliseconds, and the thread that serves clients with it.
#[derive(Debug, Default)]
pub struct Turns(u32);

impl Turns {
    /// To be called before each item.
    pub fn next(&mut self) {
        self.0 = self.0.wrapping_add(1);
        if self.0.is_multiple_of(PIECE) {
            thread::yield_now();
        }
    }
}
