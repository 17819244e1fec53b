//! Tests of the whole server: lines in, lines out, with a daemon that answers as it was told.

mod calls;
mod ends;
mod fake;
mod peer;
pub(crate) mod sample;
mod saves;
mod session;
mod submits;
mod waits;

use rmcp::model::Tool;

use crate::tools::Entry;

/// Tools that no client is told of.
pub(crate) static TOOLS: [Entry; 1] = [Entry {
    name: "test_panic",
    waits: false,
    define: || Tool::new("test_panic", "", rmcp::model::JsonObject::new()),
    run: |_, _| Box::pin(async { panic!("as it was told to") }),
}];
