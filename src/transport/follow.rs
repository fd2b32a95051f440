//! `login = "follow"`: an HTTP client with cookies plays the browser, for test servers whose login needs no person.

use reqwest::{
    cookie::{CookieStore, Jar},
    header::HeaderValue,
};
use url::Url;

use super::{
    failure,
    http::{Http, Watch},
};
use crate::protocol::{
    exchange::{Answer, AuthorizeRequest, Exchange, Failure, Hop, Redirect, Request, Via},
    http::{HttpRequest, Params, Response},
    oauth::OAuthError,
    redirect::is_redirect_uri,
    secret::Secret,
};

/// This many addresses are fetched at most.
pub const HOP_LIMIT: usize = 20;

/// Follows the redirects of a sign-in with GET, and stops before the redirect URI, which is not contacted.
///
/// The cookies live as long as the call. Anything but a redirect ends it with a failure that says what came.
pub async fn follow(http: &Http, request: &AuthorizeRequest) -> Exchange {
    let mut watch = Watch::start();
    let outcome = walk(http, request, &mut watch).await.map(Answer::Redirect);
    Exchange {
        request: Request::Browser(request.clone()),
        outcome,
        times: watch.end(),
    }
}

async fn walk(
    http: &Http,
    request: &AuthorizeRequest,
    watch: &mut Watch,
) -> Result<Redirect, Failure> {
    let jar = Jar::default();
    let mut hops: Vec<Hop> = Vec::new();
    let mut next = request.http.clone();
    loop {
        let address = next.address();
        // Only http and https get this far: what else an address may be is refused by `send`.
        let url = Url::parse(&address).map_err(|_| {
            Failure::Connect(
                "the authorization request has no address that can be fetched".to_owned(),
            )
        })?;
        let exchange = http.send(&with_cookies(next, &jar, &url)).await;
        watch.first_byte();
        let Answer::Http(response) = exchange.outcome? else {
            unreachable!("`send` never answers with a redirect of the browser")
        };
        keep_cookies(&jar, &response, &url);
        hops.push(Hop {
            url: address,
            status: response.status,
        });
        let Some(location) = target(&response) else {
            return Err(Failure::Broken(no_redirect(&response, &url)));
        };
        let target = url.join(location).map_err(|_| {
            Failure::Broken(format!(
                "{} redirects to something that is not an address",
                plain(&url)
            ))
        })?;
        if is_redirect_uri(&target, &request.redirect_uri) {
            return Ok(Redirect {
                url: Secret::minted("redirect", whole(location, &target)),
                via: Via::Follow,
                hops,
            });
        }
        if !matches!(target.scheme(), "http" | "https") {
            return Err(Failure::Broken(format!(
                "{} redirects to a `{}` address, which is not the redirect URI and cannot be fetched",
                plain(&url),
                target.scheme()
            )));
        }
        if hops.len() == HOP_LIMIT {
            return Err(Failure::Broken(endless(&hops, &target)));
        }
        next = fetch(&request.http, &target);
    }
}

/// The GET of the next hop: what the first one said about us, and nothing that was meant for the first server alone.
fn fetch(first: &HttpRequest, target: &Url) -> HttpRequest {
    let mut target = target.clone();
    target.set_fragment(None);
    HttpRequest {
        method: "GET".to_owned(),
        // The query stays as the server wrote it; decoding and encoding could change its bytes.
        url: target.into(),
        query: Params::default(),
        headers: first
            .headers
            .iter()
            .filter(|(name, _)| {
                matches!(name.as_str(), "user-agent" | "accept" | "accept-language")
            })
            .cloned()
            .collect(),
        body: crate::protocol::http::Body::Empty,
    }
}

fn with_cookies(mut request: HttpRequest, jar: &Jar, url: &Url) -> HttpRequest {
    let cookies = jar.cookies(url);
    if let Some(cookies) = cookies
        .as_ref()
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    {
        request.set_header("cookie", Secret::minted("cookie", cookies));
    }
    request
}

fn keep_cookies(jar: &Jar, response: &Response, url: &Url) {
    let values: Vec<HeaderValue> = response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .filter_map(|(_, value)| HeaderValue::from_bytes(value.as_bytes()).ok())
        .collect();
    jar.set_cookies(&mut values.iter(), url);
}

/// Returns where a redirect leads (RFC 9110 §15.4).
fn target(response: &Response) -> Option<&str> {
    match response.status {
        301 | 302 | 303 | 307 | 308 => response.header("location"),
        _ => None,
    }
}

/// The redirect URL as the server wrote it, or completed when it was relative.
fn whole(location: &str, target: &Url) -> String {
    if Url::parse(location).is_ok() {
        location.to_owned()
    } else {
        target.to_string()
    }
}

/// Says what came in place of a redirect.
fn no_redirect(response: &Response, url: &Url) -> String {
    let (address, status) = (plain(url), response.status);
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

/// The first words of an error page: OAuth's own, else the text without its tags.
fn words(response: &Response) -> String {
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

/// Says that the redirects do not end, and whether they turn in a circle.
fn endless(hops: &[Hop], target: &Url) -> String {
    let circle = hops.iter().any(|hop| hop.url == target.as_str());
    format!(
        "{HOP_LIMIT} redirects led to no end{}; the next would be {}",
        if circle {
            " (they turn in a circle)"
        } else {
            ""
        },
        plain(target)
    )
}

/// An address without what could be secret: no user, query or fragment.
fn plain(url: &Url) -> String {
    let port = url.port().is_some();
    let host = if port {
        failure::peer(url)
    } else {
        url.host_str().unwrap_or_default().to_owned()
    };
    format!("{}://{host}{}", url.scheme(), url.path())
}

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
