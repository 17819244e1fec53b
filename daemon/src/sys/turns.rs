//! Long work in pieces, on a thread that others need not wait for.

use std::thread;

/// Items of a piece: about half a millisecond of jobs or lines.
const PIECE: u32 = 64;

/// Gives the processor to whoever wants it, once in a while. The system would let a busy thread go on for some
/// milliseconds, and the thread that serves clients with it.
#[derive(Debug)]
pub struct Turns {
    count: u32,
    piece: u32,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            count: 0,
            piece: PIECE,
        }
    }
}

impl Turns {
    /// For items of which each is large enough to be a piece by itself.
    pub fn large() -> Self {
        Self { count: 0, piece: 1 }
    }

    /// To be called before each item.
    pub fn next(&mut self) {
        self.count = self.count.wrapping_add(1);
        if self.count.is_multiple_of(self.piece) {
            thread::yield_now();
        }
    }
}
