//! The API is asked which authorization server it trusts: its 401 leads to its metadata (RFC 9728).

use std::sync::Arc;

use url::Url;

use super::{
    mcp::post,
    support::{self, api_url},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::finish,
    },
    profile::{Profile, fields},
    protocol::{
        exchange::{Exchange, Purpose, Request},
        http::{HttpRequest, Response},
        mcp::initialize,
        metadata::ServerMetadata,
        oauth::{OAuthError, resource_metadata},
        party::Party,
        pointer::Pointer,
    },
};

/// The step.
pub static DISCOVER_API: DiscoverApi = DiscoverApi {
    info: StepInfo {
        id: StepId("discover-api"),
        title: "Ask the API which authorization server it trusts",
        short: "API metadata",
        from: Party::Client,
        to: Party::Api,
        needs: &[],
        gives: &[Artifact::ApiMetadata],
        fields: &[
            fields::API_URL,
            fields::API_DISCOVER,
            fields::AGENT_RESOURCE,
            fields::RESOURCE_AS_ISSUER,
        ],
        spec: &["RFC 9728 §5.1", "RFC 9728 §3.3"],
        why: "An API that is called without a token says where its metadata is, and the metadata names the \
              authorization servers whose tokens it takes. So the issuer comes from the API itself, and an ID-JAG is not \
              made out to a server that the API does not trust.",
        optional: false,
    },
    mcp: false,
};

/// The step of the flow that calls an MCP server: always there, and the first.
pub static DISCOVER_MCP: DiscoverApi = DiscoverApi {
    info: StepInfo {
        id: StepId("discover-api"),
        title: "Ask the MCP server which authorization server it trusts",
        short: "MCP metadata",
        from: Party::Client,
        to: Party::Api,
        needs: &[],
        gives: &[Artifact::ApiMetadata],
        fields: &[
            fields::API_URL,
            fields::API_DISCOVER,
            fields::AGENT_RESOURCE,
            fields::RESOURCE_AS_ISSUER,
        ],
        spec: &["EMA-S §6", "RFC 9728 §5.1", "RFC 9728 §3.3"],
        why: "An MCP server that is called without a token says where its metadata is, and the metadata names two things: \
              the identifier that goes into the ID-JAG as resource, and the authorization server that redeems it.",
        optional: false,
    },
    mcp: true,
};

/// Calls the API without a token and fetches what its refusal names.
pub struct DiscoverApi {
    info: StepInfo,
    /// Whether it is the one that asks an MCP server.
    mcp: bool,
}

impl Step for DiscoverApi {
    fn info(&self) -> &'static StepInfo {
        // Both values of this type are statics; the table is the only place that makes them.
        if self.mcp {
            &DISCOVER_MCP.info
        } else {
            &DISCOVER_API.info
        }
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        let skipped = self.mcp && !support::by_api(profile);
        skipped.then(|| "The profile says so: api.discover is false.".to_owned())
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        self.mcp || support::by_api(inputs.profile)
    }

    fn when(&self) -> Option<&'static str> {
        (!self.mcp).then_some("`api.discover` is true")
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let url = api_url(inputs).map_err(|why| vec![why])?;
        let request = if self.mcp {
            post(url, &initialize(1))
        } else {
            HttpRequest::get(url, "application/json")
        };
        let draft = Draft {
            request: Request::Http(request),
            notes: vec![(
                Pointer::Url,
                "From api.url, without a token: the refusal is what is wanted (RFC 9728 §5.1)."
                    .to_owned(),
            )],
            wants: Vec::new(),
            resolved: vec![(fields::API_URL, url.to_owned())],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let main = support::main(made).expect("a step is read after its main exchange");
        let side = made
            .iter()
            .rev()
            .find(|made| made.purpose == Purpose::Metadata);
        let called = main.request.http().address();
        let refused = match support::response(main) {
            Ok(response) => response,
            Err(reading) => return *reading,
        };
        let places = if self.mcp && refused.status == 401 && resource_metadata(refused).is_none() {
            well_known(&called)
        } else {
            Vec::new()
        };
        let tried = made.iter().filter(|made| made.purpose == Purpose::Metadata);
        let gone = side.is_none_or(|side| {
            let response = side.exchange.response();
            response.is_some_and(|response| (400..500).contains(&response.status))
        });
        match (places.get(tried.count()), side) {
            (Some((_, url)), _) if gone => Reading::bare(
                Verdict::Also(Purpose::Metadata, HttpRequest::get(url, "application/json")),
                format!(
                    "The MCP server refused as it should, without saying where its metadata is; {url} is tried."
                ),
            ),
            (_, Some(side)) => {
                let at = side.exchange.request.http().address();
                let asked = places.iter().find(|(_, url)| *url == at);
                let asked = asked.map_or(&called, |(identifier, _)| identifier);
                let described = described(inputs, asked, &side.exchange);
                if self.mcp {
                    led_on(inputs, described)
                } else {
                    described
                }
            }
            (_, None) => challenged(refused),
        }
    }
}

/// An MCP server has to name its authorization server (MCP, Authorization): where the profile does not, nothing else
/// leads there.
fn led_on(inputs: &Inputs<'_>, reading: Reading) -> Reading {
    let names_one = reading.gained.iter().any(|gain| match gain {
        Gain::Metadata(_, metadata) => metadata
            .list("authorization_servers")
            .is_some_and(|servers| !servers.is_empty()),
        _ => false,
    });
    let known = inputs.profile.text(fields::RESOURCE_AS_ISSUER).is_some();
    if names_one || known || reading.gained.is_empty() {
        return reading;
    }
    rejected(
        "The MCP server’s metadata lead nowhere: expected its authorization server in authorization_servers (MCP, \
         Authorization), received none. Fill in resource_as.issuer where it is known otherwise."
            .to_owned(),
    )
}

/// Returns where a server's metadata are when it does not say so: for the address that was called, then for its host
/// (RFC 9728 §3.1; MCP, Authorization: protected resource metadata discovery). Each has the identifier it is about.
fn well_known(called: &str) -> Vec<(String, String)> {
    let Ok(url) = Url::parse(called) else {
        return Vec::new();
    };
    let host = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let mut places = vec![(host.clone(), format!("{host}{WELL_KNOWN}"))];
    if !path.is_empty() {
        places.insert(0, (called.to_owned(), format!("{host}{WELL_KNOWN}{path}")));
    }
    places
}

/// What goes between the host and the path of a resource (RFC 9728 §3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

fn rejected(says: String) -> Reading {
    Reading::bare(Verdict::Rejected(vec![says.clone()]), says)
}

/// Reads the answer to a call without a token.
fn challenged(response: &Response) -> Reading {
    match response.status {
        401 => {}
        200..=299 => {
            return rejected(format!(
                "The API answered {} to a call without a token, so it does not say whose tokens it takes: expected 401 \
                 with resource_metadata in WWW-Authenticate (RFC 9728 §5.1).",
                response.status
            ));
        }
        _ => return support::refusal(response, Party::Api),
    }
    let Some(url) = resource_metadata(response) else {
        let came = match response.header("www-authenticate") {
            None => "no WWW-Authenticate",
            Some(_) => "WWW-Authenticate without it",
        };
        return rejected(format!(
            "The API answered 401 and does not say where its metadata is: expected resource_metadata in \
             WWW-Authenticate (RFC 9728 §5.1), received {came}. Without it, fill in resource_as.issuer and leave \
             api.discover out."
        ));
    };
    if !Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        return rejected(format!(
            "The API’s resource_metadata leads nowhere: expected an http or https URL with a host, received {url:?}."
        ));
    }
    Reading::bare(
        Verdict::Also(
            Purpose::Metadata,
            HttpRequest::get(&url, "application/json"),
        ),
        format!(
            "The API refused as it should and says that its metadata is at {url}; they are fetched."
        ),
    )
}

/// Reads the metadata that the API's refusal led to.
fn described(inputs: &Inputs<'_>, called: &str, exchange: &Arc<Exchange>) -> Reading {
    let at = exchange.request.http().address();
    let response = match support::response(exchange) {
        Ok(response) => response,
        Err(reading) => return *reading,
    };
    if response.status >= 400 {
        let error = OAuthError::of(response);
        let says =
            format!("The API says that its metadata is at {at}, and that answered: {error}.");
        return Reading::bare(Verdict::Refused(error), says);
    }
    if response.status != 200 {
        return support::refusal(response, Party::Api);
    }
    let json = match response.json() {
        Ok(json) if json.is_object() => json,
        outcome => {
            let why = outcome
                .err()
                .unwrap_or_else(|| "Expected a JSON object.".to_owned());
            return Reading::bare(
                Verdict::Unreadable(why.clone()),
                format!("{at} answered 200, but not with metadata. {why}"),
            );
        }
    };
    let metadata = ServerMetadata(json);
    let profile = inputs.profile;
    let resource = metadata.text("resource").unwrap_or("none");
    let known = profile.list(fields::AGENT_RESOURCE);
    // What was typed may be written in another way than what went out.
    let is_called = resource == called || profile.text(fields::API_URL) == Some(resource);
    if !is_called && !known.iter().any(|known| known == resource) {
        let or = match known.as_slice() {
            [] => String::new(),
            known => format!(" or agent.resource, {}", known.join(", ")),
        };
        return rejected(format!(
            "The metadata at {at} are of another resource and are thrown away (RFC 9728 §3.3): expected the address \
             that was called, {called}{or}; received {resource}."
        ));
    }
    let mut says = format!("The API described itself at {at}.");
    if !is_called {
        let more = format!(" It calls itself {resource}, as agent.resource does.");
        says.push_str(&more);
    }
    let servers = metadata.list("authorization_servers").unwrap_or_default();
    says.push_str(&trusts(&servers, profile.text(fields::RESOURCE_AS_ISSUER)));
    Reading {
        gained: vec![Gain::Metadata(Party::Api, metadata)],
        tokens: Vec::new(),
        verdict: Verdict::Done,
        says,
    }
}

/// Says whom the API trusts, and what that is to the profile.
fn trusts(servers: &[&str], issuer: Option<&str>) -> String {
    let all = servers.join(", ");
    match (servers, issuer) {
        ([], Some(issuer)) => format!(
            " It names no authorization server, which is optional (RFC 9728 §2); resource_as.issuer is {issuer}."
        ),
        ([], None) => {
            " It names no authorization server, which is optional (RFC 9728 §2): fill in resource_as.issuer."
                .to_owned()
        }
        (_, Some(issuer)) if servers.contains(&issuer) => {
            format!(" It trusts {all}, and resource_as.issuer is {issuer}.")
        }
        (_, Some(issuer)) => format!(
            " It trusts {all}, and resource_as.issuer is {issuer}, which is not among them: the API will probably refuse \
             that server’s token."
        ),
        ([one], None) => format!(" It trusts {one}, which is asked next, because resource_as.issuer is empty."),
        ([first, ..], None) => format!(
            " It trusts {all}. {first} is asked next, because resource_as.issuer is empty; fill that in to ask another."
        ),
    }
}
