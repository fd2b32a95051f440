//! What a rule looks at: one step of a walk, before or after it was sent, with all that came before it.
//!
//! Readers return what is there and `None` for what is not; they never judge. A parameter's value is what goes over the
//! wire, secrets included, so that rules can compare: whatever they say of it is masked where it is shown.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::Value;

use super::{DECODE, Revision};
use crate::{
    flow::{Artifact, Bag, KeySets, Made, StepId, StepInfo, TokenRecord},
    profile::{FieldPath, Profile, Side as Client, fields},
    protocol::{
        exchange::{Answer, Exchange, Purpose, Request},
        http::{HttpRequest, Params, Response, Value as Wire, form_decode},
        jwt::{Claims, Token},
        keys::thumbprint,
        metadata::ServerMetadata,
        oauth::OAuthError,
        party::Party,
        redirect::{self, AuthorizationAnswer},
        secret::Secret,
        time::Timestamp,
    },
};

/// One step of a walk, for rules.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The flow that is walked; [`DECODE`] for tokens looked at alone.
    pub flow: &'a str,
    /// The step; `None` for tokens looked at alone.
    pub step: Option<&'static StepInfo>,
    /// What is, or was, sent: the last main request. `None` where tokens were handed in.
    pub request: Option<&'a Request>,
    /// The exchanges of the attempt, in order; empty before sending.
    pub made: &'a [Made],
    /// The tokens that came of it, or were handed in.
    pub tokens: &'a [TokenRecord],
    /// Every attempt before it, of this and of earlier steps, oldest first.
    pub past: &'a [Past<'a>],
    /// The profile.
    pub profile: &'a Profile,
    /// What the walk has gained.
    pub bag: &'a Bag,
    /// The keys that were fetched.
    pub keys: &'a KeySets,
    /// When it was answered; before that, when it was drafted.
    pub now: Timestamp,
    /// The draft revision to speak from.
    pub revision: Revision,
}

/// An attempt of the past.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// Which step.
    pub step: StepId,
    /// Its exchanges; empty where tokens were handed in.
    pub made: &'a [Made],
    /// Its tokens.
    pub tokens: &'a [TokenRecord],
}

/// The last main exchange of an attempt.
pub fn main(made: &[Made]) -> Option<&Exchange> {
    let mut all = made.iter().rev();
    all.find(|made| made.purpose == Purpose::Main)
        .map(|made| made.exchange.as_ref())
}

/// Returns the claims of a token; of one that has none, an empty reader.
pub fn claims(token: &Token) -> Claims<'_> {
    Claims(token.claims.json.as_ref().unwrap_or(&Value::Null))
}

/// Returns the JOSE header of a token; of one that has none, an empty reader.
pub fn header(token: &Token) -> Claims<'_> {
    Claims(token.header.json.as_ref().unwrap_or(&Value::Null))
}

/// Returns a `typ` as it is compared: lower case, without `application/` (RFC 7515 §4.1.9).
pub fn typ(token: &Token) -> Option<String> {
    let typ = header(token).text("typ")?.to_ascii_lowercase();
    Some(match typ.strip_prefix("application/") {
        Some(rest) => rest.to_owned(),
        None => typ,
    })
}

/// Shows a JSON value in a sentence: a string as it stands, everything else as JSON, and nothing as `nothing`.
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

impl<'a> Subject<'a> {
    /// Returns the step's id; [`DECODE`] for tokens looked at alone.
    pub fn step_id(&self) -> &'static str {
        self.step.map_or(DECODE, |step| step.id.0)
    }

    /// Returns the party that answers at this step.
    pub fn server(&self) -> Party {
        self.step.map_or(Party::Unknown, |step| step.to)
    }

    /// Tells whether an answer, or its failure, is there.
    pub fn is_sent(&self) -> bool {
        main(self.made).is_some()
    }

    /// Returns the request as HTTP.
    pub fn http(&self) -> Option<&'a HttpRequest> {
        self.request.map(Request::http)
    }

    /// Returns a form parameter, the first of that name. One without a value counts as absent (RFC 6749 §3.2).
    pub fn form(&self, name: &str) -> Option<String> {
        self.forms(name).into_iter().next()
    }

    /// Returns every value of a form parameter.
    pub fn forms(&self, name: &str) -> Vec<String> {
        self.http()
            .and_then(HttpRequest::form)
            .map_or_else(Vec::new, |params| values(params, name))
    }

    /// Returns a parameter of the address.
    pub fn query(&self, name: &str) -> Option<String> {
        query_of(self.http()?, name)
    }

    /// Returns a header field of the request.
    pub fn sent_header(&self, name: &str) -> Option<String> {
        self.http()?.header(name).map(Wire::wire)
    }

    /// Returns the last main exchange.
    pub fn exchange(&self) -> Option<&'a Exchange> {
        main(self.made)
    }

    /// Returns the HTTP answer.
    pub fn response(&self) -> Option<&'a Response> {
        self.exchange()?.response()
    }

    /// Returns the status of the answer.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// Returns the answer's body when it is JSON.
    pub fn json(&self) -> Option<Value> {
        self.response()?.json().ok()
    }

    /// Returns the answer's body when it is a JSON object of a 2xx answer.
    pub fn granted(&self) -> Option<Value> {
        let ok = (200..300).contains(&self.status()?);
        self.json().filter(|json| ok && json.is_object())
    }

    /// Returns what the server said when it refused: a status of 400 or more, or an error in the redirect.
    pub fn refusal(&self) -> Option<OAuthError> {
        if let Some(answer) = self.authorization_answer() {
            return answer.error.map(|error| OAuthError {
                status: None,
                error: Some(error),
                description: answer.error_description,
                uri: answer.error_uri,
            });
        }
        self.response()
            .filter(|response| response.status >= 400)
            .map(OAuthError::of)
    }

    /// Returns the authorization response, when this step's answer is a redirect.
    pub fn authorization_answer(&self) -> Option<AuthorizationAnswer> {
        match &self.exchange()?.outcome {
            Ok(Answer::Redirect(came)) => Some(redirect::read(came.url.reveal())),
            _ => None,
        }
    }

    /// Returns a token of this step, whichever of several agents in a row it is of.
    pub fn token(&self, artifact: Artifact) -> Option<&'a TokenRecord> {
        let mut tokens = self.tokens.iter();
        tokens.find(|record| record.artifact.kin() == artifact)
    }

    /// Returns a token of this step, else the newest of that kind from before.
    pub fn known(&self, artifact: Artifact) -> Option<&'a TokenRecord> {
        self.token(artifact).or_else(|| self.before(artifact))
    }

    /// Returns the newest token of that kind from before this attempt.
    pub fn before(&self, artifact: Artifact) -> Option<&'a TokenRecord> {
        self.past
            .iter()
            .rev()
            .flat_map(|past| past.tokens)
            .find(|record| record.artifact.kin() == artifact)
    }

    /// Returns the newest attempt of another step (or an earlier one of this step) that was sent.
    pub fn last(&self, step: &str) -> Option<&'a Past<'a>> {
        let mut past = self.past.iter().rev();
        past.find(|past| past.step.0 == step && !past.made.is_empty())
    }

    /// Returns the last main request that an earlier step sent.
    pub fn last_request(&self, step: &str) -> Option<&'a HttpRequest> {
        Some(main(self.last(step)?.made)?.request.http())
    }

    /// Returns every earlier main request of a step, oldest first.
    pub fn requests(&self, step: &str) -> Vec<&'a HttpRequest> {
        let past = self.past.iter().filter(|past| past.step.0 == step);
        past.filter_map(|past| Some(main(past.made)?.request.http()))
            .collect()
    }

    /// Takes a token in the form apart, under the parameter's name.
    pub fn sent_token(&self, name: &str) -> Option<Token> {
        self.form(name)
            .map(|text| Token::parse(&Secret::minted(name.replace('_', "-"), text)))
    }

    /// Takes the client assertion apart; its name in pointers is `client-assertion`.
    pub fn client_assertion(&self) -> Option<Token> {
        self.sent_token("client_assertion")
    }

    /// Returns client id and secret of a Basic header (RFC 6749 §2.3.1: form-encoded, then base64).
    pub fn basic(&self) -> Option<(String, String)> {
        let header = self.sent_header("authorization")?;
        let encoded = header.strip_prefix("Basic ")?;
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded.trim())
            .ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((form_decode(id), form_decode(secret)))
    }

    /// Returns the client that the request speaks for: by Basic, by assertion, or by `client_id`.
    pub fn client_id(&self) -> Option<String> {
        let assertion = || {
            let token = self.client_assertion()?;
            claims(&token).text("sub").map(str::to_owned)
        };
        self.basic()
            .map(|(id, _)| id)
            .or_else(assertion)
            .or_else(|| self.form("client_id"))
    }

    /// Returns a server's metadata: as this step's answer has it, else as discovery found it.
    pub fn metadata(&self, party: Party) -> Option<Cow<'a, ServerMetadata>> {
        let discovers = self.step_id().starts_with("discover-") && self.server() == party;
        let here = self.granted().filter(|_| discovers);
        here.map(|json| Cow::Owned(ServerMetadata(json)))
            .or_else(|| self.bag.metadata(party).map(Cow::Borrowed))
    }

    /// Returns a server's issuer: the profile's word, else its metadata's.
    pub fn issuer(&self, party: Party) -> Option<String> {
        let field = match party {
            Party::Idp => fields::IDP_ISSUER,
            Party::ResourceAs => fields::RESOURCE_AS_ISSUER,
            Party::ActorIssuer => fields::ACTOR_ISSUER_ISSUER,
            Party::Tts => fields::TTS_ISSUER,
            _ => return None,
        };
        let own = self.profile.text(field).map(str::to_owned);
        own.or_else(|| self.advertised_issuer(party))
    }

    /// Returns whose side the actor token is on: its issuer's where it came in this walk, else that of who handed it in.
    pub fn actors_side(&self) -> Party {
        if self.last("agent-token").is_some() {
            Party::ActorIssuer
        } else {
            Party::You
        }
    }

    /// Returns the issuer that a server's metadata names.
    pub fn advertised_issuer(&self, party: Party) -> Option<String> {
        self.metadata(party)?.text("issuer").map(str::to_owned)
    }

    /// Returns a field of the profile.
    pub fn text(&self, field: FieldPath) -> Option<&'a str> {
        self.profile.text(field)
    }

    /// Returns which of the profile's clients speaks at this step.
    pub fn side(&self) -> Option<Client> {
        Some(match self.step_id() {
            id if id.starts_with("exchange") && self.server() == Party::ResourceAs => {
                Client::ResourceAs
            }
            "redeem-code" | "device-token" | "refresh" | "authorize" => Client::Sso,
            "id-jag" | "saml-refresh" | "exchange" => Client::Agent,
            "agent-token" => Client::ActorIssuer,
            "jwt-bearer" => Client::ResourceAs,
            "txn-token" => Client::Tts,
            _ => return None,
        })
    }

    /// Tells whether this is a token request of another protocol that only looks alike: Microsoft's on-behalf-of
    /// (FACTS §4.6), to which no rule about ID-JAGs applies.
    pub fn is_on_behalf_of(&self) -> bool {
        self.form("requested_token_use").is_some()
    }

    /// Returns the authorization request that this step's code came of: the newest whose answer carried it.
    pub fn authorization(&self) -> Option<&'a HttpRequest> {
        let code = self.form("code")?;
        let asked = self
            .past
            .iter()
            .rev()
            .filter(|past| past.step.0 == "authorize");
        let mut asked = asked.filter_map(|past| main(past.made));
        asked
            .find(|exchange| match &exchange.outcome {
                Ok(Answer::Redirect(came)) => {
                    let answer = redirect::read(came.url.reveal());
                    answer.code.is_some_and(|came| came.reveal() == code)
                }
                _ => false,
            })
            .map(|exchange| exchange.request.http())
    }

    /// Tells whether the form fills a parameter in, if only with a secret that is fetched or made when it is sent.
    pub fn fills(&self, name: &str) -> bool {
        let form = self.http().and_then(HttpRequest::form);
        form.into_iter()
            .flat_map(|params| &params.0)
            .any(|(other, value)| {
                other == name && (value.secret().is_some() || !value.wire().is_empty())
            })
    }

    /// Returns which token of this walk a text is.
    pub fn held(&self, text: &str) -> Option<Artifact> {
        let before = self.past.iter().rev().flat_map(|past| past.tokens);
        let mut all = self.tokens.iter().chain(before);
        all.find(|record| record.token.raw.reveal() == text)
            .map(|record| record.artifact)
    }

    /// Takes the DPoP proof of the request apart; its name in pointers is `dpop`.
    pub fn sent_proof(&self) -> Option<Token> {
        self.sent_header("dpop")
            .map(|text| Token::parse(&Secret::minted("dpop", text)))
    }

    /// Returns the thumbprint of the key in the request's DPoP proof (RFC 9449 §4.2).
    pub fn proof_key(&self) -> Option<String> {
        let proof = self.sent_proof()?;
        thumbprint(header(&proof).0.get("jwk")?)
    }

    /// Returns the scheme of the `Authorization` header and the token that it carries.
    pub fn presented(&self) -> Option<(String, Token)> {
        let header = self.sent_header("authorization")?;
        let (scheme, token) = header.split_once(' ')?;
        let token = Token::parse(&Secret::minted("access-token", token.trim()));
        (!scheme.eq_ignore_ascii_case("basic")).then(|| (scheme.to_owned(), token))
    }

    /// Tells whether the client proves itself in the request, by whatever means. A credential that is read only when the
    /// step is sent counts.
    pub fn proves_itself(&self) -> bool {
        let Some(http) = self.http() else {
            return false;
        };
        let form = |name: &str| http.form().is_some_and(|form| form.get(name).is_some());
        let field = |name: &str| http.header(name).is_some();
        field("authorization")
            || field("oauth-client-attestation")
            || form("client_secret")
            || form("client_assertion")
            || (self.profile.text(fields::VARIANT) == Some("sole")
                && (form("client_instance_assertion") || form("actor_token")))
            || self
                .profile
                .secret(fields::NETWORK_CLIENT_CERTIFICATE)
                .is_some()
    }

    /// Returns every address that is known to be a server's token endpoint, without its query: the profile's word, and
    /// its metadata's.
    pub fn token_endpoints(&self, party: Party) -> Vec<String> {
        let field = match party {
            Party::Idp => fields::IDP_TOKEN_ENDPOINT,
            Party::ResourceAs => fields::RESOURCE_AS_TOKEN_ENDPOINT,
            Party::ActorIssuer => fields::ACTOR_ISSUER_TOKEN_ENDPOINT,
            Party::Tts => fields::TTS_TOKEN_ENDPOINT,
            _ => return Vec::new(),
        };
        let metadata = self.metadata(party);
        let member = |pointer: &str| metadata.as_ref()?.0.pointer(pointer)?.as_str();
        [
            self.profile.text(field),
            member("/token_endpoint"),
            member("/mtls_endpoint_aliases/token_endpoint"),
        ]
        .into_iter()
        .flatten()
        .map(|url| bare(url).to_owned())
        .collect()
    }

    /// Returns the address of the request without its query.
    pub fn address(&self) -> Option<&'a str> {
        Some(bare(&self.http()?.url))
    }
}

/// Returns a parameter of a request's address; one without a value counts as absent (RFC 6749 §3.1).
pub fn query_of(request: &HttpRequest, name: &str) -> Option<String> {
    let own = values(&request.query, name).into_iter().next();
    own.or_else(|| {
        let (_, query) = request.url.split_once('?')?;
        values(&Params::decode(query), name).into_iter().next()
    })
}

/// Tells whether two addresses have the same host; all names of this machine are one.
pub fn same_host(a: &str, b: &str) -> bool {
    let host = |text: &str| {
        let url = url::Url::parse(text).ok()?;
        let here = ["127.0.0.1", "[::1]", "localhost"].contains(&url.host_str()?);
        Some(if here { "localhost" } else { url.host_str()? }.to_owned())
    };
    host(a).is_some() && host(a) == host(b)
}

/// Returns an address without its query.
fn bare(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

/// Returns the thumbprint of the key that a token is bound to: `cnf.jkt` (RFC 9449 §6.1), else that of `cnf.jwk`.
pub fn bound_key(token: &Token) -> Option<String> {
    let cnf = claims(token).0.get("cnf")?;
    let jkt = cnf["jkt"].as_str().map(str::to_owned);
    jkt.or_else(|| thumbprint(cnf.get("jwk")?))
}

/// Tells whether a token says by its `typ` that it is of quite another kind than `own` (RFC 8725 §3.11).
pub fn is_another(token: &Token, own: &str) -> bool {
    const TYPES: &[&str] = &[
        "oauth-id-jag+jwt",
        "at+jwt",
        "dpop+jwt",
        "txntoken+jwt",
        "client-instance+jwt",
        "client-authentication+jwt",
    ];
    typ(token).is_some_and(|typ| typ != own && TYPES.contains(&typ.as_str()))
}

/// Returns the words of a scope: separated by spaces, or, as some servers write it, in a list.
pub fn scope_words(scope: Option<&Value>) -> Vec<&str> {
    match scope {
        Some(Value::String(text)) => text.split(' ').filter(|word| !word.is_empty()).collect(),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn values(params: &Params, name: &str) -> Vec<String> {
    params
        .0
        .iter()
        .filter(|(other, _)| other == name)
        .map(|(_, value)| value.wire())
        .filter(|value| !value.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_yet_to_come_fills_its_parameter() {
        let mut params = Params::default();
        params.push("client_assertion", Secret::minted("signed when sent", ""));
        params.push("scope", "");
        let request = Request::Http(HttpRequest::post_form("https://as.example/token", params));
        let (profile, bag, keys) = (Profile::default(), Bag::default(), KeySets::new());
        let subject = Subject {
            flow: DECODE,
            step: None,
            request: Some(&request),
            made: &[],
            tokens: &[],
            past: &[],
            profile: &profile,
            bag: &bag,
            keys: &keys,
            now: Timestamp::from_secs(0),
            revision: Revision::NEWEST,
        };
        assert!(subject.fills("client_assertion"));
        assert_eq!(subject.form("client_assertion"), None);
        assert!(
            !subject.fills("scope"),
            "without a value it counts as absent"
        );
    }
}
