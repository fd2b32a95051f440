//! Near misses: two strings that should be one, where they part, and the usual reason.

use serde::{Deserialize, Serialize};
use url::Url;

/// Where two strings part.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Near {
    /// The first character that differs, counted in characters from 0; the length of the shorter when it is a beginning
    /// of the other.
    pub first: usize,
    /// What kind of difference it is.
    pub class: Class,
}

/// The kinds of difference that people make, from the most telling to the least.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// White space before, after or within.
    WhiteSpace,
    /// The last slash.
    TrailingSlash,
    /// `:443` or `:80`, which go without saying.
    DefaultPort,
    /// `http` against `https`.
    Scheme,
    /// Letter case.
    LetterCase,
    /// A percent-encoded character against the character.
    PercentEncoding,
    /// A letter of another alphabet that looks the same.
    LookAlikeLetter,
    /// `/oauth2/default` (or another custom server) against the organisation's own server.
    CustomServer,
    /// A token or another endpoint where the issuer belongs.
    Endpoint,
    /// A well-known path, inserted or appended, where the issuer belongs.
    WellKnown,
    /// `api://name` against a URL.
    ApiScheme,
    /// The one is the beginning of the other's host: what looks like a friend may be a stranger.
    LookAlikePrefix,
    /// None of these.
    Other,
}

impl Class {
    /// Says it in a few words; `None` where there is nothing to say beyond the place.
    pub fn says(self) -> Option<&'static str> {
        Some(match self {
            Self::WhiteSpace => "white space",
            Self::TrailingSlash => "trailing slash",
            Self::DefaultPort => "explicit default port",
            Self::Scheme => "http against https",
            Self::LetterCase => "letter case",
            Self::PercentEncoding => "percent-encoding",
            Self::LookAlikeLetter => "a letter of another alphabet that looks the same",
            Self::CustomServer => "a custom authorization server against the organisation's own",
            Self::Endpoint => "an endpoint where the issuer belongs",
            Self::WellKnown => "a well-known address where the issuer belongs",
            Self::ApiScheme => "api:// against a URL",
            Self::LookAlikePrefix => {
                "dangerous: one host begins with the other, and belongs to somebody else"
            }
            Self::Other => return None,
        })
    }

    /// Tells whether it may be an attack rather than a slip.
    pub fn is_dangerous(self) -> bool {
        matches!(self, Self::LookAlikePrefix | Self::LookAlikeLetter)
    }
}

/// Compares what should be there with what is; `None` when they are the same.
pub fn compare(expected: &str, got: &str) -> Option<Near> {
    let first = first_difference(expected, got)?;
    let mut tests = CLASSES.iter();
    let class = tests
        .find(|(_, holds)| holds(expected, got) || holds(got, expected))
        .map_or(Class::Other, |(class, _)| *class);
    Some(Near { first, class })
}

/// Returns the index of the first character that differs.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    Some(same.count())
}

type Holds = fn(&str, &str) -> bool;

/// Each class with its test, asked both ways round; the first that holds is it.
const CLASSES: &[(Class, Holds)] = &[
    (Class::WhiteSpace, |a, b| {
        let bare = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
        bare(a) == bare(b)
    }),
    (Class::TrailingSlash, |a, b| a.strip_suffix('/') == Some(b)),
    (Class::DefaultPort, |a, b| {
        without_default_port(a).is_some_and(|bare| bare == b)
    }),
    (Class::Scheme, |a, b| {
        a.strip_prefix("https://")
            .is_some_and(|rest| b.strip_prefix("http://") == Some(rest))
    }),
    (Class::LetterCase, |a, b| {
        a.to_lowercase() == b.to_lowercase()
    }),
    (Class::PercentEncoding, |a, b| {
        percent_decoded(a) == percent_decoded(b)
    }),
    (Class::LookAlikeLetter, |a, b| skeleton(a) == skeleton(b)),
    (Class::WellKnown, |a, b| {
        a.contains("/.well-known/")
            && without_well_known(a).trim_end_matches('/') == b.trim_end_matches('/')
    }),
    (Class::CustomServer, |a, b| {
        same_origin(a, b)
            && path(a)
                .is_some_and(|path| path.starts_with("/oauth2/") && !path.starts_with("/oauth2/v1"))
            && path(b).is_some_and(|path| {
                matches!(path.as_str(), "" | "/" | "/oauth2") || path.starts_with("/oauth2/")
            })
    }),
    (Class::Endpoint, |a, b| {
        a.strip_prefix(b.trim_end_matches('/')).is_some_and(|rest| {
            rest.starts_with('/')
                && rest
                    .rsplit('/')
                    .next()
                    .is_some_and(|last| ENDPOINTS.contains(&last))
        })
    }),
    (Class::ApiScheme, |a, b| {
        a.strip_prefix("api://").is_some_and(|name| {
            let name = name.trim_end_matches('/');
            b.starts_with("http") && !name.is_empty() && b.contains(name)
        })
    }),
    (Class::LookAlikePrefix, |a, b| {
        let (Some(a), Some(b)) = (host(a), host(b)) else {
            return false;
        };
        a != b && a.starts_with(&b) && !b.is_empty()
    }),
];

/// The last parts of paths that are endpoints and never issuers.
const ENDPOINTS: &[&str] = &[
    "token",
    "authorize",
    "jwks",
    "keys",
    "userinfo",
    "introspect",
];

fn without_default_port(text: &str) -> Option<String> {
    let port = [("https://", ":443"), ("http://", ":80")];
    let (scheme, port) = port.iter().find(|(scheme, _)| text.starts_with(scheme))?;
    let rest = &text[scheme.len()..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].strip_suffix(port)?;
    Some(format!("{scheme}{host}{}", &rest[end..]))
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// Takes the well-known part out, wherever it stands (RFC 8414 §3.1 inserts it, OIDC Discovery §4 appends it).
fn without_well_known(text: &str) -> String {
    let Some(at) = text.find("/.well-known/") else {
        return text.to_owned();
    };
    let rest = &text[at + "/.well-known/".len()..];
    let after = rest.find('/').map_or("", |slash| &rest[slash..]);
    format!("{}{after}", &text[..at])
}

fn same_origin(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(a), Ok(b)) => a.has_host() && a.origin() == b.origin(),
        _ => false,
    }
}

fn path(text: &str) -> Option<String> {
    Url::parse(text).ok().map(|url| url.path().to_owned())
}

/// The host as it is written, before the URL parser could turn it into something safe.
fn host(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Letters that look like others, as people and attackers use them in host names.
fn skeleton(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(
                c,
                '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{feff}' | '\u{2060}'
            )
        })
        .map(|c| {
            LOOK_ALIKES
                .iter()
                .find(|(odd, _)| *odd == c)
                .map_or(c, |(_, plain)| *plain)
        })
        .collect()
}

#[rustfmt::skip]
const LOOK_ALIKES: &[(char, char)] = &[
    ('а', 'a'), ('е', 'e'), ('о', 'o'), ('р', 'p'), ('с', 'c'), ('у', 'y'), ('х', 'x'), ('і', 'i'), ('ј', 'j'),
    ('ѕ', 's'), ('һ', 'h'), ('ԁ', 'd'), ('ո', 'n'), ('ν', 'v'), ('ο', 'o'), ('α', 'a'), ('ι', 'i'), ('κ', 'k'),
    ('А', 'A'), ('В', 'B'), ('Е', 'E'), ('К', 'K'), ('М', 'M'), ('Н', 'H'), ('О', 'O'), ('Р', 'P'), ('С', 'C'),
    ('Т', 'T'), ('Х', 'X'), ('ⅼ', 'l'), ('ı', 'i'), ('‐', '-'), ('‑', '-'), ('–', '-'), ('—', '-'), ('−', '-'),
    ('∕', '/'), ('⁄', '/'), ('：', ':'), ('．', '.'), ('。', '.'), ('’', '\''), ('“', '"'), ('”', '"'),
];
