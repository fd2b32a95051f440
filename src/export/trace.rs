//! A stored walk: everything that was seen, without a secret; it opens in the screen and is a test fixture.

use std::{fmt, sync::Arc};

use serde_json::{Value as Json, json};

use super::{TOOL, mask};
use crate::{
    flow::{Blocked, StepId, flows},
    profile::{FieldPath, FieldValue, Profile, SecretSource},
    protocol::{exchange::Answer, secret::Secret},
    session::{Session, Vault, Walk},
};

/// The form of trace that is written, and the newest that is read.
const SCHEMA: u64 = 1;

/// Why a text is no trace that can be opened; a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TraceError(pub String);

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TraceError {}

/// Writes a walk as JSON: what was decoded and found out stays, every secret is masked, the seed is left out.
pub fn write(session: &Session) -> String {
    let walk = mask::masked(session);
    let mut stored = json!(walk);
    for (index, state) in walk.steps.iter().enumerate() {
        let step = &mut stored["steps"][index];
        if let Some(Err(blocked)) = &state.draft {
            step["blocked"] = json!(blocked);
        }
        // Only the code in it is a secret; as one it would be masked whole.
        for (number, attempt) in state.attempts.iter().enumerate() {
            for (place, made) in attempt.made.iter().enumerate() {
                if let Ok(Answer::Redirect(redirect)) = &made.exchange.outcome {
                    let outcome =
                        &mut step["attempts"][number]["made"][place]["exchange"]["outcome"];
                    outcome["Ok"]["redirect"]["url"] =
                        Json::from(session.vault.mask_inside(&redirect.url));
                }
            }
        }
    }
    let trace = json!({
        "schema": SCHEMA,
        "tool": TOOL,
        "flow": session.flow.id.0,
        "profile": profile(&session.profile, &session.vault),
        "walk": stored,
    });
    let mut text = serde_json::to_string_pretty(&trace).unwrap_or_default();
    text.push('\n');
    text
}

/// Opens a stored walk; nothing can be sent from it.
///
/// # Errors
/// What the text is instead of a trace, or which part of it is not known here.
pub fn read(text: &str) -> Result<Session, TraceError> {
    let mut trace: Json = serde_json::from_str(text)
        .map_err(|error| TraceError(format!("This is no trace: it is not JSON ({error}).")))?;
    let schema = trace["schema"]
        .as_u64()
        .filter(|_| trace["walk"].is_object());
    match schema {
        Some(SCHEMA) => {}
        Some(newer) if newer > SCHEMA => {
            let tool = trace["tool"].as_str().unwrap_or("a newer jagwalk");
            return Err(TraceError(format!(
                "The trace has the form {newer}, written by {tool}; expected {SCHEMA}. A newer jagwalk can read it."
            )));
        }
        _ => {
            return Err(TraceError(format!(
                "This is no trace: expected a JSON object with \"schema\": {SCHEMA} and a \"walk\"."
            )));
        }
    }
    let name = trace["flow"].as_str().unwrap_or_default().to_owned();
    let flow = flows::find(&name).ok_or_else(|| {
        TraceError(format!(
            "The trace is of a flow {name:?} that is not known here."
        ))
    })?;
    let profile: Profile = serde_json::from_value(trace["profile"].take()).map_err(|error| {
        TraceError(format!("The profile in the trace cannot be read: {error}."))
    })?;
    let stored = trace["walk"].take();
    let mut blocked: Vec<Option<Vec<Blocked>>> = Vec::new();
    for step in stored["steps"].as_array().into_iter().flatten() {
        let why = step
            .get("blocked")
            .cloned()
            .map(serde_json::from_value)
            .transpose();
        blocked.push(why.map_err(|error| {
            TraceError(format!("A step of the trace cannot be read: {error}."))
        })?);
    }
    let mut walk: Walk = serde_json::from_value(stored)
        .map_err(|error| TraceError(format!("The walk in the trace cannot be read: {error}.")))?;
    let expected: Vec<StepId> = flow.steps().map(|step| step.info().id).collect();
    let found: Vec<StepId> = walk.steps.iter().map(|state| state.id).collect();
    // A walk has the steps that it asked for, in the order of the flow.
    let mut rest = expected.iter();
    if found.is_empty() || !found.iter().all(|id| rest.any(|other| other == id)) {
        let list = |ids: &[StepId]| ids.iter().map(|id| id.0).collect::<Vec<_>>().join(", ");
        return Err(TraceError(format!(
            "The trace has other steps than the flow {name}: expected {}, received {}.",
            list(&expected),
            list(&found)
        )));
    }
    for (state, why) in walk.steps.iter_mut().zip(blocked) {
        state.draft = why.map(Err);
        for attempt in &mut state.attempts {
            for made in &mut attempt.made {
                if let Ok(Answer::Redirect(redirect)) =
                    &mut Arc::make_mut(&mut made.exchange).outcome
                {
                    redirect.url = redirect.url.named("redirect");
                }
            }
        }
    }
    Ok(Session::archived(flow, profile, walk))
}

/// The profile as it may be stored: where secrets come from, never what they are.
fn profile(profile: &Profile, vault: &Vault) -> Json {
    let mut stored = json!(profile);
    for section in ["values", "filled"] {
        for (path, value) in stored[section].as_object_mut().into_iter().flatten() {
            let inline = value.pointer("/secret/inline").is_some();
            strings(value, vault);
            if inline && let Some(shown) = secret(profile, path, vault) {
                value["secret"]["inline"] = Json::from(shown);
            }
        }
    }
    strings(&mut stored["steps"], vault);
    // Where the profile's folder is, is nobody's business.
    if let Some(members) = stored.as_object_mut() {
        members.remove("base");
    }
    stored
}

/// What is shown for a secret that stands in the profile itself.
fn secret(profile: &Profile, path: &str, vault: &Vault) -> Option<String> {
    match profile.own(FieldPath::find(path)?)? {
        FieldValue::Secret(SecretSource::Inline(secret)) if secret.is_empty() => {
            Some(String::new())
        }
        FieldValue::Secret(SecretSource::Inline(secret)) => {
            Some(vault.shown(&Secret::clone(secret)))
        }
        _ => None,
    }
}

/// Masks every text, but no name of a member: those are ours, or the profile's own keys.
fn strings(json: &mut Json, vault: &Vault) {
    match json {
        Json::String(text) => *text = vault.mask(text),
        Json::Array(items) => items.iter_mut().for_each(|item| strings(item, vault)),
        Json::Object(members) => members.values_mut().for_each(|value| strings(value, vault)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
