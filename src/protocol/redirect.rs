//! Reading the redirect that carries the authorization response, as it was caught or as a person pasted it.

use url::Url;

use super::{
    exchange::Via,
    http::{Params, form_encode},
    secret::Secret,
};

/// What an authorization server says in the redirect (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuthorizationAnswer {
    /// `code`.
    pub code: Option<Secret>,
    /// `state`.
    pub state: Option<String>,
    /// `iss`.
    pub iss: Option<String>,
    /// `error`.
    pub error: Option<String>,
    /// `error_description`.
    pub error_description: Option<String>,
    /// `error_uri`.
    pub error_uri: Option<String>,
}

/// Reads the answer out of a redirect URL: its query, or its fragment when the query holds none; never fails.
pub fn read(redirect_url: &str) -> AuthorizationAnswer {
    let (rest, fragment) = split(redirect_url, '#');
    let (_, query) = split(rest, '?');
    let answer = of(&Params::decode(query));
    if answer.code.is_none() && answer.error.is_none() && carries_answer(fragment) {
        return of(&Params::decode(fragment));
    }
    answer
}

/// Makes the redirect URL out of what a person pasted: the whole address, its query, its fragment, or the bare code.
///
/// White space, line wraps and quotes around it are forgiven.
///
/// # Errors
/// A sentence that says what was pasted instead and what is expected.
pub fn parse_pasted(text: &str, redirect_uri: &str) -> Result<(Secret, Via), String> {
    let text = tidied(text);
    if text.is_empty() {
        return Err(format!("Nothing was pasted. {EXPECTED}"));
    }
    let whole = |url: String| Ok((Secret::minted("redirect", url), Via::Paste));
    let (before, query) = match text.find(['?', '#']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => ("", text.as_str()),
    };
    if answers(query) {
        return if is_address(before, redirect_uri) {
            whole(text)
        } else if text[before.len()..].starts_with('#') {
            whole(format!("{redirect_uri}#{query}"))
        } else {
            whole(with_query(redirect_uri, query))
        };
    }
    if is_authorize_request(query) {
        return Err(format!(
            "This is the address of the authorization request, where the sign-in begins. {EXPECTED}"
        ));
    }
    if is_address(&text, redirect_uri) {
        return Err(format!(
            "This address carries neither `code` nor `error`. {EXPECTED}"
        ));
    }
    if text.starts_with("eyJ") {
        return Err(format!(
            "This looks like a token (it starts with `eyJ`), not like an answer to the sign-in. {EXPECTED}"
        ));
    }
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!(
            "A code cannot hold the character `{}` (RFC 6749 App. A.11). {EXPECTED}",
            odd.escape_default()
        ));
    }
    let code = if is_percent_encoded(&text) {
        text
    } else {
        form_encode(&text)
    };
    let url = with_query(redirect_uri, &format!("code={code}"));
    Ok((Secret::minted("redirect", url), Via::PasteCode))
}

/// Tells whether an address is the redirect URI with something added: same scheme, host, port and path.
///
/// A redirect URI with port 0 (any free port) fits every port.
pub fn is_redirect_uri(address: &Url, redirect_uri: &str) -> bool {
    let Ok(wanted) = Url::parse(redirect_uri) else {
        return false;
    };
    address.scheme() == wanted.scheme()
        && address.host() == wanted.host()
        && (wanted.port() == Some(0)
            || address.port_or_known_default() == wanted.port_or_known_default())
        && address.path() == wanted.path()
}

const EXPECTED: &str =
    "Paste the address at which the browser ended after the sign-in, or its `code`.";

fn of(params: &Params) -> AuthorizationAnswer {
    // A parameter without a value counts as absent (RFC 6749 §3.1).
    let text = |name: &str| {
        let value = params.get(name).map(super::http::Value::wire);
        value.filter(|value| !value.is_empty())
    };
    AuthorizationAnswer {
        code: text("code").map(|code| Secret::minted("code", code)),
        state: text("state"),
        iss: text("iss"),
        error: text("error"),
        error_description: text("error_description"),
        error_uri: text("error_uri"),
    }
}

/// Takes off what came along when the text was copied: line wraps, quotes, the frame of a request line in a log.
fn tidied(text: &str) -> String {
    const AROUND: [char; 11] = ['"', '\'', '`', '<', '>', '“', '”', '‘', '’', '«', '»'];
    let text = text.trim();
    let text = text
        .strip_prefix("GET ")
        .and_then(|rest| rest.rsplit_once(" HTTP/1."))
        .map_or(text, |(target, _)| target);
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{200b}' && *c != '\u{feff}')
        .collect();
    text.trim_matches(AROUND).to_owned()
}

fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or((text, ""))
}

/// Tells whether a query, or the fragment after it, carries an answer.
fn answers(query: &str) -> bool {
    let (query, fragment) = split(query, '#');
    carries_answer(query) || carries_answer(fragment)
}

fn carries_answer(query: &str) -> bool {
    let params = Params::decode(query);
    query.contains('=') && (params.get("code").is_some() || params.get("error").is_some())
}

fn is_authorize_request(query: &str) -> bool {
    let params = Params::decode(query);
    params.get("client_id").is_some()
        && (params.get("response_type").is_some() || params.get("request_uri").is_some())
}

fn is_address(text: &str, redirect_uri: &str) -> bool {
    let own_scheme = redirect_uri.split_once(':').is_some_and(|(scheme, _)| {
        text.len() > scheme.len() && text.starts_with(&format!("{scheme}:"))
    });
    (own_scheme || text.contains("://")) && Url::parse(text).is_ok()
}

fn with_query(redirect_uri: &str, query: &str) -> String {
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{query}")
}

/// Tells whether a code was copied out of an address bar, still encoded: every `%` begins an escape.
fn is_percent_encoded(text: &str) -> bool {
    let mut parts = text.split('%');
    parts.next();
    let mut seen = false;
    text.contains('%')
        && parts.all(|part| {
            seen = true;
            part.len() >= 2 && part.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit)
        })
        && seen
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "http://127.0.0.1:8765/callback";

    fn pasted(text: &str) -> (String, Via) {
        let (url, via) = parse_pasted(text, URI).unwrap();
        (url.reveal().to_owned(), via)
    }

    #[test]
    fn whatever_part_of_the_address_is_pasted_gives_the_code() {
        for text in [
            "http://127.0.0.1:8765/callback?code=a%2Fb&state=s",
            "  \"http://127.0.0.1:8765/call\r\n  back?code=a%2Fb&sta\nte=s\" ",
            "127.0.0.1:8765/callback?code=a%2Fb&state=s",
            "?code=a%2Fb&state=s",
            "state=s&code=a%2Fb",
            "GET /callback?code=a%2Fb&state=s HTTP/1.1",
            "http://127.0.0.1:8765/callback#code=a%2Fb&state=s",
            "#state=s&code=a%2Fb",
        ] {
            let (url, via) = pasted(text);
            let answer = read(&url);
            assert_eq!(answer.code.unwrap().reveal(), "a/b", "{text}");
            assert_eq!(answer.state.as_deref(), Some("s"), "{text}");
            assert_eq!(via, Via::Paste, "{text}");
            assert!(url.starts_with(URI), "{url}");
        }
    }

    #[test]
    fn a_bare_code_is_taken_as_it_is() {
        for (text, code) in [
            ("abc-123", "abc-123"),
            ("'a/b+c=='", "a/b+c=="),
            ("4%2F0AbC", "4/0AbC"),
            ("50%", "50%"),
        ] {
            let (url, via) = pasted(text);
            assert_eq!(via, Via::PasteCode, "{text}");
            let answer = read(&url);
            assert_eq!(answer.code.unwrap().reveal(), code, "{text}");
            assert_eq!(answer.state, None);
        }
        let (url, _) = parse_pasted("x", "http://127.0.0.1/cb?tenant=1").unwrap();
        assert_eq!(url.reveal(), "http://127.0.0.1/cb?tenant=1&code=x");
    }

    #[test]
    fn an_error_is_an_answer_too() {
        let (url, _) = pasted(
            "http://127.0.0.1:8765/callback?error=access_denied&error_description=No+way&iss=https%3A%2F%2Fidp",
        );
        let answer = read(&url);
        assert_eq!(answer.error.as_deref(), Some("access_denied"));
        assert_eq!(answer.error_description.as_deref(), Some("No way"));
        assert_eq!(answer.iss.as_deref(), Some("https://idp"));
    }

    #[test]
    fn what_is_no_answer_is_refused_by_name() {
        for (text, says) in [
            ("", "Nothing was pasted"),
            (" \n\"\" ", "Nothing was pasted"),
            (
                "https://idp.example/authorize?response_type=code&client_id=a&state=b",
                "address of the authorization request",
            ),
            ("https://idp.example/login", "neither `code` nor `error`"),
            (URI, "neither `code` nor `error`"),
            ("eyJhbGciOiJub25lIn0.e30.", "looks like a token"),
            ("caf\u{e9}", "cannot hold the character"),
        ] {
            let error = parse_pasted(text, URI).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
            assert!(error.ends_with("or its `code`."), "{error}");
        }
    }

    #[test]
    fn reading_never_fails() {
        for text in ["", "?", "#", "?code", "%", "http://[", "\u{0}?code=%ff"] {
            let _ = read(text);
        }
    }

    #[test]
    fn addresses_are_compared_by_scheme_host_port_and_path() {
        let is = |address: &str, uri: &str| is_redirect_uri(&Url::parse(address).unwrap(), uri);
        assert!(is("http://127.0.0.1:8765/callback?code=1#x", URI));
        assert!(is(
            "http://127.0.0.1:4711/callback",
            "http://127.0.0.1:0/callback"
        ));
        assert!(is("http://LOCALHOST/cb", "http://localhost:80/cb"));
        assert!(is("com.example:/cb?code=1", "com.example:/cb"));
        assert!(!is("http://127.0.0.1:8766/callback", URI));
        assert!(!is("https://127.0.0.1:8765/callback", URI));
        assert!(!is("http://127.0.0.1:8765/callback/x", URI));
        assert!(!is("http://localhost:8765/callback", URI));
    }
}
