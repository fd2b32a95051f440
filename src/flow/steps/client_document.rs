//! The client's metadata document, where its id is an address (draft-ietf-oauth-client-id-metadata-document).

use crate::{
    flow::{Inputs, Made},
    profile::Side,
    protocol::{exchange::Exchange, http::HttpRequest, metadata::ServerMetadata},
};

/// Returns the fetch of the client's document, unless this attempt made it already: where the id is an address, and the
/// server says that it reads what is there (CIMD §5).
pub fn wanted(inputs: &Inputs<'_>, server: &ServerMetadata, made: &[Made]) -> Option<HttpRequest> {
    let id = address(inputs)?;
    let reads = server.flag("client_id_metadata_document_supported") == Some(true);
    (reads && fetched(made, &id).is_none()).then(|| HttpRequest::get(id, "application/json"))
}

/// Says what came of it, to follow another half sentence; nothing where nothing was fetched.
pub fn says(inputs: &Inputs<'_>, made: &[Made]) -> String {
    let document = address(inputs).and_then(|id| Some((fetched(made, &id)?, id)));
    let Some((exchange, id)) = document else {
        return String::new();
    };
    let response = match (&exchange.outcome, exchange.response()) {
        (_, Some(response)) => response,
        (Err(failure), _) => {
            return format!("; the client’s document at {id} could not be fetched: {failure}");
        }
        _ => return format!("; the client’s document at {id} did not come over HTTP"),
    };
    if response.status != 200 {
        return format!(
            "; the client’s document at {id} was answered with {}, and a server takes only a 200 (CIMD §4)",
            response.status
        );
    }
    let Ok(json) = response.json() else {
        return format!("; the client’s document at {id} is no JSON");
    };
    match json["client_id"].as_str() {
        Some(named) if named == id => {}
        named => {
            return format!(
                "; the client’s document names another client: expected {id}, received {} (CIMD §4.1)",
                named.unwrap_or("none")
            );
        }
    }
    let issuers: Vec<&str> = json["instance_issuers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["issuer"].as_str())
        .collect();
    if issuers.is_empty() {
        "; the client’s document names no issuer of instance assertions".to_owned()
    } else {
        format!(
            "; the client’s document lets {} speak for its instances",
            issuers.join(" and ")
        )
    }
}

fn address(inputs: &Inputs<'_>) -> Option<String> {
    let id = inputs.profile.client(Side::Sso).id?;
    (id.starts_with("https://") || id.starts_with("http://")).then_some(id)
}

fn fetched<'a>(made: &'a [Made], id: &str) -> Option<&'a Exchange> {
    made.iter()
        .rev()
        .map(|made| made.exchange.as_ref())
        .find(|exchange| exchange.request.http().address() == id)
}
