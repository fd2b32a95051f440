//! What every JWT has to pass, whoever takes it (RFC 8725 §3).

use serde_json::Value;

use super::refusal::{About, Refusal, must, received};
use crate::protocol::{
    jwt::{Claims, Signature, Token, jose, token::Form},
    metadata::Jwks,
    secret::Secret,
    time::{Lifetime, Timestamp},
};

/// How far another clock may run ahead, in seconds. A passed `exp` is never forgiven.
const LEEWAY: i64 = 30;

/// What is demanded of one kind of JWT.
pub struct Kind<'a> {
    /// What it is called in sentences: `client assertion`.
    pub name: &'static str,
    /// The error code of every fault in it.
    pub error: &'static str,
    /// The `typ` it may have, without `application/` and in lower case; an empty one means it may be absent.
    pub types: &'a [&'a str],
    /// The `alg` it may have: from configuration, never from the token (RFC 8725 §3.1).
    pub algs: &'a [&'a str],
}

impl Kind<'_> {
    /// Takes a JWT apart, holds its header against the kind, verifies its signature and returns its claims.
    pub fn open(&self, raw: &str, keys: &Jwks, from: &str) -> Result<Value, Refusal> {
        let Self { name, error, .. } = *self;
        let token = Token::parse(&Secret::minted(name, raw));
        let (Form::Jws, Some(header)) = (token.form, token.header.json.clone()) else {
            return Err(Refusal::new(
                error,
                format!(
                    "Expected the {name} to be a signed JWT of three parts, received another form."
                ),
            ));
        };
        must(token.problems.is_empty(), error, || {
            format!(
                "The {name} is malformed: {}",
                received(token.problems.first().map(String::as_str))
            )
        })?;
        must(header.get("crit").is_none(), error, || {
            format!("Expected no critical extensions in the {name}, received crit.")
        })?;
        self.typed(&header)?;
        let alg = header["alg"].as_str();
        must(
            alg.is_some_and(|alg| self.algs.contains(&alg)),
            error,
            || {
                format!(
                    "Expected the {name} signed with {}, received alg {}.",
                    self.algs.join(" or "),
                    received(alg)
                )
            },
        )?;
        match jose::check(&token, Some(keys), from) {
            Signature::Verified { .. } => Ok(token.claims.json.unwrap_or_default()),
            Signature::Failed { why } | Signature::NotChecked { why } => Err(Refusal::new(
                error,
                format!("The signature of the {name} does not hold: {why}."),
            )
            .about(About::Signature)),
        }
    }

    fn typed(&self, header: &Value) -> Result<(), Refusal> {
        let typ = header["typ"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        must(self.types.contains(&typ), self.error, || {
            let types: Vec<&str> = self
                .types
                .iter()
                .map(|typ| if typ.is_empty() { "none" } else { *typ })
                .collect();
            format!(
                "Expected the {} with typ {}, received {}.",
                self.name,
                types.join(" or "),
                received(Some(typ))
            )
        })
    }

    /// Refuses a claim that is not exactly that text.
    pub fn equals(&self, claims: &Value, name: &str, expected: &str) -> Result<(), Refusal> {
        let text = Claims(claims).text(name);
        must(text == Some(expected), self.error, || {
            format!(
                "Expected {name} {expected} in the {}, received {}.",
                self.name,
                as_text(claims.get(name))
            )
        })
    }

    /// Refuses an `aud` that is not exactly one of the expected ones: a string, or a list of one.
    pub fn only_audience(&self, claims: &Value, expected: &[&str]) -> Result<(), Refusal> {
        let only = match &claims["aud"] {
            Value::String(one) => Some(one.as_str()),
            Value::Array(many) if many.len() == 1 => many[0].as_str(),
            _ => None,
        };
        must(
            only.is_some_and(|only| expected.contains(&only)),
            self.error,
            || {
                format!(
                    "Expected aud {} alone in the {}, received {}.",
                    expected.join(" or "),
                    self.name,
                    as_text(claims.get("aud"))
                )
            },
        )
        .map_err(|refusal| refusal.about(About::Audience))
    }

    /// Returns a claim that has to be a text with something in it.
    pub fn needs<'a>(&self, claims: &'a Value, name: &str) -> Result<&'a str, Refusal> {
        Claims(claims)
            .text(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                Refusal::new(
                    self.error,
                    format!(
                        "Expected the claim {name} as a text in the {}, received {}.",
                        self.name,
                        as_text(claims.get(name))
                    ),
                )
            })
    }

    /// Refuses what has expired, has no end, or does not begin yet.
    pub fn in_time(&self, claims: &Value, now: Timestamp) -> Result<(), Refusal> {
        let Self { name, error, .. } = *self;
        let exp = self.time(claims, "exp")?;
        must(now < exp, error, || {
            format!(
                "The {name} has expired: exp {}, now {}.",
                exp.secs(),
                now.secs()
            )
        })?;
        for begin in ["nbf", "iat"] {
            if claims.get(begin).is_none() {
                continue;
            }
            let at = self.time(claims, begin)?;
            must(at <= now.plus_secs(LEEWAY), error, || {
                format!(
                    "The {name} is not valid yet: {begin} {}, now {}.",
                    at.secs(),
                    now.secs()
                )
            })?;
        }
        Ok(())
    }

    /// Refuses a span from `iat` to `exp` that is longer than so many seconds, or has no `iat`.
    pub fn lives_at_most(&self, claims: &Value, seconds: i64) -> Result<(), Refusal> {
        let span = self.time(claims, "exp")?.since(self.time(claims, "iat")?);
        must(span <= Lifetime::from_secs(seconds), self.error, || {
            format!(
                "Expected the {} to live at most {seconds} s from iat to exp, received {span}.",
                self.name
            )
        })
    }

    /// Returns a claim that has to be a time.
    pub fn time(&self, claims: &Value, name: &str) -> Result<Timestamp, Refusal> {
        Claims(claims).time(name).ok_or_else(|| {
            Refusal::new(
                self.error,
                format!(
                    "Expected the claim {name} as a number in the {}, received {}.",
                    self.name,
                    as_text(claims.get(name))
                ),
            )
        })
    }
}

/// Words for a claim that came.
pub fn as_text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => received(Some(text)),
        Some(value) => received(Some(&value.to_string())),
        None => received(None),
    }
}
