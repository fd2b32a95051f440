//! A place in a step: notes, findings, highlights and jumps all point with it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which of two messages a header belongs to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The request.
    Request,
    /// The response.
    Response,
}

/// A place: its text form is the `at` of the report (INTERFACE §3).
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pointer {
    /// The address of the request.
    Url,
    /// A parameter in the address.
    Query(String),
    /// A header field, by lower-case name.
    Header(Side, String),
    /// A form parameter.
    Form(String),
    /// A place in the JSON answer (RFC 6901).
    Json(String),
    /// The status of the answer.
    Status,
    /// A place in the JOSE header of a token, by the token's name.
    Jose(String, String),
    /// A place in the claims of a token, by the token's name.
    Claim(String, String),
    /// A field of the profile.
    Profile(String),
    /// The time of the exchange.
    Time,
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("url"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Header(Side::Request, name) => write!(f, "header:request:{name}"),
            Self::Header(Side::Response, name) => write!(f, "header:response:{name}"),
            Self::Form(name) => write!(f, "form:{name}"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
            Self::Status => f.write_str("status"),
            Self::Jose(token, pointer) => write!(f, "jose:{token}:{pointer}"),
            Self::Claim(token, pointer) => write!(f, "claim:{token}:{pointer}"),
            Self::Profile(path) => write!(f, "profile:{path}"),
            Self::Time => f.write_str("time"),
        }
    }
}
