//! An agent's own assertion: signed here with the agent's key, and held against the keys that its issuer publishes.

use serde_json::{Value as Json, json};

use super::support::{self, ACTOR_ISSUER, Keys, RESOURCE_AS};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, TokenRecord,
        Verdict, Want,
        client_auth::{self, finish, merge},
    },
    profile::{AssertionAudience, FieldPath, Profile, Side, fields},
    protocol::{
        exchange::Request,
        http::HttpRequest,
        jwt::{Signature, Token, jose},
        keys::{Alg, PrivateKey, alg_name},
        metadata::Jwks,
        party::Party,
        pointer::Pointer,
        secret::Secret,
        time::Timestamp,
    },
};

/// How long an assertion lives, in seconds: minutes, as it is made for one exchange.
const LIFE: i64 = 300;

/// Who acts for whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Variant {
    /// The agent for itself.
    Agent,
    /// The agent for a person.
    Delegated,
    /// Three agents, one after the other, for a person.
    Nested,
}

/// Returns the variant that the profile asks for.
pub(super) fn variant(profile: &Profile) -> Variant {
    match profile.text(fields::VARIANT) {
        Some("agent") => Variant::Agent,
        Some("nested") => Variant::Nested,
        _ => Variant::Delegated,
    }
}

/// Returns the access token that the API is called with: that of the agent who acts last.
pub(super) fn last_token(profile: &Profile) -> Artifact {
    if profile.flow() == "assertion-exchange" && variant(profile) == Variant::Nested {
        Artifact::AccessToken3
    } else {
        Artifact::AccessToken
    }
}

/// The first agent's assertion, which the exchange is about.
pub static ASSERTION: Assertion = Assertion {
    info: StepInfo {
        id: StepId("assertion"),
        title: "Sign the agent’s assertion, and see whether its key is published",
        short: "Assertion",
        from: Party::Client,
        to: Party::ActorIssuer,
        needs: &[],
        gives: &[Artifact::Assertion],
        fields: &[
            fields::VARIANT,
            fields::ACTOR_ISSUER_ISSUER,
            fields::ACTOR_ISSUER_JWKS_URI,
            fields::ACTOR_ISSUER_AGENT,
            fields::ACTOR_ISSUER_SUBJECT,
            fields::ACTOR_ISSUER_PRIVATE_KEY,
            fields::ACTOR_ISSUER_KID,
            fields::ACTOR_ISSUER_ALG,
            fields::ACTOR_ISSUER_ASSERTION_AUDIENCE,
        ],
        spec: &["RFC 7523 §3", "RFC 8693 §4.1", "RFC 7517 §4.5"],
        why: "The agent says in a JWT of its own who it is, and for whom it acts: sub is the person, act the agent. \
              Nobody has to believe that but for the signature, so what counts is whether the authorization server finds \
              the key where the issuer publishes its keys. That is what is asked here; the signing itself needs no \
              network. Short-lived, and made out to one server: it is worthless anywhere else.",
        optional: false,
    },
    agent: Agent {
        hop: 1,
        artifact: Artifact::Assertion,
        name: fields::ACTOR_ISSUER_AGENT,
        key: fields::ACTOR_ISSUER_PRIVATE_KEY,
        kid: fields::ACTOR_ISSUER_KID,
    },
};

/// The second agent's assertion, which it acts with.
pub static ASSERTION_2: Assertion = Assertion {
    info: StepInfo {
        id: StepId("assertion-2"),
        title: "Sign the second agent’s assertion, with a key of its own",
        short: "Assertion 2",
        from: Party::Client,
        to: Party::ActorIssuer,
        needs: &[],
        gives: &[Artifact::Assertion2],
        fields: &[
            fields::ACTOR_ISSUER_AGENT_2,
            fields::ACTOR_ISSUER_PRIVATE_KEY_2,
            fields::ACTOR_ISSUER_KID_2,
            fields::ACTOR_ISSUER_JWKS_URI,
        ],
        spec: &["RFC 8693 §2.1", "RFC 7517 §4.5"],
        why: NEXT_WHY,
        optional: false,
    },
    agent: Agent {
        hop: 2,
        artifact: Artifact::Assertion2,
        name: fields::ACTOR_ISSUER_AGENT_2,
        key: fields::ACTOR_ISSUER_PRIVATE_KEY_2,
        kid: fields::ACTOR_ISSUER_KID_2,
    },
};

/// The third agent's assertion.
pub static ASSERTION_3: Assertion = Assertion {
    info: StepInfo {
        id: StepId("assertion-3"),
        title: "Sign the third agent’s assertion, with a key of its own",
        short: "Assertion 3",
        from: Party::Client,
        to: Party::ActorIssuer,
        needs: &[],
        gives: &[Artifact::Assertion3],
        fields: &[
            fields::ACTOR_ISSUER_AGENT_3,
            fields::ACTOR_ISSUER_PRIVATE_KEY_3,
            fields::ACTOR_ISSUER_KID_3,
            fields::ACTOR_ISSUER_JWKS_URI,
        ],
        spec: &["RFC 8693 §2.1", "RFC 7517 §4.5"],
        why: NEXT_WHY,
        optional: false,
    },
    agent: Agent {
        hop: 3,
        artifact: Artifact::Assertion3,
        name: fields::ACTOR_ISSUER_AGENT_3,
        key: fields::ACTOR_ISSUER_PRIVATE_KEY_3,
        kid: fields::ACTOR_ISSUER_KID_3,
    },
};

const NEXT_WHY: &str = "The next agent speaks for itself alone: its assertion is about nobody else and has no act, \
     because the exchange that follows puts it before those who acted so far. Its key may be new. A server that kept an \
     older key set fetches it once more when it meets a kid that it does not know: so keys are rotated without a word to \
     anybody, and an issuer publishes a new key before the first token is signed with it.";

/// Signs one agent's assertion.
pub struct Assertion {
    info: StepInfo,
    agent: Agent,
}

/// Which of several agents in a row.
struct Agent {
    hop: u8,
    artifact: Artifact,
    name: FieldPath,
    key: FieldPath,
    kid: FieldPath,
}

/// An assertion before it is signed.
struct Plan {
    header: Json,
    claims: Json,
    /// The key; none as long as it is only named.
    key: Option<(PrivateKey, Alg)>,
    expires: Timestamp,
}

impl Assertion {
    /// Says what is to be signed; what has to be fetched from outside first goes into `wants`.
    fn plan(&self, inputs: &Inputs<'_>, wants: &mut Vec<Want>) -> Result<Plan, Vec<Blocked>> {
        let mut blocked = Vec::new();
        let text = |field: FieldPath, blocked: &mut Vec<Blocked>| {
            let found = inputs.profile.text(field);
            if found.is_none() {
                blocked.push(Blocked::Missing(field.0.to_owned()));
            }
            found.unwrap_or_default()
        };
        let variant = variant(inputs.profile);
        let issuer = text(ACTOR_ISSUER.issuer, &mut blocked);
        let agent = text(self.agent.name, &mut blocked);
        let delegated = self.agent.hop == 1 && variant != Variant::Agent;
        let person = delegated.then(|| text(fields::ACTOR_ISSUER_SUBJECT, &mut blocked));
        let audience = audience(inputs).map_err(|why| blocked.push(why)).ok();
        // The algorithm of the profile is that of the first agent's key; each of the others signs as its key does.
        let first = self.agent.hop == 1;
        let alg = inputs.profile.text(fields::ACTOR_ISSUER_ALG);
        let key = client_auth::key(inputs, self.agent.key, alg.filter(|_| first), wants);
        let key = key.map_err(|why| blocked.extend(why)).ok();
        let (Some(audience), Some(key), true) = (audience, key, blocked.is_empty()) else {
            return Err(blocked);
        };
        let now = inputs.ink.now.secs();
        let step = self.info.id.0;
        let mut claims = json!({
            "iss": issuer,
            "sub": person.unwrap_or(agent),
            "aud": audience,
            "iat": now,
            "exp": now + LIFE,
            "jti": inputs.ink.token(&format!("assertion {step} {} {now}", inputs.sent)),
        });
        if delegated {
            claims["act"] = json!({ "sub": agent });
        }
        merge(&mut claims, &inputs.profile.step(step).claims);
        let mut header = json!({ "typ": "JWT" });
        if let Some((key, alg)) = &key {
            let named = inputs.profile.text(self.agent.kid).map(str::to_owned);
            header["alg"] = json!(alg_name(*alg));
            header["kid"] = json!(named.unwrap_or_else(|| key.kid()));
        }
        let expires = Timestamp::from_secs(claims["exp"].as_i64().unwrap_or(now + LIFE));
        Ok(Plan {
            header,
            claims,
            key,
            expires,
        })
    }

    /// Signs the assertion and holds it against the published keys.
    fn sign(&self, inputs: &Inputs<'_>, keys: &Keys) -> Result<(TokenRecord, Plan), Vec<Blocked>> {
        let plan = self.plan(inputs, &mut Vec::new())?;
        let field = self.agent.key.0;
        let Some((key, alg)) = &plan.key else {
            return Err(vec![Blocked::Missing(field.to_owned())]);
        };
        let jwt = jose::sign(&plan.header, &plan.claims, key, *alg)
            .map_err(|error| vec![Blocked::Invalid(field.to_owned(), error.0)])?;
        let raw = Secret::minted(self.agent.artifact.id(), jwt);
        let token = Token::parse(&raw);
        let record = TokenRecord {
            name: self.agent.artifact.id().to_owned(),
            artifact: self.agent.artifact,
            fingerprint: raw.fingerprint(&[]),
            signature: keys.check(&token),
            parent: None,
            gained: inputs.ink.now,
            expires: Some(plan.expires),
            token,
        };
        Ok((record, plan))
    }
}

impl Step for Assertion {
    fn info(&self) -> &'static StepInfo {
        // The values of this type are statics; the table is the only place that makes them.
        match self.agent.hop {
            1 => &ASSERTION.info,
            2 => &ASSERTION_2.info,
            _ => &ASSERTION_3.info,
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        self.agent.hop == 1 || variant(inputs.profile) == Variant::Nested
    }

    fn when(&self) -> Option<&'static str> {
        (self.agent.hop > 1).then_some("`variant` is `nested`")
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        // Whom it is made out to is known by the profile, or by that server's own word.
        let client = profile.client(Side::ActorIssuer);
        let known = match client.assertion_audience {
            AssertionAudience::Issuer => profile.text(RESOURCE_AS.issuer).is_some(),
            AssertionAudience::TokenEndpoint => profile.text(RESOURCE_AS.token).is_some(),
            AssertionAudience::Other(_) => true,
        };
        if known {
            Vec::new()
        } else {
            vec![Artifact::ResourceAsMetadata]
        }
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut wants = Vec::new();
        let mut blocked = Vec::new();
        let url = inputs.profile.text(ACTOR_ISSUER.jwks);
        if url.is_none() {
            blocked.push(Blocked::Missing(ACTOR_ISSUER.jwks.0.to_owned()));
        }
        let plan = self.plan(inputs, &mut wants);
        let plan = plan.map_err(|why| blocked.extend(why)).ok();
        let (Some(url), Some(plan)) = (url, plan) else {
            return Err(blocked);
        };
        let draft = Draft {
            request: Request::Http(HttpRequest::get(url, "application/json")),
            notes: vec![(Pointer::Url, self.note(inputs, &plan))],
            wants,
            resolved: vec![(ACTOR_ISSUER.jwks, url.to_owned())],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let exchange = support::main(made).expect("a step is read after its main exchange");
        if let Err(reading) = support::response(exchange) {
            return *reading;
        }
        let set = support::key_set(exchange);
        let keys = Keys {
            from: match &set {
                Ok(set) => set.url.clone(),
                Err(why) => why.clone(),
            },
            set: set.ok(),
            fetched: true,
        };
        let (record, plan) = match self.sign(inputs, &keys) {
            Ok(signed) => signed,
            Err(blocked) => {
                let why: Vec<String> = blocked.iter().map(ToString::to_string).collect();
                let says = format!("The assertion cannot be signed: {}", why.join("; "));
                return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
            }
        };
        let mut gained = vec![Gain::Held(
            record.artifact,
            record.token.raw.clone(),
            record.expires,
        )];
        gained.extend(keys.gain(Party::ActorIssuer));
        let mut says = told(&plan, &record.signature);
        let news = keys.set.as_ref().map(|set| news(inputs, &set.jwks, &plan));
        says.extend(news.flatten());
        let verdict = match &record.signature {
            Signature::Failed { why } => Verdict::Suspect(format!(
                "The signature of the assertion does not hold against the published keys: {why}."
            )),
            _ => Verdict::Done,
        };
        Reading {
            gained,
            tokens: vec![record],
            verdict,
            says: says.join(" "),
        }
    }
}

impl Assertion {
    /// Says what will be signed while the key set is fetched.
    fn note(&self, inputs: &Inputs<'_>, plan: &Plan) -> String {
        let Plan { header, claims, .. } = plan;
        let by = match (header["kid"].as_str(), header["alg"].as_str()) {
            (Some(kid), Some(alg)) => format!("with the key {kid} ({alg})"),
            _ => format!("with {}", self.agent.key),
        };
        let who = speaks(claims);
        let slides = if variant(inputs.profile) == Variant::Nested && self.agent.hop == 1 {
            " The slides print the whole chain into one assertion; each agent can only speak for itself, so here the \
             chain grows by one exchange an agent."
        } else {
            ""
        };
        format!(
            "The published keys of the issuer: the server that takes the assertion looks there, too. Signed here, {by}: \
             {who}, made out to {}, good for {LIFE} s.{slides}",
            text(&claims["aud"])
        )
    }
}

/// Whom assertions are made out to.
fn audience(inputs: &Inputs<'_>) -> Result<String, Blocked> {
    match inputs.profile.client(Side::ActorIssuer).assertion_audience {
        AssertionAudience::Other(text) => Ok(text),
        AssertionAudience::TokenEndpoint => RESOURCE_AS.token_endpoint(inputs),
        AssertionAudience::Issuer => match RESOURCE_AS.issuer(inputs) {
            "" => Err(Blocked::Missing(RESOURCE_AS.issuer.0.to_owned())),
            issuer => Ok(issuer.to_owned()),
        },
    }
}

/// `agent:worker speaks for itself`, `agent:calendar-bot acts for user:alice`.
fn speaks(claims: &Json) -> String {
    let sub = text(&claims["sub"]);
    match claims["act"]["sub"].as_str() {
        Some(agent) => format!("{agent} acts for {sub}"),
        None => format!("{sub} speaks for itself"),
    }
}

fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Says what was signed, and whether the server will find the key.
fn told(plan: &Plan, signature: &Signature) -> Vec<String> {
    let Plan { header, claims, .. } = plan;
    let who = speaks(claims);
    let (alg, kid) = (text(&header["alg"]), text(&header["kid"]));
    let signed = format!("Signed with {alg} and the key {kid}: {who}.");
    let found = match signature {
        Signature::Verified { from, .. } => format!(
            "The key is published at {from} and verifies the signature, so the server that takes the assertion can, too."
        ),
        Signature::Failed { why } => {
            format!("The signature fails against the published keys: {why}.")
        }
        Signature::NotChecked { why } => format!(
            "The signature could not be checked: {why}. The server that takes the assertion looks for the key there, too, \
             and will probably refuse."
        ),
    };
    vec![signed, found]
}

/// Says what changed in the key set since the assertion before.
fn news(inputs: &Inputs<'_>, now: &Jwks, plan: &Plan) -> Option<String> {
    let before = inputs.keys.get(&Party::ActorIssuer)?;
    let kids = |jwks: &Jwks| -> Vec<String> {
        let all = jwks.keys().filter_map(|key| key["kid"].as_str());
        all.map(str::to_owned).collect()
    };
    let (was, is) = (kids(&before.jwks), kids(now));
    let fresh: Vec<&str> = is
        .iter()
        .filter(|kid| !was.contains(kid))
        .map(String::as_str)
        .collect();
    let own = plan.header["kid"].as_str().unwrap_or_default();
    if fresh.is_empty() {
        return None;
    }
    let own = if fresh.contains(&own) {
        " This assertion is signed with a new one: a server that kept the older set meets a kid that it does not know, \
         and fetches the set once more."
    } else {
        ""
    };
    Some(format!(
        "The issuer has rotated its keys since: {} {} new.{own}",
        fresh.join(" and "),
        if fresh.len() == 1 { "is" } else { "are" }
    ))
}
