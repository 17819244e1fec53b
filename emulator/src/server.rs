//! Connections. A service error makes hyper close the connection without an answer: that is how
//! a call is cut.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::response::Response;
use axum::{BoxError, Router};
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::answer::Cut;
use crate::call::call;
use crate::cloud::Cloud;
use crate::control::{Control, http as control};

/// Pause when no connection can be accepted, most likely for want of file descriptors.
const RELIEF: Duration = Duration::from_millis(20);

/// Serves until aborted; connections end with it.
pub(crate) async fn serve(listener: TcpListener, cloud: Arc<Cloud>) {
    let routes = control::routes(Control::new(cloud.clone()), cloud.key.secret.clone());
    let router = Router::new()
        .nest("/_control", routes)
        .fallback(call)
        .with_state(cloud);
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(RELIEF).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, router.clone()));
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: Request<_>| respond(router.clone(), request));
    let builder = Builder::new(TokioExecutor::new()).http1_only();
    let service = TowerToHyperService::new(service);
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond<B>(router: Router, request: Request<B>) -> io::Result<Response>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let response = router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    match response.extensions().get::<Cut>() {
        Some(Cut) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
        None => Ok(response),
    }
}
