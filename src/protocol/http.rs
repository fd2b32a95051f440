//! Requests and responses as plain values; a request knows its exact bytes on the wire.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::{digest, secret::Secret};

/// Bodies are kept up to this many bytes; what is beyond is counted, not kept.
pub const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A value of a header or parameter: open, or secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Shown as it is.
    Plain(String),
    /// Shown by name and fingerprint only.
    Secret(Hidden),
}

/// A secret with the text that stands before it in the open (`Bearer `, `Basic `).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Hidden {
    /// What stands before the secret.
    pub before: String,
    /// The secret itself.
    pub secret: Secret,
}

impl Value {
    /// Returns the text as it goes over the wire, secrets included.
    pub fn wire(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(hidden) => format!("{}{}", hidden.before, hidden.secret.reveal()),
        }
    }

    /// Returns the secret, if this is one.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Plain(_) => None,
            Self::Secret(hidden) => Some(&hidden.secret),
        }
    }

    /// Makes a secret value with open text before it.
    pub fn after(before: &str, secret: Secret) -> Self {
        Self::Secret(Hidden {
            before: before.to_owned(),
            secret,
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::Secret(Hidden {
            before: String::new(),
            secret,
        })
    }
}

/// Ordered parameters; duplicates are kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Params(pub Vec<(String, Value)>);

impl Params {
    /// Adds a parameter at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into()));
    }

    /// Puts a value in place of the first parameter of that name (further ones go), or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter().position(|(other, _)| other == name) {
            Some(at) => {
                self.0[at].1 = value;
                let mut index = 0;
                self.0.retain(|(other, _)| {
                    index += 1;
                    other != name || index - 1 == at
                });
            }
            None => self.push(name, value),
        }
    }

    /// Removes every parameter of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(other, _)| other != name);
    }

    /// Returns the first value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Encodes as `application/x-www-form-urlencoded` (RFC 6749 App. B).
    pub fn encode(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            out.append_pair(name, &value.wire());
        }
        out.finish()
    }

    /// Reads form-encoded text; never fails, duplicates and order are kept.
    pub fn decode(text: &str) -> Self {
        Self(
            form_urlencoded::parse(text.as_bytes())
                .map(|(name, value)| (name.into_owned(), Value::Plain(value.into_owned())))
                .collect(),
        )
    }
}

/// Form-encodes one value (RFC 6749 §2.3.1 asks for it before Basic's base64).
pub fn form_encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Decodes one form-encoded value; never fails.
pub fn form_decode(text: &str) -> String {
    form_urlencoded::parse(text.replace('=', "%3D").replace('&', "%26").as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

/// The body of a request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// No body; `Content-Length: 0` is sent where the method lets a server expect one (POST, PUT, PATCH).
    Empty,
    /// A form; its content type is a header of the request.
    Form(Params),
    /// Any other text.
    Text(String),
}

/// A request of the back channel, complete: what is shown is what is sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The address without its query.
    pub url: String,
    /// The query; empty means no `?`.
    pub query: Params,
    /// Header fields that we set, in the order sent, names in lower case.
    pub headers: Vec<(String, Value)>,
    /// The body.
    pub body: Body,
}

impl HttpRequest {
    /// Starts a GET with the headers every request of ours carries.
    pub fn get(url: impl Into<String>, accept: &str) -> Self {
        let headers = vec![
            ("user-agent".to_owned(), Value::from(USER_AGENT)),
            ("accept".to_owned(), Value::from(accept)),
        ];
        let (url, query) = split_query(url.into());
        Self {
            method: "GET".to_owned(),
            url,
            query,
            headers,
            body: Body::Empty,
        }
    }

    /// Starts a form POST, as every token endpoint takes it (RFC 6749 §3.2).
    pub fn post_form(url: impl Into<String>, params: Params) -> Self {
        let mut request = Self::get(url, "application/json");
        "POST".clone_into(&mut request.method);
        request
            .headers
            .push(("content-type".to_owned(), Value::from(FORM)));
        request.body = Body::Form(params);
        request
    }

    /// Returns the whole address, query included, as it is sent.
    pub fn address(&self) -> String {
        if self.query.0.is_empty() {
            self.url.clone()
        } else {
            format!("{}?{}", self.url, self.query.encode())
        }
    }

    /// Returns the first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Puts a header in place of the first of that name, or adds it.
    pub fn set_header(&mut self, name: &str, value: impl Into<Value>) {
        let name = name.to_ascii_lowercase();
        let value = value.into();
        match self.headers.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name, value)),
        }
    }

    /// Returns the form, if the body is one.
    pub fn form(&self) -> Option<&Params> {
        match &self.body {
            Body::Form(params) => Some(params),
            _ => None,
        }
    }

    /// Returns the body's text; `None` when there is no body.
    pub fn body_text(&self) -> Option<String> {
        match &self.body {
            Body::Empty => None,
            Body::Form(params) => Some(params.encode()),
            Body::Text(text) => Some(text.clone()),
        }
    }

    /// Returns every header as it goes over the wire: ours first, then what HTTP or the HTTP library adds (`accept`,
    /// `host`, `content-length`); names in lower case, those of one name together at the place of its first.
    pub fn wire_headers(&self) -> Vec<(String, Value)> {
        let mut headers: Vec<(String, Value)> = Vec::with_capacity(self.headers.len() + 3);
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            let at = headers
                .iter()
                .rposition(|(other, _)| *other == name)
                .map_or(headers.len(), |last| last + 1);
            headers.insert(at, (name, value.clone()));
        }
        let mut add = |name: &str, value: String| {
            if !headers.iter().any(|(other, _)| other == name) {
                headers.push((name.to_owned(), Value::Plain(value)));
            }
        };
        add("accept", "*/*".to_owned());
        add("host", self.host());
        if let Some(length) = self.body_length() {
            add("content-length", length.to_string());
        }
        headers
    }

    /// Returns what `Content-Length` says: absent when there is no body and the method expects none (RFC 9110 §8.6).
    fn body_length(&self) -> Option<usize> {
        match (self.body_text(), self.method.as_str()) {
            (Some(body), _) => Some(body.len()),
            (None, "POST" | "PUT" | "PATCH") => Some(0),
            (None, _) => None,
        }
    }

    /// Returns host and port as the `Host` field has them: a default port is left out.
    pub fn host(&self) -> String {
        let Ok(url) = Url::parse(&self.url) else {
            return String::new();
        };
        let host = url.host_str().unwrap_or_default();
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Returns the request target of the first line: path and query (RFC 9112 §3.2.1).
    pub fn target(&self) -> String {
        let address = self.address();
        match Url::parse(&address) {
            Ok(url) => url.query().map_or_else(
                || url.path().to_owned(),
                |query| format!("{}?{query}", url.path()),
            ),
            Err(_) => address,
        }
    }

    /// Returns the exact bytes of the request over HTTP/1.1.
    pub fn wire(&self) -> String {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target());
        for (name, value) in self.wire_headers() {
            let _ = write!(out, "{name}: {}\r\n", value.wire());
        }
        out.push_str("\r\n");
        out.push_str(&self.body_text().unwrap_or_default());
        out
    }

    /// Returns every secret in it.
    pub fn secrets(&self) -> Vec<&Secret> {
        let form = self
            .form()
            .map(|params| params.0.as_slice())
            .unwrap_or_default();
        self.query
            .0
            .iter()
            .chain(&self.headers)
            .chain(form)
            .filter_map(|(_, value)| value.secret())
            .collect()
    }
}

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// What we call ourselves to servers.
pub const USER_AGENT: &str = concat!("jagwalk/", env!("CARGO_PKG_VERSION"));

fn split_query(url: String) -> (String, Params) {
    match url.split_once('?') {
        Some((before, query)) => (before.to_owned(), Params::decode(query)),
        None => (url, Params::default()),
    }
}

/// An answer of the back channel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields as they came; a value that is not UTF-8 has replacement characters.
    pub headers: Vec<(String, String)>,
    /// The body, up to [`BODY_LIMIT`] bytes.
    pub body: Bytes,
    /// How many bytes the body had in all, as far as it was read.
    pub body_size: u64,
    /// Why the body is not whole, if it is not.
    pub cut: Option<String>,
}

impl Response {
    /// Returns the first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Tells whether the body is a page for people (or other markup), whatever it calls itself.
    pub fn is_page(&self) -> bool {
        self.text().trim_start().starts_with('<')
    }

    /// Returns the content type without parameters, in lower case.
    pub fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase(),
        )
    }

    /// Returns the body as text; invalid UTF-8 becomes replacement characters.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body.0)
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// A sentence that says what came instead.
    pub fn json(&self) -> Result<serde_json::Value, String> {
        if let Some(why) = &self.cut {
            return Err(format!("The body is not whole: {why}."));
        }
        let kind = self.content_type();
        if self.body.0.is_empty() {
            return Err("Expected JSON, received an empty body.".to_owned());
        }
        serde_json::from_slice(&self.body.0).map_err(|error| {
            let what = kind.map_or_else(
                || "no content type".to_owned(),
                |kind| format!("content type {kind}"),
            );
            if self.is_page() {
                format!("Expected JSON, received what looks like an HTML page ({what}).")
            } else {
                format!("Expected JSON, received {what} that does not parse: {error}.")
            }
        })
    }
}

/// Bytes that are stored as text where they are text, else as base64url.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Bytes(pub Vec<u8>);

/// Bodies hold tokens, so they are counted, never printed.
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "‹{} bytes›", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => [("base64url", digest::b64url(&self.0))]
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>()
                .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Stored {
            Text(String),
            Binary { base64url: String },
        }
        match Stored::deserialize(deserializer)? {
            Stored::Text(text) => Ok(Self(text.into_bytes())),
            Stored::Binary { base64url } => digest::from_b64url(&base64url)
                .map(Self)
                .map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_whole() {
        let mut params = Params::default();
        params.push("grant_type", "a b");
        params.push("client_secret", Secret::typed("s", "p&q"));
        let request = HttpRequest::post_form("http://127.0.0.1:9/token", params);
        assert_eq!(
            request.wire(),
            format!(
                "POST /token HTTP/1.1\r\nuser-agent: {USER_AGENT}\r\naccept: application/json\r\ncontent-type: {FORM}\r\n\
                 host: 127.0.0.1:9\r\ncontent-length: 38\r\n\r\ngrant_type=a+b&client_secret=p%26q"
            )
            .replace("38", &"grant_type=a+b&client_secret=p%26q".len().to_string())
        );
    }

    #[test]
    fn set_replaces_the_first_and_drops_the_rest() {
        let mut params = Params::decode("a=1&b=2&a=3");
        params.set("a", "9");
        assert_eq!(params.encode(), "a=9&b=2");
    }

    #[test]
    fn html_is_named() {
        let response = Response {
            status: 200,
            headers: vec![(
                "Content-Type".to_owned(),
                "text/html; charset=utf-8".to_owned(),
            )],
            body: Bytes(b"<html>".to_vec()),
            body_size: 6,
            cut: None,
        };
        assert!(
            response
                .json()
                .unwrap_err()
                .contains("HTML page (content type text/html)")
        );
    }
}
