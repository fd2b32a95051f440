//! The token request of an instance: its assertion, its proof and the client's own credentials, for one access token.

use super::{
    instance_assertion::Variant,
    support::{self, IDP},
    user_tokens::{self, Expected, Nonce},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Origin, Reading, Step, StepId, StepInfo,
        TokenRecord, Verdict, client_auth::finish, dpop,
    },
    profile::{Profile, Side, fields},
    protocol::{
        exchange::{Purpose, Request},
        http::{HttpRequest, Params},
        jwt::{Signature, Token},
        oauth::urn,
        party::Party,
        pointer::Pointer,
        secret::Secret,
        time::Lifetime,
    },
};

/// A token that ends sooner than this counts as ended.
const SOON: Lifetime = Lifetime(60_000);

/// The parameter of the newer version (CIA-01 §4.1).
const OWN: &str = "client_instance_assertion";

const FIELDS: &[crate::profile::FieldPath] = &[
    fields::VARIANT,
    fields::INSTANCE_ISSUER_WIRE,
    fields::SSO_CLIENT_ID,
    fields::SSO_AUTH,
    fields::SSO_CLIENT_SECRET,
    fields::SSO_PRIVATE_KEY,
    fields::SSO_KID,
    fields::SSO_ALG,
    fields::SSO_ASSERTION_AUDIENCE,
    fields::SSO_SCOPE,
    fields::DPOP_MODE,
    fields::IDP_TOKEN_ENDPOINT,
];

/// The step that gets the first tokens.
pub static REDEEM_INSTANCE: RedeemInstance = RedeemInstance {
    info: StepInfo {
        id: StepId("redeem-code"),
        title: "Get the access token as this instance of the client",
        short: "Get the token",
        from: Party::Client,
        to: Party::Idp,
        needs: &[
            Artifact::IdpMetadata,
            Artifact::Code,
            Artifact::InstanceAssertion,
        ],
        gives: &[
            Artifact::AccessToken,
            Artifact::IdToken,
            Artifact::RefreshToken,
        ],
        fields: FIELDS,
        spec: &[
            "CIA §8.1",
            "CIA §8.2",
            "CIA §8.5",
            "CIA §8.6",
            "RFC 7636 §4.5",
            "RFC 9449 §5",
        ],
        why: "Three things are proven at once: the client by its own credentials, the instance by its assertion, and the \
              key in the assertion by the proof. The server finds the assertion’s issuer in the client’s metadata, checks \
              its word, and answers with a token that is about the user, names the instance in act, and is good only \
              with that key. With the variant self the grant is client_credentials and the token is about the instance; \
              with sole the assertion is the only credential.",
        optional: false,
    },
    renews: false,
};

/// The step that renews them.
pub static REFRESH_INSTANCE: RedeemInstance = RedeemInstance {
    info: StepInfo {
        id: StepId("refresh"),
        title: "Renew the access token as the same instance",
        short: "Refresh",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::RefreshToken],
        gives: &[
            Artifact::AccessToken,
            Artifact::IdToken,
            Artifact::RefreshToken,
        ],
        fields: FIELDS,
        spec: &["CIA §8.7", "RFC 6749 §6", "RFC 9449 §5"],
        why: "The refresh token is bound to the instance’s key like the access token, so only the same instance can use \
              it. A fresh assertion may come with it and then has to be about the same instance and key: send the step \
              instance-assertion again first, and this one carries what came of it.",
        optional: false,
    },
    renews: true,
};

/// Asks the token endpoint as an instance.
pub struct RedeemInstance {
    info: StepInfo,
    /// Whether a refresh token is handed in, in place of a code.
    renews: bool,
}

impl RedeemInstance {
    fn params(&self, inputs: &Inputs<'_>) -> Result<Params, Vec<Blocked>> {
        let mut params = Params::default();
        if self.renews {
            let Some(token) = inputs.bag.value(Artifact::RefreshToken) else {
                return Err(vec![Blocked::Needs(Artifact::RefreshToken)]);
            };
            params.push("grant_type", urn::REFRESH);
            params.push("refresh_token", token.clone());
            return Ok(params);
        }
        if Variant::of(inputs.profile) == Variant::Itself {
            params.push("grant_type", urn::CLIENT_CREDENTIALS);
            if let Some(scope) = own_scope(inputs.profile) {
                params.push("scope", scope);
            }
            return Ok(params);
        }
        let Some(code) = inputs.bag.value(Artifact::Code) else {
            return Err(vec![Blocked::Needs(Artifact::Code)]);
        };
        params.push("grant_type", urn::AUTHORIZATION_CODE);
        params.push("code", code.clone());
        let uri = inputs.bag.shown(Artifact::RedirectUri).map(str::to_owned);
        let own = || inputs.profile.list(fields::SSO_REDIRECT_URI).into_iter();
        if let Some(uri) = uri.or_else(|| own().next()) {
            params.push("redirect_uri", uri);
        }
        if let Some(verifier) = inputs.bag.value(Artifact::Verifier) {
            params.push("code_verifier", verifier.clone());
        }
        Ok(params)
    }

    /// Returns the assertion to send: always when there is nothing else, at a refresh only one that is still unused.
    fn assertion<'a>(&self, inputs: &Inputs<'a>) -> Option<&'a Secret> {
        let held = inputs.bag.held(Artifact::InstanceAssertion)?;
        (!self.renews || is_unused(inputs)).then_some(&held.value)
    }
}

/// Tells whether the assertion that is held was not shown yet: it is newer than the access token, and has not ended.
fn is_unused(inputs: &Inputs<'_>) -> bool {
    let Some(assertion) = inputs.bag.held(Artifact::InstanceAssertion) else {
        return false;
    };
    let token = inputs.bag.held(Artifact::AccessToken);
    token.is_none_or(|token| token.gained < assertion.gained)
        && assertion.expires.is_none_or(|end| end > inputs.ink.now)
}

/// What an instance may ask for itself: nobody signs in, so none of the words of a sign-in.
fn own_scope(profile: &Profile) -> Option<String> {
    const OF_USERS: &[&str] = &["openid", "email", "profile", "offline_access"];
    let words = profile.text(fields::SSO_SCOPE)?.split(' ');
    let own: Vec<&str> = words.filter(|word| !OF_USERS.contains(word)).collect();
    let scope = own.join(" ");
    (!scope.is_empty()).then_some(scope)
}

/// Puts the assertion where the version of the draft wants it; returns what there is to say of it.
fn carry(params: &mut Params, inputs: &Inputs<'_>, assertion: &Secret) -> (Pointer, String) {
    let metadata = inputs.bag.metadata(Party::Idp);
    let lists = metadata
        .and_then(|metadata| metadata.list("actor_token_types_supported"))
        .is_some_and(|types| types.contains(&urn::CLIENT_INSTANCE));
    let newer = metadata.and_then(|metadata| metadata.flag("client_instance_assertion_supported"))
        == Some(true);
    let field = fields::INSTANCE_ISSUER_WIRE;
    let (older, why) = match inputs.profile.text(field) {
        Some(wire) => (wire == "00", format!("{field} is {wire}")),
        None if newer => (
            false,
            "the server’s metadata has client_instance_assertion_supported".to_owned(),
        ),
        None if lists => (
            true,
            "the server’s metadata lists the type in actor_token_types_supported alone".to_owned(),
        ),
        None => (
            false,
            "the server’s metadata says nothing, and this is the newer form".to_owned(),
        ),
    };
    if older {
        params.push("actor_token", assertion.clone());
        params.push("actor_token_type", urn::CLIENT_INSTANCE);
        let says = format!("The assertion about this instance, as version -00 sends it: {why}.");
        return (Pointer::Form("actor_token".to_owned()), says);
    }
    params.push(OWN, assertion.clone());
    let says = format!("The assertion about this instance, as version -01 sends it: {why}.");
    (Pointer::Form(OWN.to_owned()), says)
}

impl Step for RedeemInstance {
    fn info(&self) -> &'static StepInfo {
        if self.renews {
            &REFRESH_INSTANCE.info
        } else {
            &REDEEM_INSTANCE.info
        }
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = Vec::new();
        if profile.text(fields::IDP_TOKEN_ENDPOINT).is_none() {
            needs.push(Artifact::IdpMetadata);
        }
        // A refresh token is there, else nothing asks for the renewal.
        if !self.renews {
            needs.push(Artifact::InstanceAssertion);
            if Variant::of(profile) != Variant::Itself {
                needs.push(Artifact::Code);
            }
        }
        needs
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        if !self.renews {
            return true;
        }
        let now = inputs.ink.now;
        let usable = inputs.bag.held(Artifact::RefreshToken);
        let usable =
            usable.is_some_and(|held| !held.foreign && held.expires.is_none_or(|end| end > now));
        let worn = inputs.bag.held(Artifact::AccessToken).is_none_or(|held| {
            held.origin != Origin::Given
                && (held.stale || held.expires.is_some_and(|end| end.since(now) < SOON))
        });
        // Where the assertion is the only credential, nothing goes without one.
        let proven = Variant::of(inputs.profile) != Variant::Sole || is_unused(inputs);
        usable && worn && proven
    }

    fn when(&self) -> Option<&'static str> {
        self.renews
            .then_some("the access token has ended or is stale, and a refresh token is there")
    }

    fn renews(&self) -> bool {
        self.renews
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let endpoint = IDP.token_endpoint(inputs).map_err(|why| vec![why]);
        let params = self.params(inputs);
        let assertion = self.assertion(inputs);
        let mut blocked = Vec::new();
        let sole = Variant::of(inputs.profile) == Variant::Sole;
        if assertion.is_none() && (sole || !self.renews) {
            blocked.push(Blocked::Needs(Artifact::InstanceAssertion));
        }
        let endpoint = endpoint.map_err(|why| blocked.extend(why)).ok();
        let params = params.map_err(|why| blocked.extend(why)).ok();
        let (Some(endpoint), Some(mut params), true) = (endpoint, params, blocked.is_empty())
        else {
            return Err(blocked);
        };
        let note = assertion.map(|assertion| carry(&mut params, inputs, assertion));
        let mut draft = if sole {
            alone(inputs, endpoint, params)?
        } else {
            IDP.asked(inputs, self.info.id, Side::Sso, endpoint, params)?
        };
        draft.notes.extend(note);
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let parent = if self.renews {
            Artifact::RefreshToken
        } else {
            Artifact::InstanceAssertion
        };
        let mut reading = read(inputs, made, parent);
        let spent = matches!(&reading.verdict,
            Verdict::Refused(error) if error.error.as_deref() == Some("invalid_grant"));
        if self.renews && spent {
            reading.gained.push(Gain::Spent(Artifact::RefreshToken));
            reading
                .says
                .push_str(" The refresh token is dropped; a new walk gives another.");
        }
        reading
    }
}

/// Drafts the request in which the assertion is the client's only credential (CIA §8.3).
fn alone(inputs: &Inputs<'_>, endpoint: String, mut params: Params) -> Result<Draft, Vec<Blocked>> {
    let client = inputs.profile.client(Side::Sso);
    let Some(id) = client.id else {
        return Err(vec![Blocked::Missing(client.id_field.0.to_owned())]);
    };
    params.push("client_id", id);
    let mut request = HttpRequest::post_form(&endpoint, params);
    let mut notes = vec![(
        Pointer::Form("client_id".to_owned()),
        format!(
            "From {}. No credential of the client stands beside it: the assertion proves both (CIA §8.3).",
            client.id_field
        ),
    )];
    notes.extend(dpop::prove(&mut request, inputs, None).map_err(|why| vec![why])?);
    Ok(Draft {
        request: Request::Http(request),
        notes,
        wants: Vec::new(),
        resolved: vec![(fields::IDP_TOKEN_ENDPOINT, endpoint)],
        made: inputs.ink.now,
    })
}

/// Reads the answer: the access token for the API, and what else came with it.
fn read(inputs: &Inputs<'_>, made: &[Made], parent: Artifact) -> Reading {
    let came = match support::token_answer(made, Party::Idp) {
        Ok(came) => came,
        Err(reading) => return *reading,
    };
    let answer = &came.answer;
    let Some(access) = &answer.access_token else {
        let says = "The answer has no access_token (RFC 6749 §5.1).".to_owned();
        return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
    };
    let all = [
        (Artifact::AccessToken, Some(access)),
        (Artifact::IdToken, answer.id_token.as_ref()),
        (Artifact::RefreshToken, answer.refresh_token.as_ref()),
    ];
    let parsed: Vec<Token> = all[..2]
        .iter()
        .filter_map(|(_, raw)| raw.map(Token::parse))
        .collect();
    let keys = IDP.keys(inputs, made);
    if let Some(fetch) = IDP.key_fetch(inputs, &keys, &parsed.iter().collect::<Vec<_>>()) {
        return Reading::bare(
            Verdict::Also(Purpose::Keys, fetch),
            "The server’s keys are fetched first.",
        );
    }
    let mut tokens = Vec::new();
    for (artifact, raw) in all {
        let Some(raw) = raw else { continue };
        let (signature, parent) = match artifact {
            Artifact::RefreshToken => (
                Signature::not_checked("a refresh token is opaque to the client"),
                parent,
            ),
            Artifact::IdToken => (keys.check(&Token::parse(raw)), Artifact::Code),
            _ => (keys.check(&Token::parse(raw)), parent),
        };
        tokens.push(support::record(
            artifact,
            raw,
            signature,
            Some(parent),
            &came,
        ));
    }
    let mut gained: Vec<_> = tokens.iter().map(support::gain).collect();
    gained.push(support::typed(&came));
    gained.extend(keys.gain(Party::Idp));
    let (verdict, says) = judge(inputs, &tokens, &came, parent);
    Reading {
        gained,
        tokens,
        verdict,
        says,
    }
}

fn judge(
    inputs: &Inputs<'_>,
    tokens: &[TokenRecord],
    came: &support::Tokens,
    parent: Artifact,
) -> (Verdict, String) {
    let typed = came.answer.token_type.as_deref();
    if let Some(says) = dpop::downgraded(inputs, typed) {
        return (Verdict::Rejected(vec![says.clone()]), says);
    }
    if let Signature::Failed { why } = &tokens[0].signature {
        return (
            Verdict::Suspect(format!("The signature of the access token failed: {why}.")),
            format!("An access token came, but its signature failed: {why}."),
        );
    }
    let mut user = String::new();
    let id_token = tokens
        .iter()
        .find(|record| record.artifact == Artifact::IdToken);
    if let Some(record) = id_token {
        let before = (parent == Artifact::RefreshToken)
            .then(|| inputs.bag.value(Artifact::IdToken))
            .flatten()
            .and_then(|raw| Token::parse(raw).claims.json);
        let nonce = inputs.bag.shown(Artifact::Nonce);
        let expected = Expected {
            nonce: match nonce {
                None => Nonce::Any,
                Some(nonce) if parent == Artifact::RefreshToken => Nonce::IfThere(nonce),
                Some(nonce) => Nonce::Exactly(nonce),
            },
            before: before.as_ref(),
        };
        match user_tokens::judge(inputs, record, expected, came.at) {
            (Verdict::Done, says) => user = format!(" {says}"),
            other => return other,
        }
    }
    let claims = tokens[0].token.claims.json.as_ref();
    let text = |pointer: &str| claims.and_then(|json| json.pointer(pointer)?.as_str());
    let who = match (text("/sub"), text("/act/sub")) {
        (Some(sub), Some(actor)) => format!(" It is about {sub}, and {actor} acts."),
        (Some(sub), None) => format!(" It is about {sub}, who acts for itself."),
        _ => String::new(),
    };
    let end = tokens[0].expires;
    let end = end.map_or_else(String::new, |end| {
        format!(" It ends {}.", end.after(came.at))
    });
    let says = format!(
        "An access token of type {} came; its signature is {}.{who}{end}{user}",
        typed.unwrap_or("unnamed"),
        super::issued::signature_words(&tokens[0].signature)
    );
    (Verdict::Done, says)
}
