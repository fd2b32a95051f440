//! What a profile lacks for a step, before anything is sent: the step is drafted with stand-ins for what the others gain.

use serde_json::json;

use super::{Bag, Blocked, Flow, Held, Ink, Inputs, KeySets, Nonces, Origin, Secrets, Step};
use crate::{
    profile::{FieldPath, FieldValue, Kind, Profile, SecretSource},
    protocol::{
        metadata::ServerMetadata,
        party::Party,
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
};

/// Returns every field that a step of a flow lacks or cannot use, whatever the other steps gain.
pub fn lacking(flow: &Flow, step: &dyn Step, profile: &Profile) -> Vec<Blocked> {
    let bag = stand_ins(flow);
    // A step names only what it stumbles on, so each gap is filled until it stumbles no more.
    let mut filled = profile.clone();
    let mut out: Vec<Blocked> = Vec::new();
    while let Err(blocked) = step.draft(&inputs(&filled, &bag)) {
        let fresh: Vec<Blocked> = blocked
            .into_iter()
            .filter(|why| !out.contains(why))
            .collect();
        if fresh.is_empty() {
            break;
        }
        for why in &fresh {
            if let Blocked::Missing(path) = why
                && let Some(field) = FieldPath::find(path)
            {
                filled.set(field, stand_in(field.field().kind));
            }
        }
        out.extend(fresh);
    }
    out
}

fn inputs<'a>(profile: &'a Profile, bag: &'a Bag) -> Inputs<'a> {
    static NO_KEYS: KeySets = KeySets::new();
    static NO_NONCES: Nonces = Nonces::new();
    static NO_SECRETS: Secrets = Secrets(std::collections::BTreeMap::new());
    Inputs {
        profile,
        bag,
        keys: &NO_KEYS,
        secrets: &NO_SECRETS,
        nonces: &NO_NONCES,
        listening: None,
        patience: Lifetime::from_secs(0),
        ink: Ink {
            now: Timestamp::from_secs(0),
            seed: [0; 32],
        },
        attempt: 1,
        sent: 0,
    }
}

/// All that the steps of a flow could gain.
fn stand_ins(flow: &Flow) -> Bag {
    const URL: &str = "https://stand-in.example";
    let mut bag = Bag::default();
    for party in [Party::Idp, Party::ResourceAs, Party::Api] {
        let metadata = json!({
            "issuer": URL, "authorization_endpoint": URL, "token_endpoint": URL, "jwks_uri": URL,
            "device_authorization_endpoint": URL, "authorization_servers": [URL],
        });
        bag.put_metadata(party, ServerMetadata(metadata));
    }
    for artifact in flow.steps().flat_map(|step| step.info().gives) {
        let held = Held {
            value: Secret::typed(artifact.id(), ""),
            origin: Origin::Given,
            gained: Timestamp::from_secs(0),
            expires: None,
            stale: false,
            foreign: false,
            suspect: None,
        };
        bag.put(*artifact, held);
    }
    bag
}

fn stand_in(kind: Kind) -> FieldValue {
    match kind {
        Kind::Secret => FieldValue::Secret(SecretSource::Env("STAND_IN".to_owned())),
        Kind::List => FieldValue::List(vec!["https://stand-in.example".to_owned()]),
        _ => FieldValue::Text("https://stand-in.example".to_owned()),
    }
}
