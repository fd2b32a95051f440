//! What a step makes of an answer.

use serde::{Deserialize, Serialize};

use super::{Artifact, KeySet};
use crate::protocol::{
    exchange::{Exchange, Failure, Purpose},
    http::HttpRequest,
    jwt::{Signature, Token, TokenKind},
    metadata::ServerMetadata,
    oauth::OAuthError,
    party::Party,
    secret::Secret,
    time::{Lifetime, Timestamp},
};
use std::sync::Arc;

/// An exchange of a step and what it was for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Made {
    /// What it was for.
    pub purpose: Purpose,
    /// The exchange.
    pub exchange: Arc<Exchange>,
}

/// Something gained.
#[derive(Clone, Debug, PartialEq)]
pub enum Gain {
    /// A token, a code or another secret, with its end if that is known.
    Held(Artifact, Secret, Option<Timestamp>),
    /// A server's metadata.
    Metadata(Party, ServerMetadata),
    /// A server's keys.
    Keys(Party, KeySet),
    /// The server takes what is held no more; it is dropped, whatever the verdict.
    Spent(Artifact),
}

/// A token of a step, with what is known of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TokenRecord {
    /// Its name in pointers and reports.
    pub name: String,
    /// What it is to the flow.
    pub artifact: Artifact,
    /// Its first eight hex digits of SHA-256.
    pub fingerprint: String,
    /// The token, taken apart.
    pub token: Token,
    /// Its signature.
    pub signature: Signature,
    /// What it was made from.
    pub parent: Option<Artifact>,
    /// When it came.
    pub gained: Timestamp,
    /// When it ends, by its `exp` or by `expires_in`.
    pub expires: Option<Timestamp>,
}

impl TokenRecord {
    /// Returns what kind of token it is: by itself, and where it keeps that to itself, by what it is to the flow.
    pub fn kind(&self) -> TokenKind {
        match (self.artifact, self.token.kind()) {
            (Artifact::RefreshToken, TokenKind::Opaque) => TokenKind::RefreshToken,
            (_, kind) => kind,
        }
    }
}

/// What a step makes of its exchanges.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What was gained; kept even when the verdict is bad, so that it can be looked at.
    pub gained: Vec<Gain>,
    /// The tokens that came.
    pub tokens: Vec<TokenRecord>,
    /// How it ended, or what is to be sent next.
    pub verdict: Verdict,
    /// What happened, in a sentence or two for the user.
    pub says: String,
}

/// How an attempt of a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is done.
    Done,
    /// The answer did not serve; this request is sent instead, and the one before becomes a side exchange.
    Instead(HttpRequest),
    /// The server has nothing yet: this request is sent after a while, and the one before was a poll.
    Again {
        /// What is sent next.
        request: HttpRequest,
        /// How long to wait before.
        after: Lifetime,
    },
    /// A side exchange is needed before the answer can be judged.
    Also(Purpose, HttpRequest),
    /// The server refused.
    Refused(OAuthError),
    /// We refuse the answer: each reason a sentence.
    Rejected(Vec<String>),
    /// Only the signature speaks against it: the run ends, on the screen the user is asked.
    Suspect(String),
    /// The answer cannot be read: HTML where JSON was expected, a body that broke off.
    Unreadable(String),
    /// There was no answer.
    Unreachable(Failure),
}

impl Reading {
    /// Makes a reading that gained nothing.
    pub fn bare(verdict: Verdict, says: impl Into<String>) -> Self {
        Self {
            gained: Vec::new(),
            tokens: Vec::new(),
            verdict,
            says: says.into(),
        }
    }
}
