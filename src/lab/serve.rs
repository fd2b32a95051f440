//! The thin part: axum takes the bytes, a pure handler answers, and the ledger keeps what was asked.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    faults::{Switches, Wire},
    message::{Incoming, Outgoing},
    tls::{Authority, TlsListener},
};
use crate::protocol::{party::Party, time::Timestamp};

/// Fetches an address with GET and returns the body of a 200, or a sentence that says what came instead.
pub type Fetch = Arc<
    dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>> + Send + Sync,
>;

/// Tells the time.
pub type Clock = fn() -> Timestamp;

/// One request that a server of the lab has seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Who was asked.
    pub party: Party,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// When it was answered.
    pub time: Timestamp,
    /// The status of the answer.
    pub status: u16,
}

/// A pure handler: requests in, answers out, no clock and no socket.
pub(super) trait Server: Send + 'static {
    /// Returns who is asked, where one server plays more than one party.
    fn party(&self, _incoming: &Incoming) -> Option<Party> {
        None
    }

    /// Returns the address of keys that are needed before this request can be judged; asked again after each fetch.
    fn wants(&self, _incoming: &Incoming) -> Option<String> {
        None
    }

    /// Takes in what the fetch of those keys brought.
    fn learn(&mut self, _url: &str, _fetched: &Result<Vec<u8>, String>) {}

    /// Forgets the keys of others.
    fn forget_keys(&mut self) {}

    /// Answers.
    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing;
}

/// What was asked so far, oldest first; the oldest go when there are too many.
#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    /// Returns a copy of all entries.
    pub fn entries(&self) -> Vec<Entry> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= LEDGER_LIMIT {
            entries.drain(..LEDGER_LIMIT / 2);
        }
        entries.push(entry);
    }
}

/// What the three servers share.
#[derive(Clone)]
pub(super) struct Surroundings {
    /// How keys are fetched.
    pub fetch: Fetch,
    /// The clock.
    pub now: Clock,
    /// The ledger.
    pub ledger: Ledger,
    /// The authority whose certificate is shown, over https.
    pub tls: Option<Authority>,
    /// What the servers do wrong.
    pub switches: Switches,
}

/// A server that runs until it is stopped or dropped.
pub(super) struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops taking connections, ends idle ones, and waits until both is done.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = self.task.await;
    }
}

/// Serves a handler on a listener that is already bound.
pub(super) fn serve(
    listener: TcpListener,
    party: Party,
    server: impl Server,
    surroundings: Surroundings,
) -> Running {
    let tls = surroundings.tls.clone();
    let desk = Desk {
        party,
        server: Arc::new(Mutex::new(Box::new(server))),
        surroundings,
    };
    let router = Router::new().fallback(handle).with_state(desk);
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        // The sender is never used, only dropped: by `stop`, or with the lab.
        let until = async {
            let _ = stopped.await;
        };
        let _ = match tls {
            None => {
                axum::serve(listener, router)
                    .with_graceful_shutdown(until)
                    .await
            }
            Some(authority) => match TlsListener::new(listener, &authority) {
                Ok(listener) => {
                    axum::serve(listener, router)
                        .with_graceful_shutdown(until)
                        .await
                }
                Err(error) => Err(error),
            },
        };
    });
    Running {
        stop: Some(stop),
        task,
    }
}

/// A handler with what it needs around it.
#[derive(Clone)]
struct Desk {
    party: Party,
    server: Arc<Mutex<Box<dyn Server>>>,
    surroundings: Surroundings,
}

impl Desk {
    /// Runs something on the handler. No lock is ever held across an await.
    fn with<T>(&self, run: impl FnOnce(&mut dyn Server) -> T) -> T {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        run(server.as_mut())
    }

    async fn answer(&self, mut incoming: Incoming) -> (Outgoing, Option<Wire>) {
        let switches = &self.surroundings.switches;
        let party = self.with(|server| server.party(&incoming));
        let party = party.unwrap_or(self.party);
        switches.ask(party, &mut incoming);
        if switches.begins_anew(party) {
            self.with(Server::forget_keys);
        }
        let incoming = &incoming;
        let mut asked: Vec<String> = Vec::new();
        while let Some(url) = self.with(|server| server.wants(incoming)) {
            // What did not help once does not help again.
            if asked.contains(&url) {
                break;
            }
            let fetched = (self.surroundings.fetch)(url.clone()).await;
            self.with(|server| server.learn(&url, &fetched));
            asked.push(url);
        }
        let now = switches.time(party, (self.surroundings.now)());
        let mut outgoing = self.with(|server| server.answer(incoming, now));
        let wire = switches.answer(party, incoming, &mut outgoing, now);
        self.surroundings.ledger.note(Entry {
            party,
            method: incoming.method.clone(),
            path: incoming.path.clone(),
            time: now,
            status: outgoing.status,
        });
        (outgoing, wire)
    }
}

async fn handle(State(desk): State<Desk>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let headers = parts.headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), text)
    });
    let incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let (outgoing, wire) = desk.answer(incoming).await;
    match wire {
        None => {}
        Some(Wire::Late) => desk.surroundings.switches.hold(false).await,
        Some(Wire::Silent) => desk.surroundings.switches.hold(true).await,
        Some(Wire::Cut) => return broken(outgoing, true),
        Some(Wire::Closed) => return broken(outgoing, false),
    }
    respond(outgoing)
}

fn respond(outgoing: Outgoing) -> Response {
    let mut response = Response::new(Body::from(outgoing.body));
    *response.status_mut() =
        StatusCode::from_u16(outgoing.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in outgoing.headers {
        let Ok(value) = HeaderValue::from_str(&value) else {
            return plain(StatusCode::INTERNAL_SERVER_ERROR);
        };
        response
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    response
}

/// Ends the connection: after half of the body, or before a single byte of the answer has left.
fn broken(mut outgoing: Outgoing, half: bool) -> Response {
    let mut body = std::mem::take(&mut outgoing.body);
    let length = ("content-length", body.len().to_string());
    outgoing.headers.push(length);
    body.truncate(body.len() / 2);
    let end = stream::once(async move {
        if half {
            // What came before leaves while the body lets the server wait.
            tokio::task::yield_now().await;
        }
        Err(std::io::Error::other("the lab breaks the connection"))
    });
    let first = stream::iter(half.then_some(Ok(body)));
    let mut response = respond(outgoing);
    *response.body_mut() = Body::from_stream(first.chain(end));
    response
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Bodies beyond this many bytes are refused: nothing here is near as long.
const BODY_LIMIT: usize = 1024 * 1024;

const LEDGER_LIMIT: usize = 10_000;
