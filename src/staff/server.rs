use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::auth::{Gate, TOKEN_MIN};
use super::desk::Desk;
use super::{Limits, SiteInfo, StaffError, pages};
use crate::config;
use crate::store::Store;

/// Threads for calls to the store: one at work, and one for when the first is stuck.
const STORE_THREADS: usize = 2;
/// Headers of a request; a browser sends some fifteen.
const HEADERS_MAX: usize = 64;
/// Pause after the system refused a connection (no file handles left), so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request comes from.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub IpAddr);

/// The console while it runs. Dropping it ends it, within a few seconds at most.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the staff console's thread ended in a panic");
        }
    }
}

pub(super) fn start(
    settings: &config::Staff,
    store: Arc<dyn Store>,
    site: SiteInfo,
    limits: Limits,
) -> Result<Running, StaffError> {
    let gate = Gate::new(&settings.token).ok_or(StaffError::WeakToken { min: TOKEN_MIN })?;
    let (listener, addr) = listen(settings.listen).map_err(|cause| StaffError::Listen {
        listen: settings.listen,
        cause,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(STORE_THREADS)
        .build()
        .map_err(StaffError::Runtime)?;
    let (stop, stopped) = watch::channel(false);
    let app = pages::router(Arc::new(Desk::new(
        gate,
        store,
        site,
        limits,
        stopped.clone(),
    )));
    let thread = std::thread::Builder::new()
        .name("staff".to_owned())
        .spawn(move || {
            runtime.block_on(serve(listener, app, limits, stopped));
            // A store call on its way gets a moment; one that hangs must not hold us.
            runtime.shutdown_timeout(limits.goodbye);
        })
        .map_err(StaffError::Runtime)?;
    if !addr.ip().is_loopback() {
        tracing::warn!(%addr, "the staff console can be reached by others, without encryption");
    }
    Ok(Running {
        addr,
        stop,
        thread: Some(thread),
    })
}

fn listen(at: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at)?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(cause) => {
            tracing::error!(%cause, "the staff console cannot listen");
            return;
        }
    };
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            _ = stop.changed() => break,
        };
        let Some((stream, peer, permit)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (app, stop) = (app.clone().layer(Extension(Peer(peer))), stop.clone());
        connections.spawn(async move {
            converse(stream, app, limits, stop).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    // Who has not finished by then is cut off with the runtime.
    let _ = timeout(limits.goodbye * 2, all).await;
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &tokio::net::TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip().to_canonical(), permit)),
        Err(cause) => {
            tracing::warn!(%cause, "the staff console cannot take a connection");
            None
        }
    }
}

/// One connection, from its first byte to its bounded end.
async fn converse(stream: TcpStream, app: Router, limits: Limits, mut stop: watch::Receiver<bool>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(limits.head_bytes)
        .max_headers(HEADERS_MAX);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that breaks off or breaks the rules is not worth a line in the log.
        _ = connection.as_mut() => return,
        () = sleep(limits.connection) => {}
        _ = stop.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(limits.goodbye, connection).await;
}
