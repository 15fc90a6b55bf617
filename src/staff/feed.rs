//! The live page: server-sent events (WHATWG HTML §9.2). A page gets the board when it comes, and
//! again whenever the board has changed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::auth::Session;
use super::board::Board;
use super::desk::Desk;
use super::render::{self, Reader};
use crate::words::Language;

/// The answer that goes on until the page leaves, the session ends or the console does.
pub(super) fn answer(
    desk: Arc<Desk>,
    session: Session,
    language: Language,
    permit: OwnedSemaphorePermit,
) -> Response {
    // One event on its way: a page that lags gets the latest board, not all of them.
    let (events, waiting) = mpsc::channel(1);
    tokio::spawn(async move {
        let _permit = permit;
        write(&desk, &session, language, &events).await;
    });
    let body = Body::new(Feed(waiting));
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

async fn write(desk: &Desk, session: &Session, language: Language, events: &mpsc::Sender<Bytes>) {
    let mut stop = desk.stop.clone();
    let mut shown: Option<Result<Arc<Board>, String>> = None;
    let mut spoke = Instant::now();
    while !*stop.borrow() && desk.gate().lasts(session, Instant::now()) {
        let board = desk.board(desk.limits.poll / 2).await;
        let board = board.map_err(|fault| fault.to_string());
        let event = if shown.as_ref() != Some(&board) {
            let reader = Reader {
                language,
                site: &desk.site,
                session,
            };
            let event = event(&render::board(&board, &reader));
            shown = Some(board);
            event
        } else if spoke.elapsed() >= desk.limits.keep_alive {
            ":\n\n".to_owned()
        } else {
            String::new()
        };
        if !event.is_empty() {
            let sent = tokio::time::timeout(desk.limits.feed_send, events.send(event.into()));
            if !matches!(sent.await, Ok(Ok(()))) {
                return;
            }
            spoke = Instant::now();
        }
        tokio::select! {
            () = tokio::time::sleep(desk.limits.poll) => {}
            () = events.closed() => return,
            _ = stop.changed() => return,
        }
    }
}

/// The markup has no line ends (they are escaped away), so one `data` line holds it.
fn event(markup: &str) -> String {
    format!("event: board\ndata: {markup}\n\n")
}

/// Events as the body of an answer.
struct Feed(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Feed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = self.0.poll_recv(context);
        event.map(|event| event.map(|bytes| Ok(Frame::data(bytes))))
    }
}
