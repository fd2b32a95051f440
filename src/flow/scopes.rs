//! The scopes that the server of `agent.audience` offers: from its metadata, or listed by Okta's management API.

use url::Url;

use super::{Artifact, Bag, Inputs, Made, Want, bag::Credential};
use crate::{
    profile::{Profile, fields},
    protocol::{
        exchange::Purpose,
        http::{HttpRequest, Response, Value},
        jwt::{Token, token::Form},
        party::Party,
        secret::Secret,
    },
};

/// More pages than this are not fetched; Okta puts up to 200 scopes on each.
const PAGES: usize = 4;

/// Returns the scopes to offer for `agent.scope`.
///
/// # Errors
/// A sentence on why there are none, and what would bring them.
pub fn offered(profile: &Profile, bag: &Bag) -> Result<Vec<String>, String> {
    let metadata = bag.metadata(Party::ResourceAs);
    let issuer = metadata.and_then(|metadata| metadata.text("issuer"));
    let audience = profile.text(fields::AGENT_AUDIENCE);
    let Some(audience) = audience.or_else(|| issuer.filter(|_| profile.asks_api())) else {
        return Err(
            "agent.audience is empty; once it names a server, its scopes are offered here."
                .to_owned(),
        );
    };
    let known = metadata.filter(|_| issuer == Some(audience));
    let Some(metadata) = known else {
        return Err(match profile.text(fields::RESOURCE_AS_ISSUER) {
            Some(asked) if asked != audience => format!(
                "The scopes of {audience} are not known: only resource_as.issuer is asked for its scopes."
            ),
            _ => {
                format!("Send discover-resource-as, and the scopes of {audience} are offered here.")
            }
        });
    };
    let listed = bag.shown(Artifact::ResourceAsScopes);
    let mut words: Vec<String> = match listed {
        Some(listed) => listed.split(' ').map(str::to_owned).collect(),
        None => {
            let supported = metadata.list("scopes_supported").unwrap_or_default();
            supported.into_iter().map(str::to_owned).collect()
        }
    };
    words.retain(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    if words.is_empty() {
        Err(format!("{audience} does not say which scopes it has."))
    } else {
        Ok(words)
    }
}

/// Returns the token that the listing takes, if the profile asks for one: a server of Okta and a token for it. An issuer
/// that only an API names gets no token.
fn token(inputs: &Inputs<'_>) -> Option<(Url, Credential)> {
    let profile = inputs.profile;
    if profile.text(fields::RESOURCE_AS_VENDOR) != Some("okta") {
        return None;
    }
    let mut url = Url::parse(profile.text(fields::RESOURCE_AS_ISSUER)?).ok()?;
    let segments: Vec<&str> = url.path_segments()?.collect();
    let ["oauth2", id] = segments[..] else {
        return None;
    };
    let path = format!("/api/v1/authorizationServers/{id}/scopes");
    url.set_path(&path);
    match inputs
        .secrets
        .credential(profile, fields::RESOURCE_AS_MANAGEMENT_TOKEN)
    {
        Credential::Missing => None,
        credential => Some((url, credential)),
    }
}

/// Returns what has to be read from outside before the scopes can be listed.
pub fn wants(inputs: &Inputs<'_>) -> Option<Want> {
    match token(inputs)? {
        (_, Credential::Pending(path, source, _)) => Some(Want::Secret(path, source)),
        _ => None,
    }
}

/// How far the listing is.
pub enum Listing {
    /// The profile asks for none.
    None,
    /// This page is fetched next.
    Next(HttpRequest),
    /// The scopes, and what is to be said of them.
    Done(Vec<String>, String),
    /// It failed, for this reason; the step does not.
    Failed(String),
}

/// Reads the pages that were fetched.
pub fn listing(inputs: &Inputs<'_>, made: &[Made]) -> Listing {
    let (base, token) = match token(inputs) {
        None => return Listing::None,
        Some((base, Credential::Ready(token))) => (base, token),
        Some((_, Credential::Broken(path, why))) => {
            return Listing::Failed(format!("{path}: {why}"));
        }
        Some(_) => return Listing::Failed("the management token was not read".to_owned()),
    };
    let pages: Vec<&Made> = made
        .iter()
        .filter(|made| made.purpose == Purpose::Metadata)
        .filter(|made| made.exchange.request.http().url.starts_with(base.as_str()))
        .collect();
    let Some(last) = pages.last() else {
        return Listing::Next(page(&format!("{base}?limit=200"), &token));
    };
    let mut words = Vec::new();
    for page in &pages {
        let response = match (&page.exchange.outcome, page.exchange.response()) {
            (_, Some(response)) => response,
            (Err(failure), None) => return Listing::Failed(failure.to_string()),
            (Ok(_), None) => return Listing::Failed("it was not answered over HTTP".to_owned()),
        };
        let list = match response.json() {
            Ok(json) if response.status == 200 => json.as_array().cloned(),
            _ => None,
        };
        let Some(list) = list else {
            return Listing::Failed(format!(
                "expected a list with status 200 from {base}, received {}",
                response.status
            ));
        };
        let names = list.iter().filter_map(|scope| scope["name"].as_str());
        words.extend(names.map(str::to_owned));
    }
    let count = words.len();
    let next = last.exchange.response().and_then(next_page);
    match next {
        // The token goes nowhere else.
        Some(next) if !next.starts_with(&format!("{base}?")) => Listing::Done(
            words,
            format!(
                "{count} scopes were listed; the next page lies elsewhere, at {next}, and is not fetched"
            ),
        ),
        Some(_) if pages.len() >= PAGES => Listing::Done(
            words,
            format!("{count} scopes were listed, and there are more"),
        ),
        Some(next) => Listing::Next(page(&next, &token)),
        None => Listing::Done(words, format!("{count} scopes were listed")),
    }
}

fn page(url: &str, token: &Secret) -> HttpRequest {
    let mut request = HttpRequest::get(url, "application/json");
    // An API token has a scheme of Okta's own; a JWT is an access token with okta.authorizationServers.read.
    let scheme = match Token::parse(token).form {
        Form::Jws => "Bearer ",
        _ => "SSWS ",
    };
    request.set_header("authorization", Value::after(scheme, token.clone()));
    request
}

/// Returns the address of the next page (RFC 8288 §3).
fn next_page(response: &Response) -> Option<String> {
    let mut links = response
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("link"))
        .flat_map(|(_, value)| value.split(','));
    links.find_map(|link| {
        let (url, params) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = params
            .split(';')
            .any(|param| matches!(param.trim(), "rel=\"next\"" | "rel=next"));
        next.then(|| url.to_owned())
    })
}
