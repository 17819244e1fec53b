//! tonic over our socket, with our metadata on every answer, and an end within two seconds.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, future};
use http::{HeaderName, HeaderValue};
use pai_proto::{
    PROTOCOL_MAJOR, PROTOCOL_MINOR, meta,
    v1::{
        config_server::ConfigServer, daemon_server::DaemonServer, jobs_server::JobsServer,
        logs_server::LogsServer,
    },
};
use tonic::transport::Server;
use tower::util::{MapRequestLayer, MapResponseLayer};

use super::{
    Edge, config::ConfigService, counted::Counted, daemon::DaemonService, jobs::JobsService,
    logs::LogsService,
};
use crate::sys::{leave::GOODBYE, socket::Connection};

/// Serves until `edge.leaving` turns true.
///
/// # Errors
/// tonic's.
pub async fn serve(
    edge: Arc<Edge>,
    incoming: impl Stream<Item = std::io::Result<Connection>> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    let incoming = while_it_stays(&edge, incoming);
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
        .add_service(ConfigServer::new(ConfigService::new(Arc::clone(&edge))))
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

/// The connections, counted. Once it is settled that the daemon leaves none is taken any more: a client that came too late
/// finds itself cut off before a handshake, and may start the next daemon.
fn while_it_stays(
    edge: &Arc<Edge>,
    incoming: impl Stream<Item = std::io::Result<Connection>>,
) -> impl Stream<Item = std::io::Result<Counted<Connection>>> {
    let (stats, leaving) = (Arc::clone(&edge.stats), edge.leaving.subscribe());
    incoming
        .take_while(move |_| future::ready(!*leaving.borrow()))
        .map(move |connection| Ok(Counted::new(connection?, stats.open_connection())))
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
