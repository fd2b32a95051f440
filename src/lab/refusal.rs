//! Saying no: an error code, and a sentence that names expected and received.

use serde_json::json;

use super::message::Outgoing;

/// A request that is refused, and why (RFC 6749 §5.2).
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// The `error` code.
    pub error: &'static str,
    /// The `error_description`.
    pub says: String,
    /// What it is about, where vendors tell such a refusal apart.
    pub about: Option<About>,
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// A signature that does not hold.
    Signature,
    /// An `aud` that names somebody else.
    Audience,
}

impl Refusal {
    /// Makes a refusal with the status its code has at a token endpoint.
    pub fn new(error: &'static str, says: impl Into<String>) -> Self {
        let status = match error {
            "invalid_client" => 401,
            "temporarily_unavailable" => 503,
            _ => 400,
        };
        Self {
            status,
            error,
            says: printable(&says.into()),
            about: None,
        }
    }

    /// Says what it is about.
    #[must_use]
    pub fn about(self, about: About) -> Self {
        Self {
            about: Some(about),
            ..self
        }
    }

    /// Makes the answer of a token endpoint. A 401 carries a challenge (RFC 9110 §15.5.2).
    pub fn token_answer(&self, realm: &str) -> Outgoing {
        let body = json!({ "error": self.error, "error_description": self.says });
        let answer = uncached(Outgoing::json(self.status, &body));
        if self.status == 401 {
            answer.with("www-authenticate", format!("Basic realm=\"{realm}\""))
        } else {
            answer
        }
    }
}

/// Refuses unless a condition holds.
pub fn must(
    holds: bool,
    error: &'static str,
    says: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::new(error, says()))
    }
}

/// Words for what came: the value, cut where it is long, or `nothing`.
pub fn received(value: Option<&str>) -> String {
    match value {
        None | Some("") => "nothing".to_owned(),
        Some(text) if text.chars().count() > 120 => {
            format!("{}...", text.chars().take(117).collect::<String>())
        }
        Some(text) => text.to_owned(),
    }
}

/// Forbids every cache to keep an answer (RFC 6749 §5.1 asks for both fields).
pub fn uncached(answer: Outgoing) -> Outgoing {
    answer
        .with("cache-control", "no-store")
        .with("pragma", "no-cache")
}

/// Keeps to the characters an `error_description` may have (RFC 6749 §5.2).
fn printable(says: &str) -> String {
    says.chars()
        .map(|c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}
