//! Pages that come where a redirect was expected: what they say, in a few words without markup.

use super::{http::Response, oauth::OAuthError};

/// Says what came in place of a redirect.
pub fn no_redirect(response: &Response, address: &str) -> String {
    let status = response.status;
    let html = is_html(response);
    match status {
        300..=399 => format!("{address} answered {status} without a `location`"),
        400.. => {
            let words = words(response);
            let colon = if words.is_empty() { "" } else { ": " };
            format!("{address} answered {status}{colon}{words}")
        }
        _ if html => {
            let title = title(&response.text()).map_or_else(
                || "a page without a title".to_owned(),
                |title| format!("the page “{title}”"),
            );
            format!(
                "{address} answered {status} with {title}, which wants a person; set `login = \"open\"` to sign in with a browser"
            )
        }
        _ => format!(
            "{address} answered {status} with {} and no redirect",
            response
                .content_type()
                .unwrap_or_else(|| "no content type".to_owned())
        ),
    }
}

fn is_html(response: &Response) -> bool {
    match response.content_type() {
        Some(kind) => kind == "text/html" || kind == "application/xhtml+xml",
        None => response.text().trim_start().starts_with('<'),
    }
}

/// The first words of an error page: OAuth's own, else the text without its tags; nothing where there are none.
pub fn words(response: &Response) -> String {
    let error = OAuthError::of(response);
    if error.error.is_some() || error.description.is_some() {
        let parts: Vec<String> = [error.error, error.description]
            .into_iter()
            .flatten()
            .collect();
        return short(&parts.join(": "));
    }
    let text = response.text();
    if is_html(response) {
        let body = title(&text).unwrap_or_default();
        let rest = bare(&text);
        return if body.is_empty() || rest.starts_with(&body) {
            short(&rest)
        } else {
            short(&format!("{body}: {rest}"))
        };
    }
    short(&text)
}

/// Returns the text of a page's `<title>`.
fn title(page: &str) -> Option<String> {
    let start = find(page, "<title")?;
    let start = start + page[start..].find('>')? + 1;
    let end = start + find(&page[start..], "</title")?;
    let title = short(&entities(&page[start..end]));
    (!title.is_empty()).then_some(title)
}

/// Returns the text of a page without its head, scripts and tags.
fn bare(page: &str) -> String {
    let mut rest = find(page, "<body").map_or(page, |at| &page[at..]);
    let mut out = String::new();
    // No more than the first words is wanted, however long the page is.
    while let (Some(open), true) = (rest.find('<'), out.len() < 4 * WORDS) {
        out.push_str(&rest[..open]);
        out.push(' ');
        rest = &rest[open..];
        for kind in ["script", "style", "title"] {
            if find(rest, &format!("<{kind}")) == Some(0) {
                rest = find(rest, &format!("</{kind}")).map_or("", |at| &rest[at..]);
            }
        }
        rest = rest.find('>').map_or("", |close| &rest[close + 1..]);
    }
    out.push_str(rest);
    entities(&out)
}

fn find(text: &str, what: &str) -> Option<usize> {
    text.as_bytes()
        .windows(what.len())
        .position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

fn entities(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Makes one short line without control characters.
fn short(text: &str) -> String {
    let clean: String = text
        .chars()
        .take(8 * WORDS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WORDS {
        return line.trim_end_matches('.').to_owned();
    }
    let cut: String = line.chars().take(WORDS).collect();
    format!("{}…", cut.trim_end())
}

const WORDS: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_page_are_found() {
        let page = "<html><head><TITLE>\n Sign &amp; in </title><script>var a = '<b>';</script></head>\
                    <body class=x><style>p{}</style><h1>Sorry</h1><script>evil()</script><p>No\u{7} app.</p>";
        assert_eq!(title(page).unwrap(), "Sign & in");
        assert_eq!(short(&bare(page)), "Sorry No app");
        assert_eq!(title("<title>never ends"), None);
        assert_eq!(short(&bare("<")), "");
        assert_eq!(short(&"ö".repeat(500)).chars().count(), WORDS + 1);
    }
}
