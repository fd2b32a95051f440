//! What comes in and what goes out, as plain values: the handlers never see a socket.

use serde_json::Value;

/// A request as a server of the lab sees it.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, percent-encoding untouched.
    pub path: String,
    /// The query without its `?`; empty when there is none.
    pub query: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    /// Returns the first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns every header of that lower-case name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the content type without parameters, in lower case.
    pub fn content_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().to_ascii_lowercase()
    }

    /// Returns a cookie by name (RFC 6265 §5.4).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.all("cookie")
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }
}

/// An answer of a server of the lab.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// Makes a JSON answer.
    pub fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: value.to_string().into_bytes(),
        }
    }

    /// Makes an answer that sends the browser on with a GET.
    pub fn redirect(to: &str) -> Self {
        Self {
            status: 303,
            headers: vec![
                ("location", to.to_owned()),
                ("cache-control", "no-store".to_owned()),
                ("referrer-policy", "no-referrer".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    /// Makes a 404 that names what there is instead.
    pub fn not_found(incoming: &Incoming, there_is: &str) -> Self {
        Self::plain_error(
            404,
            format!("Nothing at {}. There is {there_is}.", incoming.path),
        )
    }

    /// Makes a 405 with its `Allow` field (RFC 9110 §15.5.6).
    pub fn not_allowed(incoming: &Incoming, allow: &str) -> Self {
        let says = format!(
            "{} takes {allow}, received {}.",
            incoming.path, incoming.method
        );
        Self::plain_error(405, says).with("allow", allow)
    }

    /// Adds a header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn plain_error(status: u16, says: String) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/plain; charset=utf-8".to_owned())],
            body: says.into_bytes(),
        }
    }
}
