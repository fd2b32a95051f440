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
    page::no_redirect,
    redirect::is_redirect_uri,
    secret::Secret,
};

/// This many addresses are fetched at most.
pub const HOP_LIMIT: usize = 20;

/// Follows the redirects of a sign-in with GET, and stops before the redirect URI, which is not contacted.
///
/// The cookies live as long as the call. Anything but a redirect ends it: what the authorization endpoint itself answers
/// is the answer, and what comes from further on is a failure that says what it was.
pub async fn follow(http: &Http, request: &AuthorizeRequest) -> Exchange {
    let mut watch = Watch::start();
    let outcome = walk(http, request, &mut watch).await;
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
) -> Result<Answer, Failure> {
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
            // Of an answer to the very request all is kept; one from further on has another address.
            return if hops.len() == 1 {
                Ok(Answer::Http(response))
            } else {
                Err(Failure::Broken(no_redirect(&response, &plain(&url))))
            };
        };
        let target = url.join(location).map_err(|_| {
            Failure::Broken(format!(
                "{} redirects to something that is not an address",
                plain(&url)
            ))
        })?;
        if is_redirect_uri(&target, &request.redirect_uri) {
            return Ok(Answer::Redirect(Redirect {
                url: Secret::minted("redirect", whole(location, &target)),
                via: Via::Follow,
                hops,
            }));
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
