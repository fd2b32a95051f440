//! What the token endpoint gives for a signed-in user, however they signed in: the ID Token is checked before anything
//! is built on it.

use serde_json::Value as Json;

use super::support::{self, IDP};
use crate::{
    flow::{Artifact, Inputs, Made, Reading, TokenRecord, Verdict},
    profile::{Side, Subject, fields},
    protocol::{
        exchange::Purpose,
        jwt::{Claims, Signature, Token, TokenKind},
        party::Party,
        time::{Lifetime, Timestamp},
    },
};

/// How far two clocks may differ before an ID Token counts as expired or from the future.
const SKEW: Lifetime = Lifetime(60_000);

/// What the ID Token has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What is asked of its nonce.
    pub nonce: Nonce<'a>,
    /// The claims of the ID Token that it takes the place of (OIDC §12.2).
    pub before: Option<&'a Json>,
}

/// What is asked of the nonce of an ID Token.
#[derive(Clone, Copy, Debug)]
pub enum Nonce<'a> {
    /// None was sent, so nothing.
    Any,
    /// It is there and is this one.
    Exactly(&'a str),
    /// If it is there, it is this one.
    IfThere(&'a str),
}

/// Reads the answer of the token endpoint: ID Token, access token and refresh token of the sign-in.
pub fn read(
    inputs: &Inputs<'_>,
    made: &[Made],
    parent: Artifact,
    expected: Expected<'_>,
) -> Reading {
    let came = match support::token_answer(made, Party::Idp) {
        Ok(came) => came,
        Err(reading) => return *reading,
    };
    let answer = &came.answer;
    let parsed: Vec<Token> = [&answer.id_token, &answer.access_token]
        .into_iter()
        .flatten()
        .map(Token::parse)
        .collect();
    let keys = IDP.keys(inputs, made);
    if let Some(fetch) = IDP.key_fetch(inputs, &keys, &parsed.iter().collect::<Vec<_>>()) {
        return Reading::bare(
            Verdict::Also(Purpose::Keys, fetch),
            "The IdP’s keys are fetched first.",
        );
    }
    let mut tokens = Vec::new();
    for (artifact, raw) in [
        (Artifact::IdToken, &answer.id_token),
        (Artifact::SsoAccessToken, &answer.access_token),
        (Artifact::RefreshToken, &answer.refresh_token),
    ] {
        let Some(raw) = raw else { continue };
        let signature = match artifact {
            Artifact::RefreshToken => {
                Signature::not_checked("a refresh token is opaque to the client")
            }
            _ => keys.check(&Token::parse(raw)),
        };
        tokens.push(support::record(
            artifact,
            raw,
            signature,
            Some(parent),
            &came,
        ));
    }
    let mut gained: Vec<_> = tokens.iter().map(support::gain).collect();
    gained.extend(keys.gain(Party::Idp));
    let (verdict, says) = match tokens
        .iter()
        .find(|record| record.artifact == Artifact::IdToken)
    {
        Some(record) => judge(inputs, record, expected, came.at),
        None if inputs.profile.subject() == Subject::IdToken => {
            let scope = inputs.profile.text(fields::SSO_SCOPE).unwrap_or_default();
            let asked = scope.split(' ').any(|word| word == "openid");
            let says = if asked {
                "The answer has no id_token although openid was asked for, and the next step needs one."
            } else {
                "The answer has no id_token, and the next step needs one: sso.scope does not hold openid."
            };
            (Verdict::Rejected(vec![says.to_owned()]), says.to_owned())
        }
        None => (
            Verdict::Done,
            "Tokens came, but no ID Token; the profile does not need one.".to_owned(),
        ),
    };
    Reading {
        gained,
        tokens,
        verdict,
        says,
    }
}

/// Validates an ID Token (OIDC §3.1.3.7); every fault is named, not only the first.
pub fn judge(
    inputs: &Inputs<'_>,
    record: &TokenRecord,
    expected: Expected<'_>,
    now: Timestamp,
) -> (Verdict, String) {
    if record.token.kind() == TokenKind::Encrypted {
        return (
            Verdict::Done,
            "The ID Token is encrypted; only its header can be shown.".to_owned(),
        );
    }
    let Some(json) = &record.token.claims.json else {
        let mut why = record.token.problems.clone();
        why.insert(
            0,
            "The id_token of the answer is no readable JWT.".to_owned(),
        );
        return (Verdict::Rejected(why.clone()), why.join(" "));
    };
    let claims = Claims(json);
    let mut wrong = Vec::new();
    let issuer = IDP.issuer(inputs);
    let iss = claims.text("iss").unwrap_or("none");
    if !issuer.is_empty() && iss != issuer {
        wrong.push(format!(
            "iss of the ID Token: expected {issuer}, received {iss} (OIDC §3.1.3.7)."
        ));
    }
    let client = inputs.profile.client(Side::Sso).id.unwrap_or_default();
    let audience = claims.list("aud");
    if !audience.contains(&client.as_str()) {
        wrong.push(format!(
            "aud of the ID Token: expected {client}, received {} (OIDC §3.1.3.7).",
            if audience.is_empty() {
                "none".to_owned()
            } else {
                audience.join(", ")
            }
        ));
    }
    if claims.text("sub").is_none() {
        wrong.push("The ID Token has no sub (OIDC §2).".to_owned());
    }
    match claims.time("exp") {
        Some(exp) if exp.since(now).0 + SKEW.0 <= 0 => {
            wrong.push(format!(
                "The ID Token has expired: exp is {} (OIDC §3.1.3.7).",
                exp.in_words(now)
            ));
        }
        Some(_) => {}
        None => wrong.push("The ID Token has no exp (OIDC §2).".to_owned()),
    }
    if claims.time("iat").is_none() {
        wrong.push("The ID Token has no iat (OIDC §2).".to_owned());
    }
    let nonce = match (expected.nonce, claims.text("nonce")) {
        (Nonce::Any, _) | (Nonce::IfThere(_), None) => None,
        (Nonce::Exactly(nonce) | Nonce::IfThere(nonce), came) => {
            (came != Some(nonce)).then(|| (nonce, came.unwrap_or("none")))
        }
    };
    if let Some((nonce, came)) = nonce {
        wrong.push(format!(
            "nonce of the ID Token: expected {nonce}, received {came}. It belongs to another sign-in (OIDC §3.1.3.7)."
        ));
    }
    for name in ["sub", "auth_time"] {
        let Some(before) = expected.before.and_then(|before| before.get(name)) else {
            continue;
        };
        let came = json.get(name);
        // Who it is about must be said; when they signed in need not be.
        if came != Some(before) && (name == "sub" || came.is_some()) {
            wrong.push(format!(
                "{name} of the new ID Token: expected {before} as before, received {} (OIDC §12.2).",
                came.unwrap_or(&Json::Null)
            ));
        }
    }
    if !wrong.is_empty() {
        let says = wrong.join(" ");
        return (Verdict::Rejected(wrong), says);
    }
    if let Signature::Failed { why } = &record.signature {
        return (
            Verdict::Suspect(format!("The signature of the ID Token failed: {why}.")),
            format!("The ID Token came, but its signature failed: {why}."),
        );
    }
    let who = claims
        .text("email")
        .or_else(|| claims.text("sub"))
        .unwrap_or("the user");
    let signed = match &record.signature {
        Signature::Verified { .. } => "its signature is verified".to_owned(),
        other => format!("its signature is {other}"),
    };
    // Only what was compared is called right.
    let nonce = match (expected.nonce, claims.text("nonce")) {
        (Nonce::Exactly(_), _) | (Nonce::IfThere(_), Some(_)) => Ok(()),
        (Nonce::Any, _) => Err("no nonce was sent from here"),
        (Nonce::IfThere(_), None) => Err("it has no nonce, and a renewed one needs none"),
    };
    let compared = match (issuer.is_empty(), nonce) {
        (false, Ok(())) => "Issuer, audience, times and nonce of the ID Token are right".to_owned(),
        (false, Err(why)) => {
            format!("Issuer, audience and times of the ID Token are right ({why})")
        }
        (true, Ok(())) => {
            "Audience, times and nonce of the ID Token are right (idp.issuer is empty, so iss was not compared)"
                .to_owned()
        }
        (true, Err(_)) => {
            "Audience and times of the ID Token are right (neither iss nor nonce could be compared)".to_owned()
        }
    };
    (
        Verdict::Done,
        format!("The IdP says that {who} signed in. {compared}; {signed}."),
    )
}
