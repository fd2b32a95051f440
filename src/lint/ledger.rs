//! The claim ledger: what was asked, what each token says, and what became of it from one to the next.

use std::collections::BTreeSet;

use serde_json::Value;

use super::subject::{Past, claims, main};
use crate::{
    flow::{Artifact, Bag, TokenRecord},
    profile::{Profile, fields},
    protocol::{http::HttpRequest, jwt::Token, party::Party, secret::Secret, time::Timestamp},
};

/// What became of a value from one column to the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// There is nothing to compare it with.
    First,
    /// It is the same.
    Kept,
    /// It is a part of what was there.
    Narrowed,
    /// It was not there before, or is more than was there.
    Added,
    /// It was there before and is no more.
    Dropped,
    /// It is another, and may be.
    Changed,
    /// It is another, and must be the same.
    Contradictory,
}

impl Change {
    /// Returns its word; what needs none has none.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "",
            Self::Kept => "kept",
            Self::Narrowed => "narrowed",
            Self::Added => "added",
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Contradictory => "contradictory",
        }
    }
}

/// One cell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    /// What is there, as it is shown.
    pub value: Option<String>,
    /// What became of it.
    pub change: Change,
}

/// One column: a request, a token, or what the API says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Whether it only asks.
    pub asks: bool,
}

/// The grid: a row for each claim that any column has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger {
    /// The columns, in the order of the walk.
    pub columns: Vec<Column>,
    /// The rows: the claim's name and a cell for each column.
    pub rows: Vec<(&'static str, Vec<Cell>)>,
}

/// How the values of a row are compared.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// With what was asked: it must be the same.
    AsAsked,
    /// With what was asked: a set of words, which may shrink.
    Words,
    /// With the token before.
    AsBefore,
    /// Not at all.
    Alone,
}

/// The rows, in order.
const ROWS: &[(&str, How)] = &[
    ("iss", How::AsAsked),
    ("sub", How::AsBefore),
    ("email", How::AsBefore),
    ("sub_id", How::AsBefore),
    ("aud", How::AsAsked),
    ("client_id", How::AsAsked),
    ("azp", How::AsBefore),
    ("scope", How::Words),
    ("resource", How::AsAsked),
    ("authorization_details", How::AsBefore),
    ("act", How::AsBefore),
    ("cnf", How::AsBefore),
    ("tenant", How::AsBefore),
    ("jti", How::Alone),
    ("iat", How::Alone),
    ("exp", How::Alone),
];

/// A column with its values by name.
struct Source {
    column: Column,
    values: Vec<(&'static str, Value)>,
}

impl Source {
    fn get(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }
}

/// Lays the ledger of a walk out; steps that were sent several times speak by their newest attempt.
pub fn ledger(past: &[Past<'_>], profile: &Profile, bag: &Bag) -> Ledger {
    let sources = sources(past, profile, bag);
    let rows = ROWS
        .iter()
        .filter(|(name, _)| sources.iter().any(|source| source.get(name).is_some()))
        .map(|(name, how)| (*name, row(name, *how, &sources)))
        .collect();
    Ledger {
        columns: sources.into_iter().map(|source| source.column).collect(),
        rows,
    }
}

fn row(name: &str, how: How, sources: &[Source]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let value = source.get(name);
        let asked = (at > 0 && sources[at - 1].column.asks)
            .then(|| sources[at - 1].get(name))
            .flatten();
        let before = || {
            let mut tokens = sources[..at]
                .iter()
                .rev()
                .filter(|other| !other.column.asks);
            tokens.find_map(|other| other.get(name))
        };
        let first = !sources[..at].iter().any(|other| !other.column.asks);
        let change = match (source.column.asks, how) {
            (true, _) | (_, How::Alone) => Change::First,
            (false, How::AsBefore) if first => Change::First,
            (false, How::AsBefore) => compare(before(), value, Change::Changed),
            (false, How::AsAsked) => match asked {
                Some(asked) => compare(Some(asked), value, Change::Contradictory),
                // Each server speaks under its own name to its own audience: nothing was asked, nothing is lost.
                None if matches!(name, "iss" | "aud") => Change::First,
                None => compare(before(), value, Change::Changed),
            },
            (false, How::Words) => words(asked.or_else(before), value),
        };
        cells.push(Cell {
            value: value.map(|value| shown(name, value)),
            change,
        });
    }
    cells
}

/// A claim of two tokens, side by side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// What the first says, as it is shown.
    pub before: Option<String>,
    /// What the second says.
    pub now: Option<String>,
    /// What became of it.
    pub change: Change,
}

/// Compares the claims of a token with those of the token it was made from: the ledger's claims in its order, then all
/// others; what is another in every token is left out.
pub fn between(before: &Value, now: &Value) -> Vec<Compared> {
    let mut names: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    let members = [before, now].into_iter().filter_map(Value::as_object);
    let mut others: Vec<&str> = members
        .flat_map(|members| members.keys().map(String::as_str))
        .filter(|name| !names.contains(name) && !ALIASES.iter().any(|(_, other)| other == name))
        .collect();
    others.sort_unstable();
    others.dedup();
    names.extend(others);
    let how = |name: &str| {
        let known = ROWS.iter().find(|(other, _)| *other == name);
        known.map_or(How::AsBefore, |(_, how)| *how)
    };
    names
        .into_iter()
        .filter(|name| how(name) != How::Alone)
        .filter_map(|name| {
            let (before, now) = (claim(before, name), claim(now, name));
            before.or(now)?;
            let change = match how(name) {
                How::Words => words(before, now),
                _ => compare(before, now, Change::Changed),
            };
            let shown = |value: Option<&Value>| value.map(|value| shown(name, value));
            Some(Compared {
                name: name.to_owned(),
                before: shown(before),
                now: shown(now),
                change,
            })
        })
        .collect()
}

/// Vendors' names for the same thing.
const ALIASES: &[(&str, &str)] = &[("client_id", "cid"), ("scope", "scp")];

fn claim<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    let other = ALIASES.iter().find(|(known, _)| *known == name);
    claims
        .get(name)
        .or_else(|| claims.get(other.map(|(_, other)| *other)?))
}

fn compare(before: Option<&Value>, now: Option<&Value>, other: Change) -> Change {
    match (before, now) {
        (None, None) => Change::First,
        (None, Some(_)) => Change::Added,
        (Some(_), None) => Change::Dropped,
        (Some(before), Some(now)) if list(before) == list(now) => Change::Kept,
        (Some(_), Some(_)) => other,
    }
}

/// A text and a list of that one text are the same (RFC 7519 §4.1.3).
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

fn words(before: Option<&Value>, now: Option<&Value>) -> Change {
    let set = |value: &Value| -> BTreeSet<String> {
        list(value)
            .iter()
            .filter_map(Value::as_str)
            .flat_map(|text| text.split(' ').map(str::to_owned))
            .filter(|word| !word.is_empty())
            .collect()
    };
    match (before.map(set), now.map(set)) {
        (None, None) => Change::First,
        (None, Some(_)) => Change::Added,
        (Some(_), None) => Change::Dropped,
        (Some(before), Some(now)) if before == now => Change::Kept,
        (Some(before), Some(now)) if now.is_subset(&before) => Change::Narrowed,
        (Some(before), Some(now)) if now.is_superset(&before) => Change::Added,
        (Some(_), Some(_)) => Change::Changed,
    }
}

fn shown(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(" ")
        }
        Value::Number(number) if matches!(name, "exp" | "iat") => number.as_i64().map_or_else(
            || number.to_string(),
            |secs| Timestamp::from_secs(secs).to_string(),
        ),
        other => other.to_string(),
    }
}

fn sources(past: &[Past<'_>], profile: &Profile, bag: &Bag) -> Vec<Source> {
    let mut sources = Vec::new();
    for (artifact, title) in TOKENS {
        let newest = past.iter().rev().find_map(|past| {
            let mut tokens = past.tokens.iter();
            Some((past, tokens.find(|record| record.artifact == *artifact)?))
        });
        let Some((from, record)) = newest else {
            continue;
        };
        let request = main(from.made).map(|exchange| exchange.request.http());
        if let (Some(request), Some(title)) = (request, title) {
            sources.push(asked(*artifact, request, title, profile, bag));
        }
        sources.push(token(record));
    }
    sources.extend(echo(past));
    sources
}

/// The tokens that are made one from another, in order, each with the title of what was asked for it.
const TOKENS: &[(Artifact, Option<&str>)] = &[
    (Artifact::IdToken, Some("sign-in asks")),
    (Artifact::IdJag, Some("exchange asks")),
    (Artifact::AccessToken, Some("redemption asks")),
    (Artifact::AccessToken2, None),
    (Artifact::AccessToken3, None),
    (Artifact::TxnToken, None),
];

fn asked(
    artifact: Artifact,
    request: &HttpRequest,
    title: &str,
    profile: &Profile,
    bag: &Bag,
) -> Source {
    let form = |name: &str| -> Option<Value> {
        let all: Vec<Value> = request
            .form()?
            .0
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| Value::String(value.wire()))
            .collect();
        match all.len() {
            0 => None,
            1 => all.into_iter().next(),
            _ => Some(Value::Array(all)),
        }
    };
    let text = |field| {
        profile
            .text(field)
            .map(|text| Value::String(text.to_owned()))
    };
    let issuer = |party: Party, field| {
        let own = text(field);
        own.or_else(|| {
            let metadata = bag.metadata(party)?;
            metadata
                .text("issuer")
                .map(|text| Value::String(text.to_owned()))
        })
    };
    let resource = || {
        let all = profile.list(fields::AGENT_RESOURCE);
        (!all.is_empty()).then(|| match all.as_slice() {
            [one] => Value::String(one.clone()),
            many => many.iter().cloned().map(Value::String).collect(),
        })
    };
    let values: Vec<(&'static str, Option<Value>)> = match artifact {
        Artifact::IdToken => vec![
            ("iss", issuer(Party::Idp, fields::IDP_ISSUER)),
            ("aud", text(fields::SSO_CLIENT_ID)),
        ],
        Artifact::IdJag => vec![
            ("iss", issuer(Party::Idp, fields::IDP_ISSUER)),
            ("aud", form("audience")),
            ("client_id", text(fields::RESOURCE_AS_CLIENT_ID)),
            ("scope", form("scope")),
            ("resource", form("resource")),
            ("authorization_details", form("authorization_details")),
        ],
        _ => vec![
            ("iss", issuer(Party::ResourceAs, fields::RESOURCE_AS_ISSUER)),
            ("aud", resource()),
            ("client_id", text(fields::RESOURCE_AS_CLIENT_ID)),
            (
                "scope",
                form("scope").or_else(|| of_assertion(request, "scope")),
            ),
        ],
    };
    Source {
        column: Column {
            title: title.to_owned(),
            asks: true,
        },
        values: values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    }
}

/// A claim of the ID-JAG that is redeemed: without a `scope` of its own, the request asks for what it grants.
fn of_assertion(request: &HttpRequest, name: &str) -> Option<Value> {
    let raw = request.form()?.get("assertion")?.wire();
    let token = Token::parse(&Secret::minted("assertion", raw));
    claims(&token).0.get(name).cloned()
}

fn token(record: &TokenRecord) -> Source {
    let claims = claims(&record.token).0;
    let values = ROWS
        .iter()
        .filter_map(|(name, _)| Some((*name, claim(claims, name)?.clone())));
    Source {
        column: Column {
            title: record.artifact.name().to_owned(),
            asks: false,
        },
        values: values.collect(),
    }
}

/// What the API says of the token, where it answers with JSON that names such things.
fn echo(past: &[Past<'_>]) -> Option<Source> {
    let call = past.iter().rev().find(|past| past.step.0 == "call-api")?;
    let json = main(call.made)?.response()?.json().ok()?;
    let values: Vec<(&'static str, Value)> = ROWS
        .iter()
        .filter_map(|(name, _)| Some((*name, json.get(name)?.clone())))
        .collect();
    (!values.is_empty()).then(|| Source {
        column: Column {
            title: "the API says".to_owned(),
            asks: false,
        },
        values,
    })
}
