//! The tools, one per file: arguments → one conversation with the daemon → answer.

mod config;
mod get;
mod list;
mod logs;
mod stop;
mod submit;
mod wait;
mod whoami;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pai_proto::v1;
use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};

use crate::{
    answer::Answer,
    args::{self, Arguments},
    daemon::Daemon,
    error::Failure,
    progress::Progress,
    schema,
};

/// What a tool works with. Dropping the future of its call ends the call.
pub(crate) struct Call {
    /// Whom to ask.
    pub(crate) daemon: Arc<Daemon>,
    /// Whom to tell how it goes.
    pub(crate) progress: Progress,
}

/// How a call ends.
pub(crate) type Outcome = Result<Answer, Failure>;

/// One tool: its arguments, what clients are told of it, and what it does.
trait Verb: Arguments + Send + 'static {
    /// For people.
    const TITLE: &'static str;
    /// For models.
    const DESCRIPTION: &'static str;
    /// What it changes.
    const EFFECT: Effect;
    /// Whether clients that show names only at first should show all of it.
    const IN_FRONT: bool = false;
    /// Whether it only waits, so that nothing is lost when it ends with the input.
    const WAITS: bool = false;

    /// Does it.
    fn run(self, call: Call) -> impl Future<Output = Outcome> + Send;
}

/// What a tool changes in the world. Clients decide by this whom to ask before a call.
enum Effect {
    /// Nothing; it reads what the daemon knows.
    Reads,
    /// Makes something, at a price.
    Makes,
    /// Ends something for good.
    Ends,
}

impl Effect {
    fn annotations(&self) -> ToolAnnotations {
        let hints = ToolAnnotations::new();
        match self {
            Self::Reads => hints.read_only(true).open_world(false),
            Self::Makes => hints
                .read_only(false)
                .destructive(false)
                .idempotent(false)
                .open_world(true),
            Self::Ends => hints
                .read_only(false)
                .destructive(true)
                .idempotent(true)
                .open_world(true),
        }
    }
}

/// A tool as the server knows it.
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it only waits.
    pub(crate) waits: bool,
    /// What clients are told of it.
    pub(crate) define: fn() -> Tool,
    /// Does it.
    pub(crate) run: fn(JsonObject, Call) -> BoxFuture<'static, Outcome>,
}

/// Sorted by name: clients may keep the list, and it is the same each time.
static TOOLS: [Entry; 8] = [
    entry::<config::Args>(),
    entry::<get::Args>(),
    entry::<list::Args>(),
    entry::<logs::Args>(),
    entry::<stop::Args>(),
    entry::<submit::Args>(),
    entry::<wait::Args>(),
    entry::<whoami::Args>(),
];

const fn entry<V: Verb>() -> Entry {
    Entry {
        name: V::TOOL,
        waits: V::WAITS,
        define: define::<V>,
        run: |arguments, call| Box::pin(async move { args::read::<V>(arguments)?.run(call).await }),
    }
}

fn define<V: Verb>() -> Tool {
    let tool = Tool::new(V::TOOL, V::DESCRIPTION, schema::of::<V>())
        .with_title(V::TITLE)
        .with_annotations(V::EFFECT.annotations());
    if !V::IN_FRONT {
        return tool;
    }
    let mut meta = MetaObject::new();
    meta.insert("anthropic/alwaysLoad".into(), true.into());
    tool.with_meta(meta)
}

/// What clients are told.
pub(crate) fn all() -> Vec<Tool> {
    TOOLS.iter().map(|entry| (entry.define)()).collect()
}

/// The names of all tools, for people.
pub(crate) fn names() -> String {
    TOOLS.each_ref().map(|entry| entry.name).join(", ")
}

/// The tool of that name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    let tools = TOOLS.iter();
    #[cfg(test)]
    let tools = tools.chain(&crate::tests::TOOLS);
    tools.into_iter().find(|entry| entry.name == name)
}

/// The job of an answer.
fn the_job(job: Option<v1::Job>) -> Result<v1::Job, Failure> {
    job.ok_or_else(|| Failure::new("unexpected answer of the daemon: it names no job", ""))
}

/// A call of another tool, as a model should write it.
fn next(tool: &str, key: &str, value: &impl serde::Serialize) -> String {
    let value = serde_json::to_string(value).unwrap_or_default();
    format!("{tool} {{\"{key}\": {value}}}")
}
