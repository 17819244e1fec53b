//! The MCP server, in both eras of the protocol: the SDK speaks both, with and without a handshake.

use std::{io, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt as _,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
    },
    service::{RequestContext, ServerInitializeError},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{
    answer,
    daemon::Daemon,
    guard,
    origin::Origin,
    progress::Progress,
    tools::{self, Call},
    transport::{self, Lines},
};

/// How long a client may keep what we said of ourselves: it changes with the program only.
const KEPT_MS: u64 = 60 * 60 * 1000;

const INSTRUCTIONS: &str = "\
Use this server to run training jobs on Alibaba Cloud PAI-DLC: submit a job, wait for its end, read its state and log, stop it. \
The usual order: pai_job_submit returns a job_id at once; pai_job_wait blocks until the job has ended, at most 50 s per call. \
When it answers done=false, call it again as its hint says, as often as needed; do not poll pai_job_get instead. \
When a job has failed, pai_job_get tells the reason and pai_job_logs shows its last output. \
A job may be named by its job_id, its full name, an unambiguous beginning of one of these, or @last for the newest. \
Ending or cancelling a call, or this session, never stops a job; only pai_job_stop does. \
Where stale_since is in an answer, the cloud has not been reached since then and the data is that old.";

/// Serves until the input ends.
///
/// # Errors
/// When the client and this server do not get into conversation.
pub(crate) async fn serve<R, W>(input: R, output: W, origin: Origin) -> io::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let input_ended = CancellationToken::new();
    let server = Server {
        daemon: Arc::new(Daemon::new(origin)),
        input_ended: input_ended.clone(),
    };
    match server.serve(Lines::new(input, output, input_ended)).await {
        Ok(running) => match running.waiting().await {
            Ok(_) => Ok(()),
            Err(panicked) => Err(io::Error::other(panicked)),
        },
        // A client that only looked whether we are there.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// What all calls share.
struct Server {
    daemon: Arc<Daemon>,
    /// Then whoever only waits stops. Short calls go on, for those who write their requests and close stdin.
    input_ended: CancellationToken,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let name = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("PAI training jobs");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(KEPT_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let list = ListToolsResult::with_all_items(tools::all());
        let version = context.protocol_version();
        let modern = version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        Ok(match modern {
            true => list
                .with_ttl_ms(KEPT_MS)
                .with_cache_scope(CacheScope::Public),
            false => list,
        })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = request.name.as_ref();
        let Some(tool) = tools::find(name) else {
            let message = format!("there is no tool {name:?}; there are {}", tools::names());
            return Err(ErrorData::invalid_params(message, None));
        };
        let call = Call {
            daemon: Arc::clone(&self.daemon),
            progress: Progress::new(&context),
        };
        let work = (tool.run)(request.arguments.unwrap_or_default(), call);
        tokio::select! {
            outcome = guard::answered(name, work) => Ok(answer::result(outcome).into()),
            // Dropping the work ends it at once.
            () = context.ct.cancelled() => Err(transport::unheard()),
            () = self.input_ended.cancelled(), if tool.waits => Err(transport::unheard()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::INSTRUCTIONS;

    #[test]
    fn the_instructions_are_neither_terse_nor_a_manual() {
        let length = INSTRUCTIONS.chars().count();
        assert!((400..=900).contains(&length), "{length}");
        assert!(INSTRUCTIONS.starts_with("Use this server to run training jobs"));
    }
}
