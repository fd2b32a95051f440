//! What steps share: endpoints, keys of a party, records of tokens, answers of token endpoints.

use std::sync::Arc;

use url::Url;

use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, KeySet, Made, Reading, StepId, TokenRecord,
        Verdict,
        client_auth::{Server, token_request},
        dpop,
    },
    profile::{FieldPath, Profile, Side, fields},
    protocol::{
        exchange::{Exchange, Purpose, Request},
        http::{HttpRequest, Params, Response},
        jwt::{Claims, Signature, Token, jose},
        metadata::Jwks,
        oauth::{OAuthError, TokenAnswer},
        party::Party,
        secret::Secret,
        time::Timestamp,
    },
};

/// Tells whether the user signs in on another device (RFC 8628).
pub fn by_device(profile: &Profile) -> bool {
    profile.text(fields::SSO_LOGIN) == Some("device")
}

/// Tells whether the API is asked which authorization server it trusts (RFC 9728).
pub fn by_api(profile: &Profile) -> bool {
    profile.asks_api()
}

/// Returns the address of the API.
///
/// # Errors
/// When there is none, or none that can be called.
pub fn api_url<'a>(inputs: &Inputs<'a>) -> Result<&'a str, Blocked> {
    address(inputs, fields::API_URL)
}

/// Returns the address in a field.
///
/// # Errors
/// When there is none, or none that can be called.
pub fn address<'a>(inputs: &Inputs<'a>, field: FieldPath) -> Result<&'a str, Blocked> {
    let Some(url) = inputs.profile.text(field) else {
        return Err(Blocked::Missing(field.0.to_owned()));
    };
    let field = field.0.to_owned();
    if Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Ok(url)
    } else {
        let says = format!("expected an http or https URL with a host, received {url:?}.");
        Err(Blocked::Invalid(field, says))
    }
}

/// What is known of a server: its metadata, and the profile's word over it.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The server.
    pub party: Party,
    /// The artifact that discovery gives; `None` where a flow discovers nothing of it.
    pub metadata: Option<Artifact>,
    /// The profile's field of its issuer.
    pub issuer: FieldPath,
    /// The profile's field of its token endpoint.
    pub token: FieldPath,
    /// The profile's field of its keys.
    pub jwks: FieldPath,
}

/// The identity provider.
pub const IDP: Endpoint = Endpoint {
    party: Party::Idp,
    metadata: Some(Artifact::IdpMetadata),
    issuer: fields::IDP_ISSUER,
    token: fields::IDP_TOKEN_ENDPOINT,
    jwks: fields::IDP_JWKS_URI,
};

/// The resource authorization server.
pub const RESOURCE_AS: Endpoint = Endpoint {
    party: Party::ResourceAs,
    metadata: Some(Artifact::ResourceAsMetadata),
    issuer: fields::RESOURCE_AS_ISSUER,
    token: fields::RESOURCE_AS_TOKEN_ENDPOINT,
    jwks: fields::RESOURCE_AS_JWKS_URI,
};

/// The issuer of actor tokens.
pub const ACTOR_ISSUER: Endpoint = Endpoint {
    party: Party::ActorIssuer,
    metadata: None,
    issuer: fields::ACTOR_ISSUER_ISSUER,
    token: fields::ACTOR_ISSUER_TOKEN_ENDPOINT,
    jwks: fields::ACTOR_ISSUER_JWKS_URI,
};

/// The issuer of instance assertions; its one endpoint takes no grants, but is found in the same way.
pub const INSTANCE_ISSUER: Endpoint = Endpoint {
    party: Party::InstanceIssuer,
    metadata: None,
    issuer: fields::INSTANCE_ISSUER_ISSUER,
    token: fields::INSTANCE_ISSUER_ENDPOINT,
    jwks: fields::INSTANCE_ISSUER_JWKS_URI,
};

/// The Transaction Token Service.
pub const TTS: Endpoint = Endpoint {
    party: Party::Tts,
    metadata: None,
    issuer: fields::TTS_ISSUER,
    token: fields::TTS_TOKEN_ENDPOINT,
    jwks: fields::TTS_JWKS_URI,
};

impl Endpoint {
    /// Returns an endpoint: the profile's own if it is written there, else what the metadata says.
    ///
    /// # Errors
    /// What has to be filled in or discovered first.
    pub fn find(
        self,
        inputs: &Inputs<'_>,
        field: FieldPath,
        member: &str,
    ) -> Result<String, Blocked> {
        if let Some(own) = inputs.profile.text(field) {
            return Ok(own.to_owned());
        }
        match inputs.bag.metadata(self.party) {
            None => Err(self
                .metadata
                .map_or_else(|| Blocked::Missing(field.0.to_owned()), Blocked::Needs)),
            Some(metadata) => metadata.text(member).map(str::to_owned).ok_or_else(|| {
                Blocked::Invalid(
                    field.0.to_owned(),
                    format!(
                        "the metadata of the {} has no {member}; fill the field in.",
                        self.party.name()
                    ),
                )
            }),
        }
    }

    /// Returns the token endpoint.
    ///
    /// # Errors
    /// As [`Endpoint::find`].
    pub fn token_endpoint(self, inputs: &Inputs<'_>) -> Result<String, Blocked> {
        self.find(inputs, self.token, "token_endpoint")
    }

    /// Returns the token endpoint, and something held that is shown there.
    ///
    /// # Errors
    /// Each of the two that is missing.
    pub fn shown<'a>(
        self,
        inputs: &Inputs<'a>,
        artifact: Artifact,
    ) -> Result<(String, &'a Secret), Vec<Blocked>> {
        let mut blocked = Vec::new();
        let endpoint = self.token_endpoint(inputs);
        let endpoint = endpoint.map_err(|why| blocked.push(why)).ok();
        let held = inputs.bag.value(artifact);
        if held.is_none() {
            blocked.push(Blocked::Needs(artifact));
        }
        endpoint.zip(held).ok_or(blocked)
    }

    /// Drafts a client's request to the token endpoint, which stands under its field, too; with a proof of possession
    /// where the profile wants proofs.
    ///
    /// # Errors
    /// As [`token_request`].
    pub fn asked(
        self,
        inputs: &Inputs<'_>,
        step: StepId,
        side: Side,
        endpoint: String,
        params: Params,
    ) -> Result<Draft, Vec<Blocked>> {
        let server = Server {
            issuer: self.issuer(inputs),
            token_endpoint: &endpoint,
        };
        let mut draft = token_request(inputs, step.0, side, server, params)?;
        if let Request::Http(request) = &mut draft.request {
            let note = dpop::prove(request, inputs, None).map_err(|why| vec![why])?;
            draft.notes.extend(note);
        }
        draft.resolved.push((self.token, endpoint));
        Ok(draft)
    }

    /// Returns the issuer: the profile's, else the metadata's own, else the one that the API names; `""` when none is
    /// known.
    pub fn issuer<'a>(self, inputs: &Inputs<'a>) -> &'a str {
        inputs
            .profile
            .text(self.issuer)
            .or_else(|| {
                inputs
                    .bag
                    .metadata(self.party)
                    .and_then(|metadata| metadata.text("issuer"))
            })
            .or_else(|| self.named_by_api(inputs))
            .unwrap_or_default()
    }

    /// Returns the issuer to discover: the profile's, else the one that the API names.
    ///
    /// # Errors
    /// What has to be filled in or discovered first.
    pub fn issuer_to_ask<'a>(self, inputs: &Inputs<'a>) -> Result<&'a str, Blocked> {
        let own = inputs.profile.text(self.issuer);
        own.or_else(|| self.named_by_api(inputs)).ok_or_else(|| {
            let ask = self.party == Party::ResourceAs && by_api(inputs.profile);
            if ask && !inputs.bag.has(Artifact::ApiMetadata) {
                Blocked::Needs(Artifact::ApiMetadata)
            } else {
                Blocked::Missing(self.issuer.0.to_owned())
            }
        })
    }

    /// Returns the first authorization server that the API's metadata names, where the API was to be asked.
    fn named_by_api<'a>(self, inputs: &Inputs<'a>) -> Option<&'a str> {
        if self.party != Party::ResourceAs || !by_api(inputs.profile) {
            return None;
        }
        let metadata = inputs.bag.metadata(Party::Api)?;
        metadata.list("authorization_servers")?.into_iter().next()
    }

    /// Returns where the keys are, if that is known.
    pub fn jwks_uri(self, inputs: &Inputs<'_>) -> Option<String> {
        self.find(inputs, self.jwks, "jwks_uri").ok()
    }

    /// Returns the keys to check with: those fetched by this attempt, else those of the walk.
    pub fn keys(self, inputs: &Inputs<'_>, made: &[Made]) -> Keys {
        let here = made.iter().rev().find(|made| made.purpose == Purpose::Keys);
        match here {
            Some(made) => match key_set(&made.exchange) {
                Ok(set) => Keys {
                    from: set.url.clone(),
                    set: Some(set),
                    fetched: true,
                },
                Err(why) => Keys {
                    from: why,
                    set: None,
                    fetched: true,
                },
            },
            None => {
                let set = inputs.keys.get(&self.party).cloned();
                let from = set
                    .as_ref()
                    .map_or_else(|| "never fetched".to_owned(), |set| set.url.clone());
                Keys {
                    set,
                    from,
                    fetched: false,
                }
            }
        }
    }

    /// Returns the fetch of keys that a token calls for, unless this attempt made one already
    /// (INTERFACE §2: fetched once, before the result shows).
    pub fn key_fetch(
        self,
        inputs: &Inputs<'_>,
        keys: &Keys,
        tokens: &[&Token],
    ) -> Option<HttpRequest> {
        let jwks = keys.set.as_ref().map(|set| &set.jwks);
        let wanted = !keys.fetched
            && tokens
                .iter()
                .any(|token| jose::wants_fresh_keys(token, jwks));
        let url = wanted.then(|| self.jwks_uri(inputs)).flatten()?;
        Some(HttpRequest::get(url, "application/json"))
    }
}

/// The keys of a party, as far as they could be had.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The keys, if they could be read.
    pub set: Option<KeySet>,
    /// Where they are from, or why there are none.
    pub from: String,
    /// Whether this attempt fetched them.
    pub fetched: bool,
}

impl Keys {
    /// Checks a token's signature with them.
    pub fn check(&self, token: &Token) -> Signature {
        jose::check(token, self.set.as_ref().map(|set| &set.jwks), &self.from)
    }

    /// Returns them as a gain of the step that fetched them.
    pub fn gain(&self, party: Party) -> Option<Gain> {
        self.set
            .clone()
            .filter(|_| self.fetched)
            .map(|set| Gain::Keys(party, set))
    }
}

/// Reads a key set from an exchange.
///
/// # Errors
/// Why there is none, in a few words.
pub fn key_set(exchange: &Exchange) -> Result<KeySet, String> {
    let url = exchange.request.http().address();
    let response = match &exchange.outcome {
        Ok(_) => exchange
            .response()
            .ok_or_else(|| format!("{url} was not answered over HTTP"))?,
        Err(failure) => return Err(format!("{url} could not be fetched: {failure}")),
    };
    if response.status != 200 {
        return Err(format!("{url} answered {}", response.status));
    }
    let json = response.json().map_err(|why| format!("{url}: {why}"))?;
    if json["keys"].as_array().is_none() {
        return Err(format!("{url} has no list `keys`"));
    }
    Ok(KeySet {
        url,
        jwks: Jwks(json),
    })
}

/// What a step needs to know of the answer of a token endpoint.
pub struct Tokens {
    /// Its members.
    pub answer: TokenAnswer,
    /// When it came.
    pub at: Timestamp,
}

/// Reads the main answer of a token endpoint.
///
/// # Errors
/// The reading to end with, when there is no token answer.
pub fn token_answer(made: &[Made], to: Party) -> Result<Tokens, Box<Reading>> {
    let exchange = main(made).expect("a step is read after its main exchange");
    let response = response(exchange)?;
    if response.status != 200 {
        return Err(Box::new(refusal(response, to)));
    }
    let json = response.json().map_err(|why| {
        Box::new(Reading::bare(
            Verdict::Unreadable(why.clone()),
            format!("{} said yes, but: {why}", cap(to)),
        ))
    })?;
    if let Some(error) = json["error"].as_str() {
        return Err(Box::new(Reading::bare(
            Verdict::Refused(OAuthError::of(response)),
            format!(
                "The {} answered 200 and the error {error} at once.",
                to.name()
            ),
        )));
    }
    Ok(Tokens {
        answer: TokenAnswer::of(&json),
        at: came_at(exchange),
    })
}

/// Returns when an exchange had its answer.
pub fn came_at(exchange: &Exchange) -> Timestamp {
    Timestamp(exchange.times.start.0 + i64::try_from(exchange.times.end / 1000).unwrap_or_default())
}

/// Returns the last main exchange.
pub fn main(made: &[Made]) -> Option<&Arc<Exchange>> {
    made.iter()
        .rev()
        .find(|made| made.purpose == Purpose::Main)
        .map(|made| &made.exchange)
}

/// Returns the HTTP response of an exchange.
///
/// # Errors
/// The reading to end with when there is none.
pub fn response(exchange: &Exchange) -> Result<&Response, Box<Reading>> {
    match &exchange.outcome {
        Ok(_) => exchange.response().ok_or_else(|| {
            Box::new(Reading::bare(
                Verdict::Unreadable("a redirect came where an HTTP answer was expected".to_owned()),
                "A redirect came where an HTTP answer was expected.",
            ))
        }),
        Err(failure) => Err(Box::new(Reading::bare(
            Verdict::Unreachable(failure.clone()),
            failure.to_string(),
        ))),
    }
}

/// Reads an answer that is no success: a redirect is named, everything else is the server's refusal.
pub fn refusal(response: &Response, to: Party) -> Reading {
    if (300..400).contains(&response.status) {
        let target = response.header("location").unwrap_or("nowhere");
        let says = format!(
            "The {} answered {} with a redirect to {target}, which is not followed: a redirect would carry the \
             credentials to another address.",
            to.name(),
            response.status
        );
        return Reading::bare(Verdict::Unreadable(says.clone()), says);
    }
    if (200..300).contains(&response.status) {
        let says = format!(
            "Expected status 200 from the {}, received {}.",
            to.name(),
            response.status
        );
        return Reading::bare(Verdict::Unreadable(says.clone()), says);
    }
    let error = OAuthError::of(response);
    Reading::bare(
        Verdict::Refused(error.clone()),
        format!("The {} refused: {error}.", to.name()),
    )
}

/// Makes the record of a token that came, with its end from `exp`, else from `expires_in`.
pub fn record(
    artifact: Artifact,
    raw: &Secret,
    signature: Signature,
    parent: Option<Artifact>,
    came: &Tokens,
) -> TokenRecord {
    let raw = raw.named(artifact.id());
    let token = Token::parse(&raw);
    let exp = token
        .claims
        .json
        .as_ref()
        .and_then(|json| Claims(json).time("exp"));
    TokenRecord {
        name: artifact.id().to_owned(),
        artifact,
        fingerprint: raw.fingerprint(&[]),
        signature,
        parent,
        gained: came.at,
        expires: exp.or_else(|| {
            came.answer
                .expires_in
                .filter(|_| !matches!(artifact, Artifact::IdToken | Artifact::RefreshToken))
                .map(|s| came.at.plus_secs(s))
        }),
        token,
    }
}

/// Returns the gain of a token record.
pub fn gain(record: &TokenRecord) -> Gain {
    Gain::Held(record.artifact, record.token.raw.clone(), record.expires)
}

/// Returns what an access token is as a gain: it decides how the token is presented.
pub fn typed(came: &Tokens) -> Gain {
    let text = came.answer.token_type.as_deref().unwrap_or_default();
    let artifact = Artifact::AccessTokenType;
    Gain::Held(artifact, Secret::minted(artifact.id(), text), None)
}

/// The name of a party at the start of a sentence.
pub fn cap(party: Party) -> String {
    format!("The {}", party.name())
}
