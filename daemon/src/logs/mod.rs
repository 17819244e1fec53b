//! Reading the logs of jobs that somebody follows.
//!
//! One task per followed job reads all its pods, however many follow it; what it reads is stored, and followers read the
//! store. A look that fails ends no follow (invariant 7).
//!
//! | module | its one job |
//! |---|---|
//! | [`window`] | pure: what a window adds to what is known |
//! | `end` | pure: when everything of an ended job can be read |
//! | [`Progress`] | what followers are told |
//! | `reading` | one pod, up to the present |
//! | `tail` | one job, look after look |
//! | `tails` | which jobs are read, and for whom |

mod end;
mod progress;
mod reading;
mod tail;
mod tails;
pub mod window;

pub use progress::{Ended, Missing, Progress};
pub use tails::{Followed, Tails};
