//! Discovery: what a server says about itself, and its keys.

use super::{
    client_document,
    support::{self, Endpoint, IDP, RESOURCE_AS},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::finish,
        scopes::{self, Listing},
    },
    profile::{FieldPath, Profile, fields},
    protocol::{
        exchange::{Purpose, Request},
        http::HttpRequest,
        metadata::{ServerMetadata, WellKnown, metadata_url},
        party::Party,
        pointer::Pointer,
        secret::Secret,
    },
};

/// Fetches the metadata and keys of one server.
pub struct Discover {
    info: &'static StepInfo,
    server: Endpoint,
    /// The form to try first.
    first: WellKnown,
    /// The endpoints that make discovery needless when the profile has them all.
    overrides: &'static [FieldPath],
}

/// The IdP.
pub static DISCOVER_IDP: Discover = Discover {
    info: &StepInfo {
        id: StepId("discover-idp"),
        title: "Ask the IdP for its metadata and keys",
        short: "IdP metadata",
        from: Party::Client,
        to: Party::Idp,
        needs: &[],
        gives: &[Artifact::IdpMetadata],
        fields: &[
            fields::IDP_ISSUER,
            fields::IDP_AUTHORIZATION_ENDPOINT,
            fields::IDP_TOKEN_ENDPOINT,
            fields::IDP_JWKS_URI,
        ],
        spec: &["OIDC Discovery §4", "RFC 8414 §3"],
        why: "The issuer is the one string that has to be right; everything else of the IdP follows from the document \
              it leads to. The document must name that same issuer, or it is thrown away.",
        optional: false,
    },
    server: IDP,
    first: WellKnown::Oidc,
    overrides: &[
        fields::IDP_AUTHORIZATION_ENDPOINT,
        fields::IDP_TOKEN_ENDPOINT,
    ],
};

/// The one authorization server of a flow that signs the user in and delegates at the same place.
pub static DISCOVER_AS: Discover = Discover {
    info: &StepInfo {
        id: StepId("discover-as"),
        title: "Ask the authorization server for its metadata and keys",
        short: "AS metadata",
        from: Party::Client,
        to: Party::Idp,
        needs: &[],
        gives: &[Artifact::IdpMetadata],
        fields: &[
            fields::IDP_ISSUER,
            fields::IDP_AUTHORIZATION_ENDPOINT,
            fields::IDP_TOKEN_ENDPOINT,
            fields::IDP_JWKS_URI,
        ],
        spec: &["RFC 8414 §3", "OIDC Discovery §4"],
        why: "One server does both here: it signs the user in, and it exchanges the user’s token for one that also \
              names the agent. Its issuer leads to a document with its endpoints, its grants and the algorithms that \
              it takes in DPoP proofs, and the document has to name that same issuer. Its keys are fetched at once: \
              every token of this flow but the agent’s own is checked with them.",
        optional: false,
    },
    server: IDP,
    first: WellKnown::Oidc,
    overrides: &[
        fields::IDP_AUTHORIZATION_ENDPOINT,
        fields::IDP_TOKEN_ENDPOINT,
    ],
};

/// The resource authorization server.
pub static DISCOVER_RESOURCE_AS: Discover = Discover {
    info: &StepInfo {
        id: StepId("discover-resource-as"),
        title: "Ask the resource authorization server for its metadata and keys",
        short: "Resource AS metadata",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[Artifact::ApiMetadata],
        gives: &[Artifact::ResourceAsMetadata],
        fields: &[
            fields::RESOURCE_AS_ISSUER,
            fields::RESOURCE_AS_TOKEN_ENDPOINT,
            fields::RESOURCE_AS_JWKS_URI,
            fields::RESOURCE_AS_MANAGEMENT_TOKEN,
        ],
        spec: &["RFC 8414 §3", "JAG §7.2"],
        why: "Its issuer is what the ID-JAG will be made out to, so it is taken from the server itself and not from \
              memory. Its metadata may also say that it takes ID-JAGs.",
        optional: false,
    },
    server: RESOURCE_AS,
    first: WellKnown::OAuth,
    overrides: &[fields::RESOURCE_AS_TOKEN_ENDPOINT],
};

/// The authorization server that takes an agent's assertion: the only one of its flow.
pub static DISCOVER_ASSERTION_AS: Discover = Discover {
    info: &StepInfo {
        id: StepId("discover-as"),
        title: "Ask the authorization server for its metadata and keys",
        short: "AS metadata",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[],
        gives: &[Artifact::ResourceAsMetadata],
        fields: &[
            fields::RESOURCE_AS_ISSUER,
            fields::RESOURCE_AS_TOKEN_ENDPOINT,
            fields::RESOURCE_AS_JWKS_URI,
            fields::RESOURCE_AS_MANAGEMENT_TOKEN,
        ],
        spec: &["RFC 8414 §3"],
        why: "The agent’s assertion is made out to this server, by the name that it gives itself. The document that the \
              issuer leads to has to name that same issuer, or it is thrown away; it also says where tokens are exchanged \
              and which keys the access token can be checked with.",
        optional: false,
    },
    server: RESOURCE_AS,
    first: WellKnown::OAuth,
    overrides: &[fields::RESOURCE_AS_TOKEN_ENDPOINT],
};

/// The one authorization server of a flow whose clients may describe themselves at an address.
pub static DISCOVER_CLIENTS_AS: Discover = Discover {
    info: &StepInfo {
        id: StepId("discover-as"),
        title: "Ask the authorization server for its metadata and keys",
        short: "AS metadata",
        from: Party::Client,
        to: Party::Idp,
        needs: &[],
        gives: &[Artifact::IdpMetadata],
        fields: &[
            fields::IDP_ISSUER,
            fields::IDP_AUTHORIZATION_ENDPOINT,
            fields::IDP_TOKEN_ENDPOINT,
            fields::IDP_JWKS_URI,
            fields::SSO_CLIENT_ID,
        ],
        spec: &["RFC 8414 §3", "OIDC Discovery §4", "CIMD §4"],
        why: "One server signs the user in and issues the access token. Its metadata tells where its endpoints are and \
              what it takes. Where the client’s id is an address, the document there is what the server knows of the \
              client, so it is read here, too.",
        optional: false,
    },
    server: IDP,
    first: WellKnown::Oidc,
    overrides: &[
        fields::IDP_AUTHORIZATION_ENDPOINT,
        fields::IDP_TOKEN_ENDPOINT,
    ],
};

impl Discover {
    /// Tells whether this server's scopes may be listed apart from its metadata.
    fn lists(&self) -> bool {
        self.server.party == Party::ResourceAs
    }

    /// Says what the API's metadata has to do with the issuer that is asked.
    fn note(&self, inputs: &Inputs<'_>, issuer: &str) -> Option<(Pointer, String)> {
        if self.server.party != Party::ResourceAs || !support::by_api(inputs.profile) {
            return None;
        }
        let api = inputs.bag.metadata(Party::Api)?;
        let named = api.list("authorization_servers")?;
        let says = if inputs.profile.text(self.server.issuer).is_none() {
            format!(
                "From the API’s metadata, which names {issuer}; {} is empty.",
                self.server.issuer
            )
        } else if named.contains(&issuer) {
            format!(
                "From {}; the API’s metadata names it, too.",
                self.server.issuer
            )
        } else {
            format!(
                "From {}. The API’s metadata names another: {}.",
                self.server.issuer,
                named.join(", ")
            )
        };
        Some((Pointer::Url, says))
    }

    fn other(&self) -> WellKnown {
        match self.first {
            WellKnown::Oidc => WellKnown::OAuth,
            WellKnown::OAuth => WellKnown::Oidc,
        }
    }
}

impl Step for Discover {
    fn info(&self) -> &'static StepInfo {
        self.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = self.info().needs.to_vec();
        needs.retain(|_| support::by_api(profile));
        needs
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        let all = self
            .overrides
            .iter()
            .all(|field| profile.text(*field).is_some());
        all.then(|| {
            format!(
                "The endpoints of the {} are in the profile.",
                self.server.party.name()
            )
        })
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let field = self.server.issuer;
        let issuer = self.server.issuer_to_ask(inputs).map_err(|why| vec![why])?;
        let url = metadata_url(issuer, self.first)
            .map_err(|says| vec![Blocked::Invalid(field.0.to_owned(), says)])?;
        let draft = Draft {
            request: Request::Http(HttpRequest::get(&url, "application/json")),
            notes: self.note(inputs, issuer).into_iter().collect(),
            wants: self
                .lists()
                .then(|| scopes::wants(inputs))
                .flatten()
                .into_iter()
                .collect(),
            resolved: vec![(field, url)],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let issuer = self.server.issuer_to_ask(inputs).unwrap_or_default();
        let party = self.server.party;
        let exchange = support::main(made).expect("a step is read after its main exchange");
        let response = match support::response(exchange) {
            Ok(response) => response,
            Err(reading) => return *reading,
        };
        let url = exchange.request.http().address();
        let first_try = !made.iter().any(|made| made.purpose == Purpose::Metadata);
        let json = match response.json() {
            Ok(json) if response.status == 200 && json.is_object() => json,
            outcome => {
                if first_try
                    && let Ok(other) = metadata_url(issuer, self.other())
                    && other != url
                {
                    return Reading::bare(
                        Verdict::Instead(HttpRequest::get(other, "application/json")),
                        format!(
                            "{url} answered {}; the other well-known form is tried.",
                            response.status
                        ),
                    );
                }
                if response.status == 200 {
                    let why = outcome
                        .err()
                        .unwrap_or_else(|| "Expected a JSON object.".to_owned());
                    return Reading::bare(
                        Verdict::Unreadable(why.clone()),
                        format!("{url} answered 200, but not with metadata. {why}"),
                    );
                }
                return support::refusal(response, party);
            }
        };
        let metadata = ServerMetadata(json);
        let says_issuer = metadata.text("issuer").unwrap_or_default();
        if says_issuer != issuer {
            let says = format!(
                "The metadata at {url} names another issuer and is thrown away (RFC 8414 §3.3): expected {issuer}, \
                 received {}.",
                if says_issuer.is_empty() {
                    "none"
                } else {
                    says_issuer
                }
            );
            return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
        }
        if let Some(request) = client_document::wanted(inputs, &metadata, made) {
            return Reading::bare(
                Verdict::Also(Purpose::Metadata, request),
                "The metadata is there; the client’s own document is read.",
            );
        }
        let document = client_document::says(inputs, made);
        let keys_url = inputs
            .profile
            .text(self.server.jwks)
            .or_else(|| metadata.text("jwks_uri"))
            .map(str::to_owned);
        let keys = self.server.keys(inputs, made);
        if let (false, Some(url)) = (keys.fetched, &keys_url) {
            return Reading {
                gained: vec![Gain::Metadata(party, metadata)],
                tokens: Vec::new(),
                verdict: Verdict::Also(Purpose::Keys, HttpRequest::get(url, "application/json")),
                says: "The metadata is there; the keys are fetched.".to_owned(),
            };
        }
        let listing = if self.lists() {
            scopes::listing(inputs, made)
        } else {
            Listing::None
        };
        let (scopes, scopes_say) = match listing {
            Listing::Next(request) => {
                return Reading::bare(
                    Verdict::Also(Purpose::Metadata, request),
                    "The metadata is there; its scopes are listed.",
                );
            }
            Listing::None => (None, String::new()),
            Listing::Failed(why) => (None, format!("; its scopes could not be listed: {why}")),
            Listing::Done(words, says) => (Some(words), format!("; {says}")),
        };
        let keys_say = match (&keys.set, &keys_url) {
            (Some(set), _) => {
                let count = set.jwks.keys().count();
                format!(
                    "{count} {} found at {}",
                    if count == 1 { "key was" } else { "keys were" },
                    set.url
                )
            }
            (None, Some(_)) => format!("its keys could not be had: {}", keys.from),
            (None, None) => "it names no jwks_uri, so signatures cannot be checked".to_owned(),
        };
        let mut gained = vec![Gain::Metadata(party, metadata)];
        gained.extend(keys.gain(party));
        if self.lists() {
            let artifact = Artifact::ResourceAsScopes;
            gained.push(match scopes {
                Some(words) => Gain::Held(
                    artifact,
                    Secret::minted(artifact.id(), words.join(" ")),
                    None,
                ),
                // What an earlier attempt listed is of then.
                None => Gain::Spent(artifact),
            });
        }
        Reading {
            gained,
            tokens: Vec::new(),
            verdict: Verdict::Done,
            says: format!(
                "{} described itself at {url}; {keys_say}{scopes_say}{document}.",
                support::cap(party)
            ),
        }
    }
}
