//! Whom a walk is about: what identifies the user and others of the tenant, which a shared screen must not show.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Session;
use crate::{
    profile::{FieldPath, FieldValue, Profile, fields},
    protocol::{
        exchange::{Answer, Exchange},
        http::{self, Params},
        secret::Secret,
    },
};

/// Where a member speaks of a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Where {
    /// Wherever it stands: in a token, an answer, a request.
    Anywhere,
    /// In a token, and in an object that has one of the others beside it; elsewhere the word means something else.
    OfPerson,
}

/// A member that identifies a person.
#[derive(Debug)]
pub struct Personal {
    /// The name of the claim, member or parameter.
    pub name: &'static str,
    /// Where it does.
    pub place: Where,
    /// Why it is masked.
    pub why: &'static str,
}

macro_rules! personal {
    ($($name:literal $place:ident $why:literal;)+) => {
        /// What is masked beside secrets while the screen is shared. Hosts, client ids, audiences, scopes and times are
        /// not: they are what one looks for, and they tell of nobody.
        pub static PERSONAL: &[Personal] =
            &[$(Personal { name: $name, place: Where::$place, why: $why },)+];
    };
}

personal! {
    "email" Anywhere "The user’s mail address.";
    "emails" Anywhere "Mail addresses of the user.";
    "mail" Anywhere "The mail address, as directories call it.";
    "preferred_username" Anywhere "What the user signs in with (OIDC §5.1).";
    "upn" Anywhere "What the user signs in with at Entra.";
    "userPrincipalName" Anywhere "The same, as its API calls it.";
    "unique_name" Anywhere "The same in older tokens.";
    "username" Anywhere "What the user signs in with (RFC 7662 §2.2).";
    "login" Anywhere "What the user signs in with, as Okta and others call it.";
    "login_hint" Anywhere "What the user signs in with, told to the IdP (OIDC §3.1.2.1).";
    "sub" Anywhere "The user’s id, which the tenant’s administrators can look up; also of whoever acts (RFC 8693 §4.1).";
    "aud_sub" Anywhere "The user’s id at the resource side (JAG §3.1).";
    "sub_id" Anywhere "The user by mail address, phone number or id (RFC 9493).";
    "oid" Anywhere "The user’s id in the directory of Entra.";
    "user_id" Anywhere "The user’s id, as many call it.";
    "uid" Anywhere "The user’s id, as Okta calls it.";
    "employee_number" Anywhere "The user’s number at the employer.";
    "given_name" Anywhere "A part of the user’s name.";
    "family_name" Anywhere "A part of the user’s name.";
    "middle_name" Anywhere "A part of the user’s name.";
    "nickname" Anywhere "What the user is called.";
    "displayName" Anywhere "The user’s name, as directories call it.";
    "full_name" Anywhere "The user’s name.";
    "phone_number" Anywhere "The user’s phone number.";
    "birthdate" Anywhere "When the user was born.";
    "ipaddr" Anywhere "From where the user came, as Entra tells.";
    "req_ip" Anywhere "From where the user came, in a transaction token’s context.";
    "name" OfPerson "The user’s name; in an API’s answer many things have one.";
    "address" OfPerson "Where the user lives (OIDC §5.1.1).";
    "profile" OfPerson "The user’s page.";
    "picture" OfPerson "The user’s picture.";
    "website" OfPerson "The user’s site.";
    "gender" OfPerson "The user’s gender.";
}

/// Finds what is known of a member.
pub fn personal(name: &str) -> Option<&'static Personal> {
    PERSONAL.iter().find(|entry| entry.name == name)
}

/// Returns what is told of people in a walk, its profile and what is imported, each under the name it was told by.
///
/// A value that is an issuer, audience or client id, too, is left out: an agent is no person.
pub fn people<'a>(
    session: &Session,
    imported: impl IntoIterator<Item = (FieldPath, &'a FieldValue)>,
) -> Vec<Secret> {
    let mut seen = Seen::default();
    seen.profile(&session.profile);
    for (path, value) in imported {
        seen.field(path, value);
    }
    for state in &session.walk.steps {
        let attempts = || state.attempts.iter();
        let tokens = attempts().flat_map(|attempt| &attempt.tokens);
        for record in state.given.iter().chain(tokens) {
            if let Some(claims) = &record.token.claims.json {
                seen.member_of(claims, true);
                seen.parties(claims);
            }
        }
        for made in attempts().flat_map(|attempt| &attempt.made) {
            seen.exchange(&made.exchange);
        }
        if let Some(Ok(draft)) = &state.draft {
            seen.request(draft.request.http());
        }
        if let Some(going) = &state.going
            && let super::What::Sending(_, request) = &going.what
        {
            seen.request(request.http());
        }
    }
    let Seen { told, open } = seen;
    let mut known = BTreeSet::new();
    told.into_iter()
        .filter(|(_, value)| !open.contains(value) && known.insert(value.clone()))
        .map(|(name, value)| Secret::typed(name, value))
        .collect()
}

/// What was come by.
#[derive(Default)]
struct Seen {
    told: Vec<(String, String)>,
    /// What stays readable.
    open: BTreeSet<String>,
}

impl Seen {
    fn tell(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && !value.starts_with('‹') {
            self.told.push((name.to_owned(), value.to_owned()));
        }
    }

    fn profile(&mut self, profile: &Profile) {
        for field in fields::FIELDS {
            if let Some(value) = profile.own(field.path) {
                self.field(field.path, value);
            }
        }
        for (_, overrides) in profile.steps() {
            self.pairs(&overrides.params);
            self.pairs(&overrides.headers);
            for (name, value) in &overrides.claims {
                self.named(name, value, true);
            }
        }
    }

    fn field(&mut self, path: FieldPath, value: &FieldValue) {
        match value {
            FieldValue::Map(pairs) => self.pairs(pairs),
            FieldValue::Text(text) if path == fields::ACTOR_ISSUER_SUBJECT => {
                self.tell("sub", text);
            }
            FieldValue::Text(text) => {
                self.text(text);
                if OPEN_FIELDS.contains(&path.key()) {
                    self.open.insert(text.trim().to_owned());
                }
            }
            FieldValue::List(texts) if OPEN_FIELDS.contains(&path.key()) => {
                self.open.extend(texts.iter().cloned());
            }
            _ => {}
        }
    }

    fn pairs(&mut self, pairs: &[(String, String)]) {
        for (name, value) in pairs {
            self.pair(name, value);
        }
    }

    /// A parameter or header.
    fn pair(&mut self, name: &str, value: &str) {
        match personal(name) {
            Some(entry) if entry.place == Where::Anywhere => self.tell(name, value),
            _ => self.text(value),
        }
    }

    /// A text that may be JSON.
    fn text(&mut self, text: &str) {
        if text.trim_start().starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str(text)
        {
            self.member_of(&json, false);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        self.request(exchange.request.http());
        match &exchange.outcome {
            Ok(Answer::Http(response)) => {
                if let Ok(json) = response.json() {
                    self.member_of(&json, false);
                }
            }
            Ok(Answer::Redirect(arrived)) => {
                for hop in &arrived.hops {
                    self.address(&hop.url);
                }
            }
            Err(_) => {}
        }
    }

    fn request(&mut self, http: &http::HttpRequest) {
        self.address(&http.url);
        for (name, value) in &http.query.0 {
            self.value(name, value);
        }
        match http.form() {
            Some(form) => {
                for (name, value) in &form.0 {
                    self.value(name, value);
                }
            }
            None => self.text(&http.body_text().unwrap_or_default()),
        }
    }

    fn value(&mut self, name: &str, value: &http::Value) {
        if let http::Value::Plain(text) = value {
            self.pair(name, text);
        }
    }

    fn address(&mut self, address: &str) {
        if let Some((_, query)) = address.split_once('?') {
            let query = query.split('#').next().unwrap_or_default();
            for (name, value) in &Params::decode(query).0 {
                self.value(name, value);
            }
        }
    }

    /// Goes through JSON; `of_person` says that it is the claims of a token.
    fn member_of(&mut self, json: &Value, of_person: bool) {
        match json {
            Value::Object(members) => {
                let tells = |name: &String| {
                    personal(name).is_some_and(|entry| entry.place == Where::Anywhere)
                };
                let of_person = of_person || members.keys().any(tells);
                for (name, value) in members {
                    self.named(name, value, of_person);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.member_of(item, of_person);
                }
            }
            _ => {}
        }
    }

    fn named(&mut self, name: &str, value: &Value, of_person: bool) {
        match personal(name) {
            Some(entry) if of_person || entry.place == Where::Anywhere => self.leaves(name, value),
            _ => self.member_of(value, false),
        }
    }

    /// Takes every text in a value that is about a person, but for what says how it is written.
    fn leaves(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => self.tell(name, text),
            Value::Number(number) => self.tell(name, &number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.leaves(name, item)),
            Value::Object(members) => {
                let own = members
                    .iter()
                    .filter(|(member, _)| !matches!(member.as_str(), "format" | "iss"));
                own.for_each(|(_, value)| self.leaves(name, value));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Takes who issued a token, for whom, and which client holds it.
    fn parties(&mut self, claims: &Value) {
        let Value::Object(members) = claims else {
            return;
        };
        for name in ["iss", "aud", "client_id", "azp"] {
            match members.get(name) {
                Some(Value::String(text)) => drop(self.open.insert(text.clone())),
                Some(Value::Array(items)) => {
                    let texts = items.iter().filter_map(Value::as_str);
                    self.open.extend(texts.map(str::to_owned));
                }
                _ => {}
            }
        }
    }
}

/// Fields of the profile that name servers and clients.
const OPEN_FIELDS: &[&str] = &[
    "client_id",
    "issuer",
    "audience",
    "resource",
    "url",
    "agent",
    "agent_2",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(json: &Value, of_person: bool) -> Vec<(String, String)> {
        let mut seen = Seen::default();
        seen.member_of(json, of_person);
        seen.told.sort();
        seen.told
    }

    #[test]
    fn a_name_is_a_persons_only_beside_what_else_is() {
        let things = json!({ "todos": [{ "name": "Water the plants" }], "user": { "sub": "u-7" } });
        assert_eq!(told(&things, false), [("sub".into(), "u-7".into())]);
        let person = json!({ "name": "Alice Abel", "email": "alice@acme.example" });
        assert_eq!(told(&person, false).len(), 2);
    }

    #[test]
    fn whoever_acts_is_told_of_however_deep_and_a_subject_identifier_whole() {
        let claims = json!({
            "act": { "sub": "admin-3", "act": { "sub": "helpdesk-9" } },
            "sub_id": { "format": "phone_number", "phone_number": "+12065550100" },
            "address": { "locality": "Ghent" }, "exp": 5,
        });
        let values: Vec<String> = told(&claims, true)
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(values, ["Ghent", "admin-3", "helpdesk-9", "+12065550100"]);
    }
}
