//! The operating system: clock, lock, socket, file system. What may not be passed in is asked for here and nowhere else.

pub mod clock;
pub mod fs;
pub mod leave;
pub mod lock;
pub mod socket;

pub use clock::Clock;
