//! Blanks: places such as `<okta-domain>` that a template leaves for the user to fill in.

use url::{Host, Url};

use super::{FieldValue, SecretSource};

/// Returns the names of the blanks in a text, in order: lower-case words joined by hyphens, in angle brackets.
pub fn blanks(text: &str) -> Vec<&str> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Blank(name) => Some(name),
            Piece::Text(_) => None,
        })
        .collect()
}

/// Returns the names of the blanks in a field's value; maps and commands have none, and neither has a real secret.
pub(super) fn of(value: &FieldValue) -> Vec<&str> {
    match value {
        FieldValue::List(items) => items.iter().flat_map(|item| blanks(item)).collect(),
        FieldValue::Text(text)
        | FieldValue::Secret(SecretSource::Env(text) | SecretSource::File(text)) => blanks(text),
        FieldValue::Flag(_)
        | FieldValue::Number(_)
        | FieldValue::Map(_)
        | FieldValue::Secret(_) => Vec::new(),
    }
}

/// Reads a text against a pattern with blanks; returns what each blank stands for, or `None` when the text is another.
pub(super) fn matched<'a>(pattern: &'a str, text: &str) -> Option<Vec<(&'a str, String)>> {
    let pieces = pieces(pattern);
    let mut rest = text;
    let mut found = Vec::new();
    let mut waiting: Option<&'a str> = None;
    for piece in pieces {
        match piece {
            Piece::Text(literal) => {
                let at = match waiting {
                    None => rest.starts_with(literal).then_some(0)?,
                    Some(_) => rest.find(literal)?,
                };
                if let Some(name) = waiting.take() {
                    found.push((name, rest[..at].to_owned()));
                }
                rest = &rest[at + literal.len()..];
            }
            Piece::Blank(_) if waiting.is_some() => return None,
            Piece::Blank(name) => waiting = Some(name),
        }
    }
    match waiting {
        Some(name) => found.push((name, rest.to_owned())),
        None if rest.is_empty() => {}
        None => return None,
    }
    let is_file = pattern.starts_with("file:");
    let sound = found.iter().all(|(name, value)| {
        // The same blank twice stands for the same text; and a domain ends where a path begins.
        !value.is_empty()
            && (is_file || !value.contains('/'))
            && found
                .iter()
                .all(|(other, text)| other != name || text == value)
    });
    sound.then_some(found)
}

/// Reads a text against a pattern, as [`matched`] does; an address of this machine may be http where the pattern says
/// https, and then the blank that its host fills in takes the scheme along.
pub(super) fn matched_here<'a>(pattern: &'a str, text: &str) -> Option<Vec<(&'a str, String)>> {
    if let Some(found) = matched(pattern, text) {
        return Some(found);
    }
    let rest = text.strip_prefix(PLAIN).filter(|_| is_here(text))?;
    let first = pattern.strip_prefix(SAFE)?;
    let (host, _) = first.strip_prefix('<')?.split_once('>')?;
    let mut found = matched(pattern, &format!("{SAFE}{rest}"))?;
    for (name, value) in &mut found {
        if *name == host {
            value.insert_str(0, PLAIN);
        }
    }
    Some(found)
}

/// Puts a value where a blank stands. An address with `http://`, which only one of this machine may have, takes the
/// place of the scheme, too.
///
/// # Errors
/// A sentence, when the value does not fit.
pub(super) fn put(text: &str, name: &str, value: &str) -> Result<String, String> {
    let blank = format!("<{name}>");
    let address = format!("{SAFE}{blank}");
    if !value.contains("://") || !text.contains(&address) {
        return Ok(text.replace(&blank, value));
    }
    let filled = text.replace(&address, value);
    if is_here(value) && !filled.contains(&blank) {
        Ok(filled)
    } else {
        Err(format!(
            "Expected for <{name}> what follows https://, or http:// with a host of this machine \
             (http://127.0.0.1:8080), received {}.",
            value.escape_debug()
        ))
    }
}

const SAFE: &str = "https://";
const PLAIN: &str = "http://";

/// Returns whether an address is plain HTTP to this machine.
fn is_here(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

enum Piece<'a> {
    Text(&'a str),
    Blank(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(open) = text[at..].find('<').map(|found| at + found) {
        let inner = &text[open + 1..];
        let end = inner
            .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-')
            .unwrap_or(inner.len());
        let is_blank =
            inner[end..].starts_with('>') && inner.starts_with(|c: char| c.is_ascii_lowercase());
        if !is_blank {
            at = open + 1;
            continue;
        }
        if from < open {
            out.push(Piece::Text(&text[from..open]));
        }
        out.push(Piece::Blank(&inner[..end]));
        at = open + end + 2;
        from = at;
    }
    if from < text.len() {
        out.push(Piece::Text(&text[from..]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_words_in_angle_brackets() {
        assert_eq!(
            blanks("https://<okta-domain>/oauth2/<auth-server-id>"),
            ["okta-domain", "auth-server-id"]
        );
        for text in [
            "", "<", "<>", "<a b>", "<A>", "a<b", "<xml/>", "< a>", "<<", "<é>",
        ] {
            assert_eq!(blanks(text), [""; 0], "{text}");
        }
        assert_eq!(blanks("<<a>>"), ["a"]);
    }

    #[test]
    fn a_text_is_read_against_a_pattern() {
        let pattern = "https://<host>/oauth2/<id>";
        assert_eq!(
            matched(pattern, "https://acme.okta.example/oauth2/aus1"),
            Some(vec![
                ("host", "acme.okta.example".to_owned()),
                ("id", "aus1".to_owned())
            ])
        );
        for other in [
            "",
            "https://acme.okta.example",
            "http://acme.okta.example/oauth2/aus1",
            "https:///oauth2/aus1",
            "https://a/oauth2/",
            "https://a/oauth2/b/c",
        ] {
            assert_eq!(matched(pattern, other), None, "{other}");
        }
        assert_eq!(matched("<a>", "x").unwrap(), [("a", "x".to_owned())]);
        assert_eq!(matched("https://<a>/", "https://x"), None);
        assert_eq!(matched("plain", "plain"), Some(Vec::new()));
        assert_eq!(matched("plain", "plain2"), None);
    }

    #[test]
    fn only_this_machine_may_be_plain_http() {
        let pattern = "https://<host>/oauth2/<id>";
        for host in [
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost",
        ] {
            let found = vec![("host", host.to_owned()), ("id", "a".to_owned())];
            let text = format!("{host}/oauth2/a");
            assert_eq!(matched_here(pattern, &text), Some(found));
            assert_eq!(
                put(pattern, "host", host),
                Ok(format!("{host}/oauth2/<id>"))
            );
        }
        for text in [
            "http://acme.example/oauth2/a",
            "http://127.0.0.1@acme.example/oauth2/a",
            "ftp://127.0.0.1/oauth2/a",
            "http://127.0.0.1/other/a",
        ] {
            assert_eq!(matched_here(pattern, text), None, "{text}");
        }
        for value in ["http://acme.example", "https://acme.example"] {
            let says = put(pattern, "host", value).unwrap_err();
            assert!(
                says.contains(value) && says.contains("follows https://"),
                "{says}"
            );
        }
        // Where the blank stands for a whole address, it is taken as it is; where it stands for both, it is refused.
        assert_eq!(
            put("<api>", "api", "http://acme.example/x").unwrap(),
            "http://acme.example/x"
        );
        assert!(put("https://<x> and <x>", "x", "http://127.0.0.1").is_err());
    }
}
