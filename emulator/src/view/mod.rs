//! Jobs as the API shows them. ListJobs and GetJob differ in keys and types on purpose: the real
//! ones do.

mod detail;
mod list_item;
mod pods;
mod shared;

pub(crate) use detail::job_detail;
pub(crate) use list_item::list_item;
