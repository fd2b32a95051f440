//! What a profile says about single steps: anything extra or instead, as sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The overrides of one step: `[step.ID]`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct StepOverrides {
    /// Parameters of the request.
    pub params: Vec<(String, String)>,
    /// Headers of the request.
    pub headers: Vec<(String, String)>,
    /// Claims of the assertion that the step signs.
    pub claims: Map<String, Value>,
}

impl StepOverrides {
    /// Tells whether nothing is overridden.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty() && self.headers.is_empty() && self.claims.is_empty()
    }

    /// Sets one entry; in params and headers it takes the place of all of that name.
    pub fn set(&mut self, part: StepPart, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match part {
            StepPart::Params => put(&mut self.params, key, &value),
            StepPart::Headers => put(&mut self.headers, key, &value),
            StepPart::Claims => {
                self.claims.insert(key.to_owned(), value);
            }
        }
    }
}

/// Which table inside `[step.ID]`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StepPart {
    /// Parameters of the request.
    Params,
    /// Headers of the request.
    Headers,
    /// Claims of the assertion that the step signs.
    Claims,
}

impl StepPart {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Params, Self::Headers, Self::Claims];

    /// Returns its key in the file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Headers => "headers",
            Self::Claims => "claims",
        }
    }

    /// Finds the part of that key.
    pub fn find(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.key() == key)
    }
}

fn put(pairs: &mut Vec<(String, String)>, key: &str, value: &Value) {
    let texts: Vec<String> = match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        value => vec![plain(value)],
    };
    let at = pairs
        .iter()
        .position(|(name, _)| name == key)
        .unwrap_or(pairs.len());
    pairs.retain(|(name, _)| name != key);
    let at = at.min(pairs.len());
    pairs.splice(at..at, texts.into_iter().map(|text| (key.to_owned(), text)));
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
