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

use crate::model::LogStream;

/// Whether a part of a log is still to be read that lies before a part that is stored. Of streams in the order of the store.
pub fn has_hole(streams: &[LogStream]) -> bool {
    streams
        .windows(2)
        .any(|pair| pair[0].key == pair[1].key && !pair[0].complete)
}

pub use end::may_be_forgotten;
pub use keeper::{limits, prune, run as keep};
pub use progress::{Ended, Missing, Progress};
pub use reading::TOO_MANY;
pub use tail::are_complete;
pub use tails::{Followed, Tails};
