//! Near misses: two strings that should be one, where they part, and the usual reason.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

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
            Self::CustomServer => "a custom authorization server against the organisation’s own",
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

impl Near {
    /// Says where two texts part and why, in a few words; nothing where they have so little in common that they are
    /// simply two texts.
    pub fn says(self, expected: &str, got: &str) -> Option<&'static str> {
        let shorter = expected.chars().count().min(got.chars().count());
        let alike = 2 * self.first >= shorter && shorter > 0;
        let plain = alike.then_some("the first difference");
        self.class.says().or(plain)
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
    // Before letter case, which knows some of them: the Kelvin sign is a capital of k.
    (Class::LookAlikeLetter, |a, b| {
        let (plain, other) = (skeleton(a), skeleton(b));
        (plain != a || other != b) && plain.to_lowercase() == other.to_lowercase()
    }),
    (Class::LetterCase, |a, b| {
        a.to_lowercase() == b.to_lowercase()
    }),
    (Class::PercentEncoding, |a, b| {
        percent_decode_str(a).eq(percent_decode_str(b))
    }),
    (Class::WellKnown, |a, b| {
        a.contains("/.well-known/")
            && without_well_known(a).trim_end_matches('/') == b.trim_end_matches('/')
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
    (Class::CustomServer, |a, b| {
        same_origin(a, b)
            && path(a)
                .is_some_and(|path| path.starts_with("/oauth2/") && !is_of_the_organisation(&path))
            && path(b).is_some_and(|path| is_of_the_organisation(&path))
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
        // Numbers have no owner further left.
        a != b
            && a.starts_with(&b)
            && !b.is_empty()
            && !matches!(Host::parse(&b), Ok(Host::Ipv4(_)))
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
    "revoke",
    "register",
    "certs",
];

fn without_default_port(text: &str) -> Option<String> {
    let port = [("https://", ":443"), ("http://", ":80")];
    let (scheme, port) = port.iter().find(|(scheme, _)| text.starts_with(scheme))?;
    let rest = &text[scheme.len()..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].strip_suffix(port)?;
    Some(format!("{scheme}{host}{}", &rest[end..]))
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

/// Tells whether a path belongs to the organisation's own server: its issuer, or what stands under `/oauth2/v1`.
fn is_of_the_organisation(path: &str) -> bool {
    matches!(path, "" | "/" | "/oauth2" | "/oauth2/" | "/oauth2/v1")
        || path.starts_with("/oauth2/v1/")
}

/// The host as it is written, before the URL parser could turn it into something safe; what stands before an `@` is part
/// of it, because that is where a stranger's address shows a friend's name.
fn host(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    Some(host.to_owned())
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
    ('Т', 'T'), ('Х', 'X'), ('\u{212a}', 'K'), ('ⅼ', 'l'), ('ı', 'i'), ('‐', '-'), ('‑', '-'), ('–', '-'), ('—', '-'), ('−', '-'),
    ('∕', '/'), ('⁄', '/'), ('：', ':'), ('．', '.'), ('。', '.'), ('’', '\''), ('“', '"'), ('”', '"'),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ISSUER: &str = "https://auth.todo.example/tenant/acme";

    /// What should be there, what is there, where they part, and why.
    #[rustfmt::skip]
    const TABLE: &[(&str, &str, usize, Class)] = &[
        (ISSUER, "https://auth.todo.example/tenant/acme ", 37, Class::WhiteSpace),
        (ISSUER, "\u{a0}https://auth.todo.example/tenant/acme", 0, Class::WhiteSpace),
        (ISSUER, "https://auth.todo.example/\ntenant/acme", 26, Class::WhiteSpace),
        ("read write", "read  write", 5, Class::WhiteSpace),
        (ISSUER, "https://auth.todo.example/tenant/acme/", 37, Class::TrailingSlash),
        ("https://acme.auth0.example/", "https://acme.auth0.example", 26, Class::TrailingSlash),
        (ISSUER, "https://auth.todo.example:443/tenant/acme", 25, Class::DefaultPort),
        ("http://127.0.0.1", "http://127.0.0.1:80", 16, Class::DefaultPort),
        (ISSUER, "http://auth.todo.example/tenant/acme", 4, Class::Scheme),
        (ISSUER, "https://Auth.todo.example/tenant/Acme", 8, Class::LetterCase),
        ("urn:ietf:params:oauth:token-type:id-jag", "urn:ietf:params:oauth:token-type:ID-JAG", 33, Class::LetterCase),
        ("https://a.example/%C3%A9", "https://a.example/%c3%a9", 19, Class::LetterCase),
        (ISSUER, "https://auth.todo.example/tenant%2Facme", 32, Class::PercentEncoding),
        (ISSUER, "https%3A%2F%2Fauth.todo.example%2Ftenant%2Facme", 5, Class::PercentEncoding),
        ("https://a.example/caf\u{e9}", "https://a.example/caf%C3%A9", 21, Class::PercentEncoding),
        (ISSUER, "https://\u{430}uth.todo.example/tenant/acme", 8, Class::LookAlikeLetter),
        (ISSUER, "https://\u{410}uth.todo.example/tenant/acme", 8, Class::LookAlikeLetter),
        (ISSUER, "https://auth.todo\u{200b}.example/tenant/acme", 17, Class::LookAlikeLetter),
        ("kid", "\u{212a}id", 0, Class::LookAlikeLetter),
        ("a-b", "a\u{2013}b", 1, Class::LookAlikeLetter),
        (ISSUER, "https://auth.todo.example/.well-known/oauth-authorization-server/tenant/acme", 26, Class::WellKnown),
        (ISSUER, "https://auth.todo.example/tenant/acme/.well-known/openid-configuration", 37, Class::WellKnown),
        ("https://acme.auth0.example/", "https://acme.auth0.example/.well-known/openid-configuration", 27, Class::WellKnown),
        ("https://acme.okta.example", "https://acme.okta.example/oauth2/default", 25, Class::CustomServer),
        ("https://acme.okta.example/oauth2/aus1", "https://acme.okta.example/", 26, Class::CustomServer),
        ("https://acme.okta.example/oauth2/v1/token", "https://acme.okta.example/oauth2/aus1/v1/token", 33, Class::CustomServer),
        ("https://acme.okta.example/oauth2/v1/token", "https://acme.okta.example/oauth2/v1x/v1/token", 35, Class::CustomServer),
        (ISSUER, "https://auth.todo.example/tenant/acme/token", 37, Class::Endpoint),
        ("https://acme.okta.example/oauth2/aus1", "https://acme.okta.example/oauth2/aus1/v1/token", 37, Class::Endpoint),
        ("https://acme.okta.example", "https://acme.okta.example/oauth2/v1/keys", 25, Class::Endpoint),
        ("https://acme.auth0.example/", "https://acme.auth0.example/oauth/token", 27, Class::Endpoint),
        ("https://api.todo.example", "api://api.todo.example", 0, Class::ApiScheme),
        ("api://todo", "https://todo.example/v1", 0, Class::ApiScheme),
        (ISSUER, "https://auth.todo.example.evil.example/tenant/acme", 25, Class::LookAlikePrefix),
        (ISSUER, "https://auth.todo.example-login.example/tenant/acme", 25, Class::LookAlikePrefix),
        (ISSUER, "https://auth.todo.example@evil.example/tenant/acme", 25, Class::LookAlikePrefix),
        (ISSUER, "https://auth.todo.example:443@evil.example/tenant/acme", 25, Class::LookAlikePrefix),
        (ISSUER, "https://auth.todo.example\\@evil.example/tenant/acme", 25, Class::LookAlikePrefix),
        (ISSUER, "https://auth.todo.example/tenant/acme2", 37, Class::Other),
        (ISSUER, "https://auth.todo.example:8443/tenant/acme", 25, Class::Other),
        (ISSUER, "", 0, Class::Other),
        ("https://acme.okta.example/oauth2/aus1", "https://acme.okta.example/oauth2/aus2", 36, Class::Other),
        ("http://10.0.0.1", "http://10.0.0.12", 15, Class::Other),
        ("http://[::1]:8080", "http://[::2]:8080", 10, Class::Other),
        ("https://a.example/%fe", "https://a.example/%ff", 20, Class::Other),
        ("api://", "https://api.todo.example", 0, Class::Other),
        ("todo.read", "todo.write", 5, Class::Other),
    ];

    #[test]
    fn every_class_is_told_in_both_orders() {
        for (expected, got, first, class) in TABLE.iter().copied() {
            let near = Some(Near { first, class });
            assert_eq!(compare(expected, got), near, "{expected} {got}");
            assert_eq!(compare(got, expected), near, "{got} {expected}");
        }
        for class in CLASSES
            .iter()
            .map(|(class, _)| *class)
            .chain([Class::Other])
        {
            assert!(
                TABLE.iter().any(|(.., other)| *other == class),
                "no row for {class:?}"
            );
            assert_eq!(class.says().is_none(), class == Class::Other);
        }
    }

    #[test]
    fn the_same_is_no_near_miss() {
        for (expected, got, ..) in TABLE {
            assert_eq!(compare(expected, expected), None);
            assert_eq!(compare(got, got), None);
        }
    }

    /// Whatever two strings are compared, it does not matter which of them was expected.
    #[test]
    fn order_does_not_matter() {
        let all: Vec<&str> = TABLE.iter().flat_map(|(a, b, ..)| [*a, *b]).collect();
        for (index, a) in all.iter().enumerate() {
            for b in &all[index..] {
                assert_eq!(compare(a, b), compare(b, a), "{a} {b}");
            }
        }
    }

    /// Strings with what the classes look for, so that the properties meet them.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("https://"),
            Just("http://"),
            Just("api://"),
            Just("as.example"),
            Just("as.example.evil"),
            Just(":443"),
            Just(":80"),
            Just("/"),
            Just("%2F"),
            Just("%"),
            Just("@"),
            Just("?"),
            Just("#"),
            Just("/.well-known/"),
            Just("/oauth2/"),
            Just("default"),
            Just("v1"),
            Just("token"),
            Just(" "),
            Just("\u{430}"),
            Just("a"),
            Just("A"),
            Just("\u{200b}"),
            Just("[::1]"),
            Just("\u{e9}"),
        ];
        prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn first_is_the_first_character_that_differs(a in texts(), b in prop_oneof![texts(), any::<String>()]) {
            let near = compare(&a, &b);
            prop_assert_eq!(near.is_none(), a == b);
            prop_assert_eq!(near, compare(&b, &a));
            if let Some(near) = near {
                let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
                prop_assert_eq!(&a[..near.first], &b[..near.first]);
                prop_assert_ne!(a.get(near.first), b.get(near.first));
            }
        }
    }
}
