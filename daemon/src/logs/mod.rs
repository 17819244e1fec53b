//! Reading the logs of jobs that somebody follows, and of those that are to be kept.
//!
//! One task per job reads its pods, however many follow it; what it reads is stored, and followers read the store. A look that
//! fails ends no follow (invariant 7).
//!
//! | module | its one job |
//! |---|---|
//! | [`window`] | pure: what a window adds to what is known |
//! | `wanted` | pure: which pods are read although nobody follows |
//! | `end` | pure: when everything of an ended job can be read |
//! | [`Progress`] | what followers are told |
//! | `reading` | one pod, up to the present or another goal |
//! | `tail` | one job, look after look |
//! | `tails` | which jobs are read, and for whom |
//! | `keeper` | who is read although nobody follows, and what is dropped |

mod end;
mod keeper;
mod progress;
mod reading;
mod tail;
mod tails;
mod wanted;
pub mod window;

pub use keeper::{limits, run as keep};
pub use progress::{Ended, Missing, Progress};
pub use tails::{Followed, Tails};
