//! The API is asked which authorization server it trusts: its 401 leads to its metadata (RFC 9728).

use std::sync::Arc;

use url::Url;

use super::support::{self, api_url};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::finish,
    },
    profile::fields,
    protocol::{
        exchange::{Exchange, Purpose, Request},
        http::{HttpRequest, Response},
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
};

/// Calls the API without a token and fetches what its refusal names.
pub struct DiscoverApi {
    info: StepInfo,
}

impl Step for DiscoverApi {
    fn info(&self) -> &'static StepInfo {
        &DISCOVER_API.info
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        support::by_api(inputs.profile)
    }

    fn when(&self) -> Option<&'static str> {
        Some("`api.discover` is true")
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let url = api_url(inputs).map_err(|why| vec![why])?;
        let draft = Draft {
            request: Request::Http(HttpRequest::get(url, "application/json")),
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
        match side {
            Some(side) => described(inputs, &main.request.http().address(), &side.exchange),
            None => match support::response(main) {
                Ok(response) => challenged(response),
                Err(reading) => *reading,
            },
        }
    }
}

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
            "The API's resource_metadata leads nowhere: expected an http or https URL with a host, received {url:?}."
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
             that server's token."
        ),
        ([one], None) => format!(" It trusts {one}, which is asked next, because resource_as.issuer is empty."),
        ([first, ..], None) => format!(
            " It trusts {all}. {first} is asked next, because resource_as.issuer is empty; fill that in to ask another."
        ),
    }
}
