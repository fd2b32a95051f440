//! The chain of actors in a token, and who is meant to be in it.

use serde_json::Value;

use crate::{flow::TokenRecord, lint::prelude::*};

/// What an authorization server lists that follows the actor profile (AP §10.1).
const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:actor-profile";

/// Every step that ends with a token that may say who acts for whom; refreshing passes it on unseen.
pub static ISSUING: &[&str] = &[
    "redeem-code",
    "device-token",
    "id-jag",
    "jwt-bearer",
    "agent-token",
    "exchange",
    "exchange-2",
    "exchange-3",
    "txn-token",
];

/// Returns every token of this step that has `act`.
pub fn carriers<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a TokenRecord> {
    let tokens = subject.tokens.iter();
    tokens.filter(|record| claims(&record.token).0.get("act").is_some())
}

/// Returns the token that this step was there for.
pub fn issued<'a>(subject: &Subject<'a>) -> Option<&'a TokenRecord> {
    use Artifact as A;
    let kinds = [
        A::IdJag,
        A::TxnToken,
        A::AccessToken,
        A::ActorToken,
        A::SsoAccessToken,
    ];
    kinds.into_iter().find_map(|kind| subject.token(kind))
}

/// Returns whose side a token's claims are on: the server that answered, else the one that issues such tokens.
pub fn owner(subject: &Subject<'_>, record: &TokenRecord) -> Party {
    // An agent writes its assertion itself.
    if record.artifact.kin() == Artifact::Assertion {
        return Party::You;
    }
    if subject.step.is_some() {
        return subject.server();
    }
    match record.artifact {
        Artifact::ActorToken => Party::ActorIssuer,
        artifact => match (artifact, record.token.kind()) {
            (Artifact::TxnToken, _) | (_, TokenKind::TxnToken) => Party::Tts,
            (Artifact::InstanceAssertion, _) | (_, TokenKind::InstanceAssertion) => {
                Party::InstanceIssuer
            }
            (Artifact::IdToken | Artifact::IdJag | Artifact::SsoAccessToken, _) => Party::Idp,
            _ => Party::ResourceAs,
        },
    }
}

/// Returns each level of a token's chain with its pointer, the outermost first; it ends where `act` is no object.
pub fn levels(token: &Token) -> Vec<(String, &Value)> {
    let mut levels = Vec::new();
    let mut pointer = String::new();
    let mut level = claims(token).0.get("act");
    while let Some(act) = level.filter(|act| act.is_object()) {
        pointer.push_str("/act");
        levels.push((pointer.clone(), act));
        level = act.get("act");
    }
    levels
}

/// Returns the subjects of a chain, the outermost first; nothing for a level without one.
pub fn names(token: &Token) -> Vec<Option<&str>> {
    let levels = levels(token);
    levels
        .into_iter()
        .map(|(_, act)| act.get("sub").and_then(Value::as_str))
        .collect()
}

/// Writes a chain as a sentence has it: `worker-b, before it orchestrator-a`.
pub fn told(names: &[Option<&str>]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.unwrap_or("?")).collect();
    names.join(", before it ")
}

/// Returns the actor that this request brings in: an actor token, or the client's own instance.
pub fn actor(subject: &Subject<'_>) -> Option<Token> {
    // On its own behalf an instance is no actor (CIA §8.6.3).
    if subject.form("grant_type").as_deref() == Some("client_credentials") {
        return None;
    }
    subject
        .sent_token("actor_token")
        .or_else(|| subject.sent_token("client_instance_assertion"))
}

/// Returns the token whose chain this request goes on from.
pub fn before(subject: &Subject<'_>) -> Option<Token> {
    subject
        .sent_token("subject_token")
        .or_else(|| subject.sent_token("assertion"))
}

/// Tells whether the actor profile is meant to hold: the profile walks it, or the server says so.
pub fn is_profiled(subject: &Subject<'_>) -> bool {
    let lists = |party| {
        subject.metadata(party).is_some_and(|metadata| {
            metadata
                .list("authorization_grant_profiles_supported")
                .is_some_and(|profiles| profiles.contains(&PROFILE))
        })
    };
    subject.flow == "actor-profile" || lists(subject.server())
}
