//! The addresses: who may see what, and what an answer always carries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Form, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HeaderMap,
    HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;
use uuid::Uuid;

use super::auth::{LOCK, Refused, SESSION_LIFE, Session};
use super::desk::{Desk, Wish};
use super::feed;
use super::render::{self, Reader};
use super::server::Peer;
use crate::words::{Language, Text};

const COOKIE_NAME: &str = "tiepdon_staff";
/// Longest reason for a call, in characters.
pub(super) const WHY_MAX: usize = 120;

const STYLE: &str = include_str!("../../assets/staff/staff.css");
const SCRIPT: &str = include_str!("../../assets/staff/staff.js");

type Shared = State<Arc<Desk>>;

/// All addresses of the console.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/call", post(call))
        .route("/events", get(events))
        .route(
            "/staff.css",
            get(|| asset("text/css; charset=utf-8", STYLE)),
        )
        .route(
            "/staff.js",
            get(|| asset("text/javascript; charset=utf-8", SCRIPT)),
        )
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(desk.limits.body_bytes))
        .layer(middleware::from_fn_with_state(desk.clone(), in_time))
        .layer(middleware::map_response(armour))
        .with_state(desk)
}

/// The language a page was asked for.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
    token: Option<String>,
}

async fn home(
    State(desk): Shared,
    Extension(peer): Extension<Peer>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let language = language(&asked, &headers);
    if let Some(token) = &asked.token {
        return enter(&desk, token, peer, language).await;
    }
    let Some(session) = session(&desk, &headers) else {
        return door(&desk, language, StatusCode::UNAUTHORIZED, None);
    };
    // Nobody should see what was true a second ago right after they did something about it.
    let board = desk.board(Duration::ZERO).await;
    let status = match &board {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let board = board.map_err(|fault| fault.to_string());
    let reader = Reader {
        language,
        site: &desk.site,
        session: &session,
    };
    (status, Html(render::home(&board, &reader))).into_response()
}

#[derive(Deserialize)]
struct SignIn {
    #[serde(default)]
    token: String,
}

async fn sign_in(
    State(desk): Shared,
    Extension(peer): Extension<Peer>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Response {
    let language = language(&asked, &headers);
    if from_elsewhere(&headers) {
        return forbidden(&desk, language);
    }
    enter(&desk, &form.token, peer, language).await
}

async fn enter(desk: &Desk, token: &str, Peer(from): Peer, language: Language) -> Response {
    match desk.enter(token, from).await {
        Ok(secret) => {
            // Away from an address with the token in it.
            let cookie = cookie(&secret, SESSION_LIFE);
            ([(SET_COOKIE, cookie)], back(language)).into_response()
        }
        Err(Refused::Wrong) => door(
            desk,
            language,
            StatusCode::UNAUTHORIZED,
            Some(Text::StaffTokenWrong),
        ),
        Err(Refused::Locked) => {
            let page = door(
                desk,
                language,
                StatusCode::TOO_MANY_REQUESTS,
                Some(Text::StaffTokenLocked),
            );
            ([(RETRY_AFTER, LOCK.as_secs().to_string())], page).into_response()
        }
    }
}

#[derive(Deserialize)]
struct SignOut {
    #[serde(default)]
    form_secret: String,
}

async fn sign_out(
    State(desk): Shared,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(form): Form<SignOut>,
) -> Response {
    let language = language(&asked, &headers);
    let Some(session) = session(&desk, &headers) else {
        return door(&desk, language, StatusCode::UNAUTHORIZED, None);
    };
    if from_elsewhere(&headers) || !session.knows(&form.form_secret) {
        return forbidden(&desk, language);
    }
    desk.gate().leave(&session);
    ([(SET_COOKIE, cookie("", Duration::ZERO))], back(language)).into_response()
}

#[derive(Deserialize)]
struct Calling {
    #[serde(default)]
    form_secret: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    kiosk: String,
    #[serde(default)]
    why: String,
}

async fn call(
    State(desk): Shared,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(form): Form<Calling>,
) -> Response {
    let language = language(&asked, &headers);
    let Some(session) = session(&desk, &headers) else {
        return door(&desk, language, StatusCode::UNAUTHORIZED, None);
    };
    if from_elsewhere(&headers) || !session.knows(&form.form_secret) {
        return forbidden(&desk, language);
    }
    let Ok(id) = Uuid::parse_str(&form.id) else {
        return notice(
            &desk,
            language,
            StatusCode::BAD_REQUEST,
            Text::StaffForbidden,
        );
    };
    let why = form.why.trim().chars().filter(|c| !c.is_control());
    let wish = Wish {
        id,
        kiosk: form.kiosk,
        why: why.take(WHY_MAX).collect(),
    };
    match desk.call_to_desk(wish).await {
        Ok(true) => back(language).into_response(),
        Ok(false) => notice(
            &desk,
            language,
            StatusCode::NOT_FOUND,
            Text::StaffNoSuchKiosk,
        ),
        Err(fault) => {
            tracing::warn!(%fault, "a call to the desk could not be written");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            notice(&desk, language, status, Text::StaffCallNotWritten)
        }
    }
}

async fn events(State(desk): Shared, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let Some(session) = session(&desk, &headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Ok(permit) = desk.feeds.clone().try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let language = language(&asked, &headers);
    feed::answer(desk, session, language, permit)
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind)], text)
}

async fn nowhere(State(desk): Shared, headers: HeaderMap) -> Response {
    let asked = Asked {
        lang: None,
        token: None,
    };
    let language = language(&asked, &headers);
    notice(&desk, language, StatusCode::NOT_FOUND, Text::StaffNotFound)
}

fn door(desk: &Desk, language: Language, status: StatusCode, wrong: Option<Text>) -> Response {
    (status, Html(render::door(language, &desk.site, wrong))).into_response()
}

fn notice(desk: &Desk, language: Language, status: StatusCode, what: Text) -> Response {
    (status, Html(render::notice(language, &desk.site, what))).into_response()
}

fn forbidden(desk: &Desk, language: Language) -> Response {
    notice(desk, language, StatusCode::FORBIDDEN, Text::StaffForbidden)
}

fn back(language: Language) -> Redirect {
    Redirect::to(&format!("/?lang={}", language.code()))
}

fn cookie(secret: &str, life: Duration) -> String {
    let seconds = life.as_secs();
    format!("{COOKIE_NAME}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}")
}

fn session(desk: &Desk, headers: &HeaderMap) -> Option<Session> {
    let secret = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE_NAME).then_some(value))?;
    desk.gate().session(secret, Instant::now()).cloned()
}

/// A browser that says so sends a form of another site (Fetch Metadata). `Origin` would not do:
/// with our referrer policy it is `null` for our own forms too.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

/// The language asked for, else the first of the browser's that we speak, else Vietnamese.
fn language(asked: &Asked, headers: &HeaderMap) -> Language {
    let known = |code: &str| {
        let code = code.trim().to_ascii_lowercase();
        Language::ALL
            .into_iter()
            .find(|l| code.starts_with(l.code()))
    };
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|l| l.to_str().ok());
    asked
        .lang
        .as_deref()
        .and_then(known)
        .or_else(|| accepted.unwrap_or_default().split(',').find_map(known))
        .unwrap_or_default()
}

/// A request, its body included, is answered in time or given up.
async fn in_time(State(desk): Shared, request: Request, next: Next) -> Response {
    tokio::time::timeout(desk.limits.request, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// What every answer carries: nothing from elsewhere, nothing inline, no frame, no copy kept.
async fn armour(mut response: Response) -> Response {
    const ALWAYS: [(HeaderName, &str); 5] = [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in ALWAYS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
