//! The loopback listener that catches the browser's redirect (RFC 8252 §7.3).

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Method, Request, Response, StatusCode, header},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};
use url::Url;

pub use super::launch::{browser_available, open_browser};
use super::{
    page,
    place::{place, place_of, refused, with_port},
};
use crate::protocol::{
    exchange::{Redirect, Via},
    redirect::{AuthorizationAnswer, read},
    secret::Secret,
};

/// Waits on a loopback address for the browser to come back; dropping it frees the port.
#[derive(Debug)]
pub struct Listener {
    redirect_uri: String,
    desk: Arc<Desk>,
    caught: tokio::sync::Mutex<mpsc::UnboundedReceiver<Redirect>>,
    /// Closed by dropping: then the server finishes the pages under way and ends.
    _open: oneshot::Sender<()>,
}

/// An arrival at the redirect URI that was not the answer waited for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stray {
    /// The whole URL that arrived.
    pub url: Secret,
    /// Why it was not taken.
    pub why: &'static str,
}

impl Listener {
    /// Listens where the redirect URI says, or at `listen` (`address:port` or a port) where ports are forwarded.
    ///
    /// Port 0 takes any free port, and [`Listener::redirect_uri`] then tells which.
    ///
    /// # Errors
    /// A sentence: the host is not loopback, the port is taken, the URI is not one to listen at.
    pub async fn bind(redirect_uri: &str, listen: Option<&str>) -> Result<Self, String> {
        let url = Url::parse(redirect_uri).map_err(|error| {
            format!("The redirect URI `{redirect_uri}` is not an address: {error}.")
        })?;
        let at = match listen.map(str::trim).filter(|listen| !listen.is_empty()) {
            Some(listen) => place_of(listen)?,
            None => place(&url, redirect_uri)?,
        };
        let socket = TcpListener::bind(at)
            .await
            .map_err(|error| refused(at, &error))?;
        let port = socket
            .local_addr()
            .map_err(|error| refused(at, &error))?
            .port();
        let (to_us, caught) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            path: url.path().to_owned(),
            redirect_uri: with_port(redirect_uri, port),
            awaited: watch::Sender::new(Awaited::NotYet),
            caught: to_us,
            strays: Mutex::new(None),
        });
        let (open, closed) = oneshot::channel::<()>();
        let app = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move {
            let served = axum::serve(socket, app).with_graceful_shutdown(async {
                let _ = closed.await;
            });
            let _ = served.await;
        });
        Ok(Self {
            redirect_uri: desk.redirect_uri.clone(),
            desk,
            caught: tokio::sync::Mutex::new(caught),
            _open: open,
        })
    }

    /// Reports arrivals that belong to another sign-in, which are not taken.
    #[must_use]
    pub fn with_strays(self, strays: mpsc::UnboundedSender<Stray>) -> Self {
        *lock(&self.desk.strays) = Some(strays);
        self
    }

    /// Returns the redirect URI with the real port.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the answer with this `state`; one without any `state` is taken too, for the engine to judge.
    ///
    /// Until the listener is dropped, later arrivals see a page that says so.
    pub async fn catch(&self, state: &str) -> Redirect {
        let mut caught = self.caught.lock().await;
        // An answer that an earlier, cancelled wait left behind is nobody's.
        while caught.try_recv().is_ok() {}
        self.desk
            .awaited
            .send_replace(Awaited::State(state.to_owned()));
        caught
            .recv()
            .await
            .expect("the desk, which holds the sender, lives as long as the listener")
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.desk.awaited.send_replace(Awaited::Gone);
    }
}

/// What the pages need to know.
#[derive(Debug)]
struct Desk {
    path: String,
    redirect_uri: String,
    awaited: watch::Sender<Awaited>,
    caught: mpsc::UnboundedSender<Redirect>,
    strays: Mutex<Option<mpsc::UnboundedSender<Stray>>>,
}

#[derive(Debug)]
enum Awaited {
    /// Nobody waits yet.
    NotYet,
    /// The answer with this state.
    State(String),
    /// It came; the state is kept to tell a second arrival from a foreign one.
    Received(String),
    /// The listener is gone.
    Gone,
}

enum Verdict {
    Taken,
    Again,
    Foreign,
}

impl Desk {
    /// Decides about an arrival; only one is ever taken per wait.
    fn judge(&self, answer: &AuthorizationAnswer) -> Verdict {
        let ours = |state: &String| answer.state.as_ref().is_none_or(|other| other == state);
        let mut verdict = Verdict::Again;
        self.awaited.send_if_modified(|awaited| {
            verdict = match awaited {
                Awaited::State(state) if ours(state) => {
                    *awaited = Awaited::Received(std::mem::take(state));
                    Verdict::Taken
                }
                Awaited::Received(state) if ours(state) => Verdict::Again,
                Awaited::State(_) | Awaited::Received(_) => Verdict::Foreign,
                Awaited::NotYet | Awaited::Gone => Verdict::Again,
            };
            false
        });
        verdict
    }

    fn stray(&self, url: &Secret, why: &'static str) {
        if let Some(strays) = &*lock(&self.strays) {
            let _ = strays.send(Stray {
                url: url.clone(),
                why,
            });
        }
    }
}

/// A form_post answer (a code, a state, perhaps an ID Token) is never larger.
const POST_LIMIT: usize = 64 * 1024;

async fn receive(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response<Body> {
    if request.uri().path() != desk.path {
        return answer_page(
            StatusCode::NOT_FOUND,
            "Nothing here",
            "This address is not the redirect URI.",
        );
    }
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let sent = match head.method {
        Method::GET => query,
        // A HEAD comes from a link checker, not from the browser: it gets a page and takes nothing.
        Method::HEAD => return answer_page(StatusCode::OK, "Already received", ""),
        // OAuth 2.0 Form Post Response Mode §2
        Method::POST => match to_bytes(body, POST_LIMIT).await {
            Ok(bytes) => joined(&query, &String::from_utf8_lossy(&bytes)),
            Err(_) => {
                return answer_page(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "Too much",
                    "The answer is larger than any answer to a sign-in.",
                );
            }
        },
        _ => {
            return answer_page(
                StatusCode::METHOD_NOT_ALLOWED,
                "Not here",
                "The redirect URI takes GET and POST.",
            );
        }
    };
    let url = Secret::minted("redirect", format!("{}?{sent}", bare(&desk.redirect_uri)));
    let answer = read(url.reveal());
    if answer.code.is_none() && answer.error.is_none() {
        desk.stray(&url, "it carries neither `code` nor `error`");
        return answer_page(
            StatusCode::BAD_REQUEST,
            "No answer in this address",
            "It carries neither a code nor an error. The terminal is still waiting.",
        );
    }
    // Somebody may be quicker than the one who waits.
    let mut awaited = desk.awaited.subscribe();
    let _ = awaited
        .wait_for(|awaited| !matches!(awaited, Awaited::NotYet))
        .await;
    match desk.judge(&answer) {
        Verdict::Foreign => {
            desk.stray(&url, "its `state` is not the one of this sign-in");
            answer_page(
                StatusCode::BAD_REQUEST,
                "Another sign-in",
                "This answer belongs to another sign-in: its state is not the one that was sent. The terminal is still waiting.",
            )
        }
        Verdict::Again => answer_page(StatusCode::OK, "Already received", BACK),
        Verdict::Taken => {
            let _ = desk.caught.send(Redirect {
                url,
                via: Via::Listener,
                hops: Vec::new(),
            });
            match &answer.error {
                Some(error) => {
                    let says = format!("The server answered with the error “{error}”. {BACK}");
                    answer_page(StatusCode::OK, "The sign-in was refused", &says)
                }
                None => answer_page(StatusCode::OK, "Signed in", BACK),
            }
        }
    }
}

const BACK: &str = "You can close this page and go back to the terminal.";

/// Answers with a page that nothing keeps, frames or runs.
fn answer_page(status: StatusCode, title: &str, says: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONNECTION, "close")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        )
        .body(Body::from(page::html(title, says)))
        .expect("the parts are constants")
}

fn bare(redirect_uri: &str) -> &str {
    redirect_uri.split(['?', '#']).next().unwrap_or_default()
}

fn joined(query: &str, form: &str) -> String {
    if query.is_empty() {
        form.to_owned()
    } else {
        format!("{query}&{form}")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
