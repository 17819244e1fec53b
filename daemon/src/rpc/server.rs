//! tonic over our socket, with our metadata on every answer, and an end within two seconds.

use std::sync::Arc;

use futures_util::Stream;
use http::{HeaderName, HeaderValue};
use pai_proto::{
    PROTOCOL_MAJOR, PROTOCOL_MINOR, meta,
    v1::{daemon_server::DaemonServer, jobs_server::JobsServer, logs_server::LogsServer},
};
use tonic::transport::Server;
use tower::util::{MapRequestLayer, MapResponseLayer};

use super::{Edge, daemon::DaemonService, jobs::JobsService, logs::LogsService};
use crate::sys::{leave::GOODBYE, socket::Connection};

/// Serves until `edge.leaving` turns true.
///
/// # Errors
/// tonic's.
pub async fn serve(
    edge: Arc<Edge>,
    incoming: impl Stream<Item = std::io::Result<Connection>> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let stats = Arc::clone(&edge.stats);
    let counted = MapRequestLayer::new(move |request: http::Request<tonic::body::Body>| {
        stats.count_rpc();
        request
    });
    let stamps = stamps(&edge);
    let stamped = MapResponseLayer::new(move |mut response: http::Response<tonic::body::Body>| {
        for (name, value) in &stamps {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    });
    let (mut graceful, mut last) = (edge.leaving.subscribe(), edge.leaving.subscribe());
    let serving = Server::builder()
        .layer(counted)
        .layer(stamped)
        .add_service(JobsServer::new(JobsService::new(Arc::clone(&edge))))
        .add_service(DaemonServer::new(DaemonService::new(Arc::clone(&edge))))
        .add_service(LogsServer::new(LogsService::new(Arc::clone(&edge))))
        .serve_with_incoming_shutdown(incoming, async move {
            // Without its sender the daemon has left already.
            let _left = graceful.wait_for(|leaving| *leaving).await;
        });
    let deadline = async move {
        let _left = last.wait_for(|leaving| *leaving).await;
        tokio::time::sleep(GOODBYE).await;
    };
    tokio::select! {
        result = serving => result,
        () = deadline => Ok(()),
    }
}

fn stamps(edge: &Edge) -> Vec<(HeaderName, HeaderValue)> {
    [
        (meta::PROTOCOL, format!("{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}")),
        (meta::STORE_ID, edge.journal.store_id().to_owned()),
        (meta::INSTANCE, edge.instance.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| {
        Some((
            HeaderName::from_static(name),
            HeaderValue::from_str(&value).ok()?,
        ))
    })
    .collect()
}
