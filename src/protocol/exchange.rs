//! The full record of one request and what became of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    http::{BODY_LIMIT, HttpRequest, Response},
    secret::Secret,
    time::{Lifetime, Timestamp},
};

/// A request: over the back channel, or through the user's browser.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// An HTTP request that we send ourselves.
    Http(HttpRequest),
    /// An address for the user's browser; the answer is the redirect.
    Browser(AuthorizeRequest),
}

impl Request {
    /// Returns the HTTP part: for the browser, the GET of its address.
    pub fn http(&self) -> &HttpRequest {
        match self {
            Self::Http(request) => request,
            Self::Browser(request) => &request.http,
        }
    }
}

/// How the browser's part is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// A browser is started where there is one; the address is shown in any case.
    Open,
    /// The address is shown, nothing is started.
    Show,
    /// An HTTP client with cookies is the browser: for test servers whose login needs no person.
    Follow,
}

/// The request of the front channel (RFC 6749 §4.1.1).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AuthorizeRequest {
    /// The GET of the authorization endpoint.
    pub http: HttpRequest,
    /// Where the answer is to arrive.
    pub redirect_uri: String,
    /// The `state` that the answer must carry.
    pub state: String,
    /// Who plays the browser.
    pub login: Login,
    /// How long to wait for the answer.
    pub patience: Lifetime,
}

/// What came back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// An HTTP response, whatever its status.
    Http(Response),
    /// The redirect that ended the browser's part.
    Redirect(Redirect),
}

/// The redirect that carried the authorization response (RFC 6749 §4.1.2).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Redirect {
    /// The whole redirect URL; when only a bare code was pasted, that code as a query of the redirect URI.
    pub url: Secret,
    /// How it reached us.
    pub via: Via,
    /// The hops of a followed login; empty otherwise.
    pub hops: Vec<Hop>,
}

/// How a redirect reached us.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// Caught by the listener on loopback.
    Listener,
    /// Pasted by the user: a whole URL or its query.
    Paste,
    /// Pasted by the user: the bare code, without `state` and `iss`.
    PasteCode,
    /// Found by the HTTP client that followed the login.
    Follow,
}

/// One hop of a followed login.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Hop {
    /// The address that was fetched.
    pub url: String,
    /// The status that came.
    pub status: u16,
}

/// Why there is no answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The name did not resolve.
    Name(String),
    /// Nothing accepted the connection.
    Connect(String),
    /// The TLS handshake failed, or the certificate was refused.
    Tls(String),
    /// No answer in time.
    Timeout(String),
    /// The user cancelled it.
    Aborted,
    /// The answer was not HTTP, or broke off before its headers ended; or a followed login went astray.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(what) => write!(f, "The name could not be resolved: {what}."),
            Self::Connect(what) => write!(f, "No connection: {what}."),
            Self::Tls(what) => write!(f, "TLS failed: {what}."),
            Self::Timeout(what) => write!(f, "No answer in time: {what}."),
            Self::Aborted => f.write_str("Cancelled."),
            Self::Broken(what) => write!(f, "The answer could not be read: {what}."),
        }
    }
}

/// When an exchange began and how long its parts took, in microseconds from the start.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Timings {
    /// When the request was handed to the transport.
    pub start: Timestamp,
    /// Microseconds until the response headers were there.
    pub first_byte: Option<u64>,
    /// Microseconds until it was over.
    pub end: u64,
}

/// One request, what became of it, and when.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Exchange {
    /// The request, as it was sent.
    pub request: Request,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Failure>,
    /// When.
    pub times: Timings,
}

impl Exchange {
    /// Returns the HTTP response, if that is what came.
    pub fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Ok(Answer::Http(response)) => Some(response),
            _ => None,
        }
    }

    /// Tells whether the connection ended before the answer did; what we stopped reading ourselves did not break off, and
    /// a login that went astray is no connection.
    pub fn broke_off(&self) -> bool {
        if matches!(self.request, Request::Browser(_)) {
            return false;
        }
        match &self.outcome {
            Err(failure) => matches!(failure, Failure::Broken(_)),
            Ok(_) => self.response().is_some_and(|response| {
                response.cut.is_some() && response.body_size <= BODY_LIMIT as u64
            }),
        }
    }
}

/// What an exchange is for within its step (INTERFACE §3).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The step's own request.
    Main,
    /// What is to be known or said beside the step's own request: a form of discovery that did not answer, a page of a
    /// list before the last, a notification.
    Metadata,
    /// A fetch of keys.
    Keys,
    /// A try that the server asked to repeat.
    Retry,
    /// A poll.
    Poll,
}

impl Purpose {
    /// Returns the word used in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Retry => "retry",
            Self::Poll => "poll",
        }
    }
}
