//! Client for the Alibaba Cloud OpenAPI as PAI needs it.
//!
//! A call goes through these modules, top to bottom:
//!
//! - a product module ([`dlc`], [`aiworkspace`], [`sts`]) turns typed arguments into a [`Request`];
//! - [`TokenBucket`] decides *when* it may go out: one bucket per principal, people before
//!   background work, which keeps a share;
//! - [`Transport`] signs it ([`sign`], ACS3-HMAC-SHA256), sends it to an [`Endpoint`] and reads the
//!   answer;
//! - [`classify`] turns any answer that is not a success into one typed [`Error`], which also
//!   tells through [`Error::effect`] whether the request can have taken effect.
//!
//! Invariants of the crate: no secret, signature or access key id ever reaches an error message
//! or a `Debug` text; plain http goes to loopback only; a request is sent at most twice, and the
//! second time only when the server has refused the first for its date, or for its nonce if the
//! request only reads.
//!
//! The facts behind the code are numbered as in the PAI-DLC fact sheet.

mod aside;
mod bucket;
mod credentials;
mod encode;
mod endpoint;
mod error;
mod fields;
mod transport;

pub mod aiworkspace;
pub mod dlc;
pub mod quantity;
pub mod sign;
pub mod sts;

pub use aiworkspace::AiWorkspace;
pub use aside::aside;
pub use bucket::{Priority, TokenBucket};
pub use credentials::Credentials;
pub use dlc::Dlc;
pub use encode::{ApiPath, encode};
pub use endpoint::{Endpoint, Network, Product};
pub use error::{Detail, Effect, Error, classify};
pub use reqwest::Method;
pub use sts::Sts;
pub use transport::{
    ANSWER_TOO_LARGE, Answer, Clock, NonceSource, Request, Transport, TransportOptions,
};
