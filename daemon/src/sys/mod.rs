//! The operating system: clock, lock, socket, file system. What may not be passed in is asked for here and nowhere else.

pub mod clock;
pub mod fs;
pub mod inherited;
pub mod leave;
pub mod lock;
pub mod runtime;
pub mod socket;
pub mod space;
pub mod turns;

pub use clock::Clock;
