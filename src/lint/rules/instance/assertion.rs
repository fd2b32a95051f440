//! The client instance assertion that a rule looks at, and what the client publishes about its instances.

use serde_json::Value;

use crate::{flow::Made, lint::prelude::*, protocol::metadata::ServerMetadata};

/// The token type of an instance assertion (CIA §13.1).
pub const TYPE: &str = "urn:ietf:params:oauth:token-type:client-instance-jwt";

/// What it is called where it has a parameter of its own (CIA-01 §4.1).
pub const PARAM: &str = "client_instance_assertion";

/// Every step to which an instance may bring its assertion.
pub static REQUESTS: &[&str] = at::TOKEN_ENDPOINT;

/// The same, the step that mints it, and one looked at alone.
pub static STEPS: &[&str] = &[
    "instance-assertion",
    "redeem-code",
    "device-token",
    "refresh",
    "id-jag",
    "jwt-bearer",
    "agent-token",
    "exchange",
    "exchange-2",
    "exchange-3",
    DECODE,
];

/// An instance assertion, taken apart.
pub struct Assertion {
    /// The parameter that carries it; empty where none does.
    pub param: &'static str,
    /// The name for pointers.
    pub name: String,
    /// The assertion.
    pub token: Token,
}

impl Assertion {
    /// Finds the assertion of the request, the one that was minted, or the one that was handed in.
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        presented(subject).or_else(|| {
            let mut tokens = subject.tokens.iter();
            let record = tokens.find(|record| {
                record.artifact == Artifact::InstanceAssertion
                    || record.token.kind() == TokenKind::InstanceAssertion
            })?;
            Some(Self {
                param: "",
                name: record.name.clone(),
                token: record.token.clone(),
            })
        })
    }

    /// Points to a claim.
    pub fn claim(&self, pointer: &str) -> Pointer {
        Pointer::Claim(self.name.clone(), pointer.to_owned())
    }

    /// Returns the thumbprint in `cnf`.
    pub fn jkt(&self) -> Option<&str> {
        claims(&self.token).0.get("cnf")?.get("jkt")?.as_str()
    }
}

/// Finds the assertion in the request: under its own name, or as an actor token that says so by its type or its `typ`.
pub fn presented(subject: &Subject<'_>) -> Option<Assertion> {
    let own = subject.sent_token(PARAM).map(|token| (PARAM, token));
    let (param, token) = own.or_else(|| {
        let token = subject.sent_token("actor_token")?;
        let is_one = subject.form("actor_token_type").as_deref() == Some(TYPE)
            || token.kind() == TokenKind::InstanceAssertion;
        is_one.then_some(("actor_token", token))
    })?;
    Some(Assertion {
        param,
        name: param.replace('_', "-"),
        token,
    })
}

/// Returns the metadata of the server of this step; of a flow with one server, wherever that was discovered.
pub fn server<'a>(subject: &Subject<'a>) -> Option<std::borrow::Cow<'a, ServerMetadata>> {
    subject.metadata(subject.server()).or_else(|| {
        let alone = subject.last("discover-as").is_some();
        subject.metadata(Party::ResourceAs).filter(|_| alone)
    })
}

/// Returns the client's metadata document, when the walk fetched it (CIMD §4).
pub fn client(subject: &Subject<'_>, id: &str) -> Option<Value> {
    let past = subject.past.iter().flat_map(|past| past.made);
    let all: Vec<&Made> = past.chain(subject.made).collect();
    all.into_iter().rev().find_map(|made| {
        let answer = made.exchange.response()?;
        if made.exchange.request.http().method != "GET" || answer.status != 200 {
            return None;
        }
        // An API may name the client, too; the document is what stands at the client's own address.
        let here = made.exchange.request.http().address() == id;
        answer.json().ok().filter(|_| here)
    })
}

/// Returns the client that the assertion is presented for, else the one that it names.
pub fn client_id(subject: &Subject<'_>, assertion: &Assertion) -> Option<String> {
    let named = || {
        claims(&assertion.token)
            .text("client_id")
            .map(str::to_owned)
    };
    subject.client_id().or_else(named)
}

/// Returns the descriptor of the assertion's issuer (CIA §6.1.1); `None` while the client's metadata is not known, or
/// has none for it.
pub fn descriptor(subject: &Subject<'_>, assertion: &Assertion) -> Option<Value> {
    let iss = claims(&assertion.token).text("iss")?;
    let json = client(subject, &client_id(subject, assertion)?)?;
    let mut all = json["instance_issuers"].as_array()?.iter();
    all.find(|one| one["issuer"].as_str() == Some(iss)).cloned()
}

/// Whether an assertion may be a plain JWT-SVID (CIA §8.8.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// It has its own `typ`, `client_id` and `cnf`.
    Typed,
    /// It is a JWT-SVID, and needs none of them.
    Spiffe,
    /// It looks like one, and whether it may be one only the client's metadata tells.
    Open,
}

/// Tells which of them holds.
pub fn mode(subject: &Subject<'_>, assertion: &Assertion) -> Mode {
    let svid = claims(&assertion.token)
        .text("sub")
        .is_some_and(|sub| sub.starts_with("spiffe://"));
    match descriptor(subject, assertion) {
        Some(one) if one["subject_syntax"] == "spiffe" && svid => Mode::Spiffe,
        None if svid => Mode::Open,
        _ => Mode::Typed,
    }
}

/// The access token that an assertion was presented for.
pub fn access_token<'a>(subject: &Subject<'a>) -> Option<&'a crate::flow::TokenRecord> {
    subject
        .token(Artifact::AccessToken)
        .or_else(|| subject.token(Artifact::SsoAccessToken))
        .or_else(|| subject.token(Artifact::ActorToken))
}
