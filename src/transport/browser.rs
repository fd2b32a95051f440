//! The loopback listener that catches the browser's redirect (RFC 8252 §7.3).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
};

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
        return page(
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
        Method::HEAD => return page(StatusCode::OK, "Already received", ""),
        // OAuth 2.0 Form Post Response Mode §2
        Method::POST => match to_bytes(body, POST_LIMIT).await {
            Ok(bytes) => joined(&query, &String::from_utf8_lossy(&bytes)),
            Err(_) => {
                return page(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "Too much",
                    "The answer is larger than any answer to a sign-in.",
                );
            }
        },
        _ => {
            return page(
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
        return page(
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
            page(
                StatusCode::BAD_REQUEST,
                "Another sign-in",
                "This answer belongs to another sign-in: its state is not the one that was sent. The terminal is still waiting.",
            )
        }
        Verdict::Again => page(StatusCode::OK, "Already received", BACK),
        Verdict::Taken => {
            let _ = desk.caught.send(Redirect {
                url,
                via: Via::Listener,
                hops: Vec::new(),
            });
            match &answer.error {
                Some(error) => {
                    let says = format!("The server answered with the error “{error}”. {BACK}");
                    page(StatusCode::OK, "The sign-in was refused", &says)
                }
                None => page(StatusCode::OK, "Signed in", BACK),
            }
        }
    }
}

const BACK: &str = "You can close this page and go back to the terminal.";

/// Makes a page; both texts are escaped here and nowhere else.
fn page(status: StatusCode, title: &str, says: &str) -> Response<Body> {
    let (title, says) = (escaped(title), escaped(says));
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · jagwalk</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{says}</p></main></body></html>\n"
    );
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
        .body(Body::from(html))
        .expect("the parts are constants")
}

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;\
                     color-scheme:light dark}main{max-width:34rem;padding:2rem}h1{font-size:1.4rem;margin:0}";

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(400) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Where to listen for a redirect URI.
fn place(url: &Url, redirect_uri: &str) -> Result<SocketAddr, String> {
    const INSTEAD: &str = "Use an address such as http://127.0.0.1:0/callback, or `login = \"show\"` and paste the answer.";
    if url.scheme() != "http" {
        return Err(format!(
            "Nothing can listen at `{redirect_uri}`: on loopback the scheme is http (RFC 8252 §7.3). {INSTEAD}"
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let ip = loopback(host).ok_or_else(|| {
        format!(
            "The host `{host}` of the redirect URI is not a loopback address (127.0.0.1, [::1], localhost). {INSTEAD}"
        )
    })?;
    Ok(SocketAddr::new(
        ip,
        url.port_or_known_default().unwrap_or(80),
    ))
}

/// Reads `listen`: `127.0.0.1:8765`, `[::1]:8765`, `localhost:8765` or `8765`.
fn place_of(listen: &str) -> Result<SocketAddr, String> {
    let (host, port) = listen.rsplit_once(':').unwrap_or(("127.0.0.1", listen));
    let port = port.parse().map_err(|_| {
        format!("`listen` is `{listen}`; expected an address and port such as 127.0.0.1:8765.")
    })?;
    let ip = loopback(host).ok_or_else(|| {
        format!("`listen` names the host `{host}`; expected a loopback address (127.0.0.1, [::1], localhost).")
    })?;
    Ok(SocketAddr::new(ip, port))
}

fn loopback(host: &str) -> Option<IpAddr> {
    match host {
        "127.0.0.1" | "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        "[::1]" => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
    }
}

fn refused(at: SocketAddr, error: &std::io::Error) -> String {
    let port = at.port();
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {port} of {} is taken by another program. Close that one, or register another port (0 takes any free one).",
            at.ip()
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!(
                "Port {port} may not be listened at without more rights. Use a port above 1023."
            )
        }
        _ => format!("It is not possible to listen at {at}: {error}."),
    }
}

/// Puts the real port in place of port 0 and leaves every other character alone: redirect URIs are compared exactly.
fn with_port(redirect_uri: &str, port: u16) -> String {
    let start = redirect_uri.find("://").map_or(0, |at| at + 3);
    let end = redirect_uri[start..]
        .find(['/', '?', '#'])
        .map_or(redirect_uri.len(), |at| start + at);
    match redirect_uri[start..end].strip_suffix(":0") {
        Some(host) => format!(
            "{}{host}:{port}{}",
            &redirect_uri[..start],
            &redirect_uri[end..]
        ),
        None => redirect_uri.to_owned(),
    }
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

    #[test]
    fn only_port_zero_is_replaced() {
        for (uri, with) in [
            (
                "http://127.0.0.1:0/callback",
                "http://127.0.0.1:4711/callback",
            ),
            ("http://[::1]:0", "http://[::1]:4711"),
            ("http://localhost:0?a=:0", "http://localhost:4711?a=:0"),
            ("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cb"),
            ("http://127.0.0.1/cb:0/x", "http://127.0.0.1/cb:0/x"),
        ] {
            assert_eq!(with_port(uri, 4711), with);
        }
    }

    #[test]
    fn only_loopback_is_listened_at() {
        for listen in [
            "0.0.0.0:1",
            "192.0.2.1:80",
            "example.com:80",
            "[::]:1",
            "127.0.0.1:x",
            "x",
            "70000",
        ] {
            assert!(place_of(listen).is_err(), "{listen}");
        }
        for (listen, at) in [
            ("8765", "127.0.0.1:8765"),
            ("localhost:1", "127.0.0.1:1"),
            ("[::1]:2", "[::1]:2"),
        ] {
            assert_eq!(place_of(listen).unwrap().to_string(), at);
        }
    }
}
