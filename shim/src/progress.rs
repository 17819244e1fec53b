//! What a call says while it lasts. Nobody hears it unless the client has asked for progress.

use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::time::Instant;

use pai_proto::text;

/// Longest message, in bytes: clients cut longer ones.
const MESSAGE_MAX: usize = 160;
/// Least difference between two numbers: each must be larger than the one before.
const STEP: f64 = 0.001;

/// Somebody who is told.
pub(crate) trait Tell: Send {
    /// Says it; when this returns it is on its way, so that it cannot come after the answer.
    fn tell(&mut self, message: &str) -> impl Future<Output = ()> + Send;
}

/// The client of one call. The number that it is given is the time in seconds since the call began.
pub(crate) struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    begun: Instant,
    last: f64,
}

impl Progress {
    /// Of the call that begins now.
    pub(crate) fn new(context: &RequestContext<RoleServer>) -> Self {
        Self {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token(),
            begun: Instant::now(),
            last: 0.0,
        }
    }
}

impl Tell for Progress {
    async fn tell(&mut self, message: &str) {
        let Some(token) = self.token.clone() else {
            return;
        };
        self.last = self.begun.elapsed().as_secs_f64().max(self.last + STEP);
        let message = text::line(&text::cut(message, MESSAGE_MAX));
        let note = ProgressNotificationParam::new(token, self.last).with_message(message);
        // A client that is gone hears nothing, and the end of stdin tells of it.
        let _unheard = self.peer.notify_progress(note).await;
    }
}
