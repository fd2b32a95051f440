//! What the user told us: one tenant, grouped by party (INTERFACE §5).

use std::{collections::BTreeMap, path::PathBuf, sync::LazyLock, time::Duration};

use serde::{Deserialize, Serialize};

mod blank;
pub mod client;
pub mod doc;
mod edit;
pub mod fields;
pub mod import;
pub mod load;
mod mask;
mod splice;
pub mod step;
pub mod subject;
pub mod suggest;
pub mod template;
pub mod value;

pub use blank::blanks;
pub use client::{AssertionAudience, Auth, Client, Side};
pub use doc::ProfileDoc;
pub use fields::{Field, FieldPath, Kind};
pub use load::{Problem, load};
pub use mask::without_password;
pub use step::{StepOverrides, StepPart};
pub use subject::Subject;
pub use value::{FieldValue, SecretSource};

/// A tenant as its file describes it, with what the lab filled in.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Profile {
    /// The name it is opened by.
    pub name: String,
    /// The folder that relative `file` paths count from; none for standard input.
    pub base: Option<PathBuf>,
    values: BTreeMap<FieldPath, FieldValue>,
    filled: BTreeMap<FieldPath, FieldValue>,
    steps: BTreeMap<String, StepOverrides>,
    /// The flow that is walked, where that is another one than the file opens first.
    #[serde(default, skip)]
    walked: Option<&'static str>,
    /// Values that a template left open: they say nothing, and nothing is inherited in their place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    blanks: BTreeMap<FieldPath, FieldValue>,
}

/// Where the value in force comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The file, or an edit.
    Own,
    /// The lab filled it in.
    Filled,
    /// Another field, because this one is empty.
    Inherited(FieldPath),
    /// The field's default.
    Default,
    /// Nowhere: there is no value.
    Absent,
}

impl Profile {
    /// Makes an empty profile.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Returns the text in force: its own, else an inherited one, else the default; an empty text counts as absent.
    pub fn text(&self, field: FieldPath) -> Option<&str> {
        match self.source(field) {
            Some((_, value)) => value.as_text(),
            None => default(field),
        }
    }

    /// Returns what the file (or, where it is silent, the lab) says in this very field.
    pub fn own(&self, field: FieldPath) -> Option<&FieldValue> {
        let written = self.values.get(&field);
        match written {
            Some(value) if !value.is_empty() => Some(value),
            _ => self.filled.get(&field).or(written),
        }
    }

    /// Tells whether a secret stands in the profile's own text.
    pub fn holds_secrets(&self) -> bool {
        let mut values = self.values.values();
        values.any(|value| matches!(value, FieldValue::Secret(SecretSource::Inline(_))))
    }

    /// Tells whether a flag holds.
    pub fn flag(&self, field: FieldPath) -> bool {
        match self.source(field) {
            Some((_, FieldValue::Flag(flag))) => *flag,
            _ => default(field) == Some("true"),
        }
    }

    /// Returns the number in force.
    pub fn number(&self, field: FieldPath) -> Option<i64> {
        match self.source(field) {
            Some((_, FieldValue::Number(number))) => Some(*number),
            _ => default(field).and_then(|text| text.parse().ok()),
        }
    }

    /// Returns the texts in force; a single text is a list of one.
    pub fn list(&self, field: FieldPath) -> Vec<String> {
        match self.source(field) {
            Some((_, FieldValue::List(items))) => items
                .iter()
                .filter(|item| !item.is_empty())
                .cloned()
                .collect(),
            Some((_, value)) => value.as_text().map(str::to_owned).into_iter().collect(),
            None => default(field).map(str::to_owned).into_iter().collect(),
        }
    }

    /// Returns the pairs in force, in order.
    pub fn map(&self, field: FieldPath) -> &[(String, String)] {
        match self.source(field) {
            Some((_, FieldValue::Map(pairs))) => pairs,
            _ => &[],
        }
    }

    /// Returns where a secret in force comes from, and the field in which that is written.
    pub fn secret(&self, field: FieldPath) -> Option<(FieldPath, &SecretSource)> {
        match self.source(field)? {
            (place, FieldValue::Secret(source)) => Some((place, source)),
            _ => None,
        }
    }

    /// Returns the flow that is walked, else the one that the file opens first.
    pub fn flow(&self) -> &str {
        let written = || self.text(fields::FLOW).unwrap_or_default();
        self.walked.unwrap_or_else(written)
    }

    /// Says which flow is walked, whatever the file opens first.
    pub fn walk(&mut self, flow: &'static str) {
        self.walked = Some(flow);
    }

    /// Tells whether the API is an MCP server: as `api.kind` says, else as the flow has it.
    pub fn calls_mcp(&self) -> bool {
        match self.own(fields::API_KIND).and_then(FieldValue::as_text) {
            Some(kind) => kind == "mcp",
            None => self.flow() == "mcp",
        }
    }

    /// Returns what a lab's values go by: the flow, which is that of MCP where the API is an MCP server, and its variant.
    pub fn walked_as(&self) -> (&str, &str) {
        let flow = if self.calls_mcp() { "mcp" } else { self.flow() };
        (flow, self.text(fields::VARIANT).unwrap_or_default())
    }

    /// Tells whether the API is asked which authorization server it trusts (RFC 9728): as `api.discover` says; an MCP
    /// server always is, unless the profile says no.
    pub fn asks_api(&self) -> bool {
        match self.own(fields::API_DISCOVER) {
            Some(FieldValue::Flag(asks)) => *asks,
            _ => self.calls_mcp(),
        }
    }

    /// Returns how long one request may take.
    pub fn timeout(&self) -> Duration {
        self.text(fields::NETWORK_TIMEOUT)
            .and_then(edit::duration)
            .unwrap_or(Duration::from_secs(30))
    }

    /// Tells where the value in force comes from.
    pub fn origin(&self, field: FieldPath) -> Origin {
        match self.source(field) {
            Some((place, _)) if place != field => Origin::Inherited(place),
            Some(_) if says(&self.values, field).is_some() => Origin::Own,
            Some(_) => Origin::Filled,
            None if default(field).is_some() => Origin::Default,
            None => Origin::Absent,
        }
    }

    /// Tells whether the field has a value in force, of whatever kind.
    pub fn has(&self, field: FieldPath) -> bool {
        self.origin(field) != Origin::Absent
    }

    /// Says what a field holds, as the file would.
    pub fn set(&mut self, field: FieldPath, value: FieldValue) {
        self.blanks.remove(&field);
        if field.field().kind != Kind::LongText && !blank::of(&value).is_empty() {
            self.values.remove(&field);
            self.blanks.insert(field, value);
            return;
        }
        self.values.insert(field, value.fitted(field.field().kind));
    }

    /// Takes back what the file says in a field.
    pub fn unset(&mut self, field: FieldPath) {
        self.blanks.remove(&field);
        self.values.remove(&field);
    }

    /// Forgets what was filled in before, by a lab or by another flow.
    pub fn empty_fillings(&mut self) {
        self.filled.clear();
    }

    /// Takes back what was filled in.
    pub fn unfill(&mut self, field: FieldPath) {
        self.filled.remove(&field);
    }

    /// Fills in a value that holds only where the file says nothing (`lab = true`); it never reaches the file.
    pub fn fill(&mut self, field: FieldPath, value: FieldValue) {
        self.filled.insert(field, value.fitted(field.field().kind));
    }

    /// Returns the overrides of a step; empty when there are none.
    pub fn step(&self, step_id: &str) -> &StepOverrides {
        static NONE: LazyLock<StepOverrides> = LazyLock::new(StepOverrides::default);
        self.steps.get(step_id).unwrap_or(&NONE)
    }

    /// Returns the overrides of a step for change.
    pub fn step_mut(&mut self, step_id: &str) -> &mut StepOverrides {
        self.steps.entry(step_id.to_owned()).or_default()
    }

    /// Returns the steps that have overrides, by id.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &StepOverrides)> {
        self.steps
            .iter()
            .map(|(id, overrides)| (id.as_str(), overrides))
    }

    /// Returns the fields that a template left open, with the names of their blanks.
    pub fn blanks(&self) -> impl Iterator<Item = (FieldPath, Vec<String>)> {
        self.blanks.iter().map(|(field, value)| {
            let names = blank::of(value).into_iter().map(str::to_owned).collect();
            (*field, names)
        })
    }

    /// Returns the value of a field that a template left open, blanks included.
    fn unfilled(&self, field: FieldPath) -> Option<&FieldValue> {
        self.blanks.get(&field)
    }

    /// Tells whether something is said in this very field, by the file or the lab.
    fn has_own(&self, field: FieldPath) -> bool {
        self.own(field).is_some_and(|value| !value.is_empty())
    }

    /// Finds the value in force and the field it stands in; defaults stand nowhere.
    fn source(&self, field: FieldPath) -> Option<(FieldPath, &FieldValue)> {
        if let Some(value) = says(&self.values, field).or_else(|| says(&self.filled, field)) {
            return Some((field, value));
        }
        if self.blanks.contains_key(&field) {
            return None;
        }
        let parent = field.field().inherits?;
        self.may_inherit(field)
            .then(|| self.source(parent))
            .flatten()
    }

    /// Returns the field in which the value in force stands, or in which it would be written.
    fn place(&self, field: FieldPath) -> FieldPath {
        self.source(field).map_or(field, |(place, _)| place)
    }
}

fn says(values: &BTreeMap<FieldPath, FieldValue>, field: FieldPath) -> Option<&FieldValue> {
    values.get(&field).filter(|value| !value.is_empty())
}

/// The default of a field, or of the one it inherits.
fn default(field: FieldPath) -> Option<&'static str> {
    let field = field.field();
    match (field.default, field.inherits) {
        ("", None) => None,
        ("", Some(parent)) => default(parent),
        (text, _) => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    #[test]
    fn own_comes_before_inherited_and_inherited_before_default() {
        let mut profile = Profile::named("acme");
        assert_eq!(profile.text(fields::AGENT_AUDIENCE), None);
        assert_eq!(
            profile.text(fields::AGENT_ASSERTION_AUDIENCE),
            Some("issuer")
        );
        assert_eq!(profile.origin(fields::SSO_SCOPE), Origin::Default);
        profile.set(fields::RESOURCE_AS_ISSUER, text("https://as.example"));
        assert_eq!(
            profile.text(fields::AGENT_AUDIENCE),
            Some("https://as.example")
        );
        assert_eq!(
            profile.origin(fields::AGENT_AUDIENCE),
            Origin::Inherited(fields::RESOURCE_AS_ISSUER)
        );
        profile.set(fields::AGENT_AUDIENCE, text(""));
        assert_eq!(
            profile.text(fields::AGENT_AUDIENCE),
            Some("https://as.example")
        );
        profile.set(fields::AGENT_AUDIENCE, text("urn:as"));
        assert_eq!(profile.text(fields::AGENT_AUDIENCE), Some("urn:as"));
        profile.unset(fields::AGENT_AUDIENCE);
        assert_eq!(
            profile.text(fields::AGENT_AUDIENCE),
            Some("https://as.example")
        );
    }

    #[test]
    fn the_lab_fills_only_what_is_silent() {
        let mut profile = Profile::named("lab");
        profile.set(fields::IDP_ISSUER, text("https://mine.example"));
        profile.set(fields::SSO_CLIENT_ID, text(""));
        profile.fill(fields::IDP_ISSUER, text("http://127.0.0.1:1"));
        profile.fill(fields::SSO_CLIENT_ID, text("lab-client"));
        assert_eq!(
            profile.text(fields::IDP_ISSUER),
            Some("https://mine.example")
        );
        assert_eq!(profile.text(fields::SSO_CLIENT_ID), Some("lab-client"));
        assert_eq!(
            profile.own(fields::SSO_CLIENT_ID),
            Some(&text("lab-client"))
        );
        assert_eq!(profile.origin(fields::SSO_CLIENT_ID), Origin::Filled);
        profile.unset(fields::IDP_ISSUER);
        assert_eq!(profile.text(fields::IDP_ISSUER), Some("http://127.0.0.1:1"));
    }

    #[test]
    fn one_text_is_a_list_of_one() {
        let mut profile = Profile::named("acme");
        profile.set(fields::SSO_REDIRECT_URI, text("http://127.0.0.1:1/cb"));
        assert_eq!(
            profile.list(fields::SSO_REDIRECT_URI),
            ["http://127.0.0.1:1/cb"]
        );
        assert_eq!(
            profile.text(fields::SSO_REDIRECT_URI),
            Some("http://127.0.0.1:1/cb")
        );
        assert!(profile.list(fields::AGENT_RESOURCE).is_empty());
    }

    #[test]
    fn flags_numbers_and_times_have_their_defaults() {
        let mut profile = Profile::named("acme");
        assert!(!profile.flag(fields::LAB));
        assert_eq!(profile.number(fields::FORMAT), Some(1));
        assert_eq!(profile.timeout(), Duration::from_secs(30));
        profile.set(fields::LAB, FieldValue::Flag(true));
        profile.set(fields::NETWORK_TIMEOUT, text("2m"));
        assert!(profile.flag(fields::LAB));
        assert_eq!(profile.timeout(), Duration::from_secs(120));
    }

    #[test]
    fn a_profile_is_stored_without_its_secrets() {
        let mut profile = Profile::named("acme");
        profile.edit(fields::SSO_CLIENT_SECRET, "hunter2").unwrap();
        let stored = serde_json::to_string(&profile).unwrap();
        assert!(!stored.contains("hunter2"), "{stored}");
        let back: Profile = serde_json::from_str(&stored).unwrap();
        assert!(back.secret(fields::SSO_CLIENT_SECRET).is_some());
    }
}
