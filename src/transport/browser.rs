//! The loopback listener that catches the browser's redirect (RFC 8252 §7.3).

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Method, Request, Response, StatusCode, header},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
};
use url::Url;

pub use super::launch::{browser_available, display_available, open_browser};
use super::{
    entropy, page,
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
    at: SocketAddr,
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
        let socket = socket(at).await?;
        let at = socket.local_addr().map_err(|error| refused(at, &error))?;
        let (to_us, caught) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            path: url.path().to_owned(),
            redirect_uri: with_port(redirect_uri, at.port()),
            knock: knock(),
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
            at,
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

    /// Returns the address and port that is listened at.
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Sends the listener a request of our own, to a path that cannot be an answer.
    ///
    /// # Errors
    /// A sentence: what keeps a browser on this machine from reaching the port.
    pub async fn test(&self) -> Result<(), String> {
        let heard = tokio::time::timeout(KNOCK_LIMIT, knocked(self.at, &self.desk.knock)).await;
        let why = match heard {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => "another program answers there".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", KNOCK_LIMIT.as_secs()),
        };
        Err(format!(
            "A request of our own to {} did not arrive ({why}): something on this machine blocks the port, a firewall \
             perhaps. This is not the IdP’s doing.",
            self.at
        ))
    }

    /// Ends the wait: the answer came another way, and whoever arrives now is told so.
    pub fn received_by_paste(&self) {
        self.desk.awaited.send_replace(Awaited::Pasted);
    }

    /// Ends the wait without an answer: whoever arrives now is told that it is too late.
    pub fn give_up(&self) {
        self.desk.awaited.send_replace(Awaited::Gone);
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
    /// The path of the request that we send ourselves; nobody can guess it.
    knock: String,
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
    /// It was pasted in the terminal.
    Pasted,
    /// Nobody waits any more.
    Gone,
}

enum Verdict {
    Taken,
    Again,
    Pasted,
    Late,
    Foreign,
}

impl Desk {
    /// Decides about an arrival; only one is ever taken per wait.
    fn judge(&self, answer: &AuthorizationAnswer) -> Verdict {
        let ours = |state: &String| answer.state.as_ref().is_none_or(|other| other == state);
        let mut verdict = Verdict::Late;
        self.awaited.send_if_modified(|awaited| {
            verdict = match awaited {
                Awaited::State(state) if ours(state) => {
                    *awaited = Awaited::Received(std::mem::take(state));
                    Verdict::Taken
                }
                Awaited::Received(state) if ours(state) => Verdict::Again,
                Awaited::State(_) | Awaited::Received(_) => Verdict::Foreign,
                Awaited::Pasted => Verdict::Pasted,
                Awaited::NotYet | Awaited::Gone => Verdict::Late,
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

/// Takes the port; one that a listener of ours has just left is free a moment later.
async fn socket(at: SocketAddr) -> Result<TcpListener, String> {
    let mut tries = 20;
    loop {
        match TcpListener::bind(at).await {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && tries > 0 => {
                tries -= 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(refused(at, &error)),
        }
    }
}

fn knock() -> String {
    let random = entropy::seed()
        .iter()
        .take(16)
        .fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
    format!("/self-test-{random:032x}")
}

/// Tells whether it is our own listener that answers.
async fn knocked(at: SocketAddr, path: &str) -> std::io::Result<bool> {
    let mut socket = TcpStream::connect(at).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.take(KNOCK_ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).contains(path))
}

/// Loopback answers at once, or something is in the way.
const KNOCK_LIMIT: Duration = Duration::from_secs(2);

/// Our own page is shorter; a stranger may talk without end.
const KNOCK_ANSWER: u64 = 16 * 1024;

/// A form_post answer (a code, a state, perhaps an ID Token) is never larger.
const POST_LIMIT: usize = 64 * 1024;

async fn receive(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response<Body> {
    if request.uri().path() == desk.knock {
        return answer_page(StatusCode::OK, "Self-test", &desk.knock);
    }
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
        Verdict::Again => {
            desk.stray(
                &url,
                "the answer was received already; this one changes nothing",
            );
            answer_page(StatusCode::OK, "Already received", BACK)
        }
        Verdict::Pasted => {
            desk.stray(
                &url,
                "the answer was received by paste already; this one changes nothing",
            );
            let says = format!("The answer was already received by paste. {BACK}");
            answer_page(StatusCode::OK, "Already received", &says)
        }
        Verdict::Late => {
            desk.stray(&url, "nobody waits for it any more; send the step again");
            answer_page(
                StatusCode::OK,
                "Too late",
                "The terminal no longer waits for this sign-in. Send the step again there: it makes a new address.",
            )
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_listener_hears_itself_and_takes_nothing_for_it() {
        let listener = Listener::bind("http://127.0.0.1:0/callback", None)
            .await
            .expect("any free port");
        assert_eq!(listener.test().await, Ok(()));
        let (strays, mut seen) = mpsc::unbounded_channel();
        let listener = listener.with_strays(strays);
        assert_eq!(listener.test().await, Ok(()));
        assert!(seen.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_stranger_at_the_port_is_not_taken_for_it() {
        let stranger = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("any free port");
        let at = stranger.local_addr().expect("it is bound");
        tokio::spawn(async move {
            let (mut socket, _) = stranger.accept().await.expect("our own request");
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await;
        });
        assert!(!matches!(knocked(at, "/self-test-1").await, Ok(true)));
        // The task has ended, and with it the port is closed.
        assert!(knocked(at, "/self-test-1").await.is_err());
    }
}
