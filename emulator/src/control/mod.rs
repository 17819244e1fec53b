//! Looking into the cloud and making it fail: in process ([`Control`]) and over HTTP (`http`).

mod calls;
mod handle;
pub(crate) mod http;
mod script;
mod views;

pub(crate) use calls::CallLog;
pub use calls::CallRecord;
pub use handle::Control;
pub use script::{ScriptedLine, WithheldSecond};
pub use views::{JobView, PodView, TransitionView};
