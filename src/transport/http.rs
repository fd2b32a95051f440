//! Sending one request of the back channel, once, and recording all that came of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    sync::OnceCell,
    time::{Instant as Deadline, timeout_at},
};
use url::Url;

use super::{
    client::{self, Kind},
    clock,
    failure::{self, Way},
};
use crate::protocol::{
    exchange::{Answer, Exchange, Failure, Request, Timings},
    http::{BODY_LIMIT, Bytes, HttpRequest, Response},
};

pub use super::client::{HttpError, Settings};

/// Sends requests as they are; cheap to clone.
#[derive(Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    plain: OnceCell<Client>,
    direct: OnceCell<Client>,
    outside: OnceCell<Client>,
}

impl Http {
    /// Checks the settings; the clients themselves are built when they are first needed.
    ///
    /// # Errors
    /// A certificate or proxy that cannot be used.
    pub fn new(settings: Settings) -> Result<Self, HttpError> {
        client::check(&settings)?;
        Ok(Self {
            inner: Arc::new(Inner {
                settings,
                plain: OnceCell::new(),
                direct: OnceCell::new(),
                outside: OnceCell::new(),
            }),
        })
    }

    /// Sends a request once and records what came of it; dropping the future breaks the connection off.
    pub async fn send(&self, request: &HttpRequest) -> Exchange {
        let mut watch = Watch::start();
        let outcome = self.exchange(request, &mut watch).await.map(Answer::Http);
        Exchange {
            request: Request::Http(request.clone()),
            outcome,
            times: watch.end(),
        }
    }

    async fn exchange(
        &self,
        request: &HttpRequest,
        watch: &mut Watch,
    ) -> Result<Response, Failure> {
        let ready = prepare(request)?;
        let timeout = self.inner.settings.timeout;
        let url = ready.url().clone();
        let kind = Kind::of(&url);
        let client = self.client(kind).await?;
        // The connection has a timer of its own, which must be the first to ring to be told apart.
        let deadline = Deadline::now() + timeout + GRACE;
        let mut response = match timeout_at(deadline, client.execute(ready)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Err(failure::of(&error, &url, &self.way(kind, &url), timeout));
            }
            Err(_) => {
                return Err(Failure::Timeout(format!(
                    "{} took the request and sent no complete header within {}",
                    failure::peer(&url),
                    failure::span(timeout)
                )));
            }
        };
        watch.first_byte();
        // Only a proxy says 407 (RFC 9110 §15.5.8); what it says is not the server's answer.
        let way = self.way(kind, &url);
        if response.status().as_u16() == 407 && way.proxy().is_some() {
            let why = "it answered 407: it asks for a user and a password, or refuses the ones of its address";
            return Err(failure::not_let_through(&failure::peer(&url), &way, why));
        }
        let mut kept = Response {
            status: response.status().as_u16(),
            headers: headers_of(response.headers()),
            body: Bytes::default(),
            body_size: 0,
            cut: None,
        };
        read_body(&mut response, &mut kept, deadline, timeout).await;
        Ok(kept)
    }

    fn way(&self, kind: Kind, url: &Url) -> Way {
        match kind {
            Kind::Plain | Kind::Direct => Way::Straight,
            Kind::Outside => {
                let proxy = self.inner.settings.proxy.as_deref();
                Way::of(url.scheme(), proxy, |name| std::env::var(name).ok())
            }
        }
    }

    async fn client(&self, kind: Kind) -> Result<&Client, Failure> {
        let cell = match kind {
            Kind::Plain => &self.inner.plain,
            Kind::Direct => &self.inner.direct,
            Kind::Outside => &self.inner.outside,
        };
        cell.get_or_try_init(async || {
            let settings = self.inner.settings.clone();
            // Reading the platform's roots takes long enough to keep others waiting.
            tokio::task::spawn_blocking(move || client::build(&settings, kind))
                .await
                .map_err(|_| Failure::Aborted)?
                .map_err(|error| {
                    Failure::Tls(format!(
                        "it could not be set up ({})",
                        failure::root(&error)
                    ))
                })
        })
        .await
    }
}

const GRACE: Duration = Duration::from_millis(100);

/// Reading stops here, whatever the server still has to say.
const READ_LIMIT: u64 = 64 * 1024 * 1024;

/// Turns our request into the library's, or says why it cannot be sent as it is shown.
fn prepare(request: &HttpRequest) -> Result<reqwest::Request, Failure> {
    let unsendable = |why: String| Failure::Connect(format!("the request cannot be sent: {why}"));
    let url = Url::parse(&request.address())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| unsendable("its address is not an http or https address".to_owned()))?;
    let method = reqwest::Method::from_bytes(request.method.as_bytes())
        .ok()
        .filter(|method| *method != reqwest::Method::CONNECT)
        .ok_or_else(|| {
            unsendable(format!(
                "`{}` is not a method",
                request.method.escape_debug()
            ))
        })?;
    let body = request.body_text();
    let mut ready = reqwest::Request::new(method, url);
    for (name, value) in request.wire_headers() {
        let value = value.wire();
        match name.as_str() {
            "transfer-encoding" => {
                return Err(unsendable(
                    "`transfer-encoding` is not ours to set".to_owned(),
                ));
            }
            "content-length" if value != body.as_ref().map_or(0, String::len).to_string() => {
                return Err(unsendable(
                    "`content-length` is not the length of the body".to_owned(),
                ));
            }
            _ => {}
        }
        let (Ok(field), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) else {
            let name = name.escape_debug();
            return Err(unsendable(format!(
                "the header `{name}` holds a character that a header cannot have, such as a line break"
            )));
        };
        ready.headers_mut().append(field, value);
    }
    *ready.body_mut() = body.map(reqwest::Body::from);
    Ok(ready)
}

fn headers_of(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// Reads the body to its end or to a limit; what came before something went wrong is kept.
async fn read_body(
    response: &mut reqwest::Response,
    kept: &mut Response,
    deadline: Deadline,
    timeout: Duration,
) {
    let announced = response.content_length();
    loop {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                kept.body_size += chunk.len() as u64;
                let room = BODY_LIMIT - kept.body.0.len();
                kept.body
                    .0
                    .extend_from_slice(&chunk[..room.min(chunk.len())]);
                if kept.body_size > READ_LIMIT {
                    kept.cut = Some(format!(
                        "reading stopped after {}, of which the first {} are kept",
                        failure::size(READ_LIMIT),
                        failure::size(BODY_LIMIT as u64)
                    ));
                    return;
                }
            }
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                kept.cut = Some(failure::cut(&error, kept.body_size, announced));
                return;
            }
            Err(_) => {
                kept.cut = Some(format!(
                    "it did not end within {}; {} came",
                    failure::span(timeout),
                    failure::size(kept.body_size)
                ));
                return;
            }
        }
    }
    if kept.body_size > kept.body.0.len() as u64 {
        kept.cut = Some(format!(
            "it has {}, of which the first {} are kept",
            failure::size(kept.body_size),
            failure::size(BODY_LIMIT as u64)
        ));
    }
}

/// Takes the times of one exchange.
pub(super) struct Watch {
    from: Instant,
    times: Timings,
}

impl Watch {
    pub(super) fn start() -> Self {
        let times = Timings {
            start: clock::now(),
            ..Timings::default()
        };
        Self {
            from: Instant::now(),
            times,
        }
    }

    pub(super) fn first_byte(&mut self) {
        let elapsed = self.elapsed();
        self.times.first_byte.get_or_insert(elapsed);
    }

    pub(super) fn end(mut self) -> Timings {
        self.times.end = self.elapsed();
        self.times
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.from.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
