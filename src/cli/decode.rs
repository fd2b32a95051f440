//! `jagwalk decode`: what a token is, what it says, and what is wrong with it. Nothing is fetched unless an issuer is
//! named on the command line; no address inside the token is ever followed.

use std::{fmt::Write as _, io::Read as _};

use serde_json::{Value, json};

use super::{
    Failed,
    args::{Decode, Format},
    print, world,
};
use crate::{
    flow::{Artifact, Bag, KeySets, TokenRecord, glossary},
    lint::{self, Finding, Revision, Severity, Subject},
    profile::Profile,
    protocol::{
        http::HttpRequest,
        jwt::{Claims, Part, Signature, Token, TokenKind, audit, claims::TIMES, jose, token::Form},
        metadata::{Jwks, WellKnown, metadata_url},
        secret::Secret,
        time::Timestamp,
        visible::{json_escaped, visible},
    },
    transport::{clock, http::Http},
};

/// More than this is no token.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Takes a token apart and says what is wrong with it; the exit status is 1 when a rule calls something an error.
///
/// # Errors
/// Nothing to read, and an issuer whose keys cannot be had.
pub async fn run(options: Decode) -> Result<u8, Failed> {
    let text = match options.token.as_deref() {
        None | Some("-") => read()?,
        Some(text) => text.to_owned(),
    };
    // A token that was wrapped by a terminal or a mail is one token; XML keeps its spaces.
    let text = if text.trim_start().starts_with('<') {
        text.trim().to_owned()
    } else {
        text.split_whitespace().collect()
    };
    let text = text
        .strip_prefix("Bearer")
        .filter(|rest| rest.starts_with("ey"))
        .unwrap_or(&text);
    if text.is_empty() {
        return Err(
            Failed::usage("Expected a token, received an empty line.").hint(Some(
                "Paste it, or send it in: jagwalk decode - < token.txt",
            )),
        );
    }
    let raw = Secret::minted("token", text);
    let token = Token::parse(&raw);
    let now = clock::now();
    let signature = match &options.issuer {
        Some(issuer) => verified(&token, issuer).await?,
        None => jose::check(
            &token,
            None,
            "no issuer was named; --issuer URL fetches its keys",
        ),
    };
    let findings = findings(&token, &raw, &signature, now);
    print(&match options.format {
        Format::Text => told(&token, &signature, &findings, now),
        Format::Json => document(&token, &signature, &findings, now),
    });
    let bad = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(u8::from(bad || !token.problems.is_empty()))
}

fn read() -> Result<String, Failed> {
    let mut text = String::new();
    std::io::stdin()
        .take(LIMIT)
        .read_to_string(&mut text)
        .map_err(|error| Failed::usage(format!("Standard input cannot be read: {error}.")))?;
    Ok(text)
}

/// Fetches the keys of the issuer that the user named, and checks the signature with them.
async fn verified(token: &Token, issuer: &str) -> Result<Signature, Failed> {
    let settings = world::settings(&Profile::named("decode")).map_err(Failed::usage)?;
    let http = Http::new(settings)
        .map_err(|error| Failed::usage(error.to_string()).hint(Some(error.hint())))?;
    let get = async |url: &str| -> Result<Value, String> {
        let exchange = http.send(&HttpRequest::get(url, "application/json")).await;
        let response = match &exchange.outcome {
            Err(failure) => return Err(format!("{url}: {failure}")),
            Ok(_) => exchange.response(),
        };
        match response {
            Some(response) if response.status == 200 => response
                .json()
                .map_err(|why| format!("{url} answered 200, but not with JSON: {why}")),
            Some(response) => Err(format!("{url} answered {}.", response.status)),
            None => Err(format!("{url} did not answer.")),
        }
    };
    let mut why = Vec::new();
    let mut metadata = None;
    for form in [WellKnown::OAuth, WellKnown::Oidc] {
        let url = metadata_url(issuer, form).map_err(Failed::usage)?;
        match get(&url).await {
            Ok(json) => {
                metadata = Some(json);
                break;
            }
            Err(says) => why.push(says),
        }
    }
    let unreachable = |says: String| Failed {
        says,
        hint: Some(
            "Without --issuer the token is decoded and its signature is not checked.".to_owned(),
        ),
        code: 4,
    };
    let metadata = metadata.ok_or_else(|| unreachable(why.join(" ")))?;
    if metadata["issuer"].as_str() != Some(issuer) {
        return Err(Failed::usage(format!(
            "The metadata names another issuer: expected {issuer}, received {}.",
            lint::subject::shown(metadata.get("issuer"))
        )));
    }
    let Some(jwks_uri) = metadata["jwks_uri"].as_str() else {
        return Err(Failed::usage(format!(
            "The metadata of {issuer} names no jwks_uri."
        )));
    };
    let keys = get(jwks_uri).await.map_err(unreachable)?;
    Ok(jose::check(token, Some(&Jwks(keys)), jwks_uri))
}

/// What the token would be to a flow, so that the rules about it speak.
fn artifact(kind: TokenKind) -> Artifact {
    match kind {
        TokenKind::IdToken => Artifact::IdToken,
        TokenKind::IdJag => Artifact::IdJag,
        TokenKind::RefreshToken => Artifact::RefreshToken,
        TokenKind::Saml => Artifact::SamlAssertion,
        TokenKind::DpopProof => Artifact::DpopProof,
        TokenKind::TxnToken => Artifact::TxnToken,
        TokenKind::InstanceAssertion => Artifact::InstanceAssertion,
        TokenKind::AccessToken => Artifact::AccessToken,
        // Of a JWT of no kind that we know, only what holds for every JWT is asked.
        _ => Artifact::SsoAccessToken,
    }
}

fn findings(token: &Token, raw: &Secret, signature: &Signature, now: Timestamp) -> Vec<Finding> {
    let kind = token.kind();
    if matches!(
        kind,
        TokenKind::Opaque | TokenKind::Saml | TokenKind::Encrypted
    ) {
        return Vec::new();
    }
    let record = TokenRecord {
        name: kind.id().to_owned(),
        artifact: artifact(kind),
        fingerprint: raw.fingerprint(&[]),
        token: token.clone(),
        signature: signature.clone(),
        parent: None,
        gained: now,
        expires: token
            .claims
            .json
            .as_ref()
            .and_then(|claims| Claims(claims).time("exp")),
    };
    let profile = Profile::named("decode");
    lint::findings(&Subject {
        flow: lint::DECODE,
        step: None,
        request: None,
        made: &[],
        tokens: &[record],
        past: &[],
        profile: &profile,
        bag: &Bag::default(),
        keys: &KeySets::new(),
        now,
        revision: Revision::NEWEST,
    })
}

fn told(token: &Token, signature: &Signature, findings: &[Finding], now: Timestamp) -> String {
    let mut out = String::new();
    let kind = token.kind();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{}", visible(text));
    };
    line(&format!("This is {}.", kind.name()));
    match token.form {
        Form::Jwe => line("It is encrypted for somebody else: only its header can be read."),
        Form::Saml => line("It is XML; it is handed on and not taken apart here."),
        Form::Opaque if token.header.text.is_none() => {
            line("It has no parts that can be read: only who issued it knows what it means.");
        }
        Form::Opaque | Form::Jws => {}
    }
    for problem in &token.problems {
        line(&format!("! {problem}"));
    }
    if token.form == Form::Jws {
        line(&format!("signature  {signature}"));
    }
    members(
        &mut line,
        "header",
        &token.header,
        &glossary::of_header,
        now,
    );
    members(
        &mut line,
        "claims",
        &token.claims,
        &|name| glossary::of_claim(kind, name),
        now,
    );
    if let Some(lines) = logged(token, now) {
        line("");
        line("the log of an API that is called with it");
        line(&format!("  with act     {}", lines.with_act));
        line(&format!("  without act  {}", lines.without_act));
        line(
            "  - Without act it is impersonation: nobody can tell the agent from the user (RFC 8693 §1.1)",
        );
    }
    for finding in findings {
        line("");
        line(&format!(
            "{} {} at {}",
            finding.severity.id(),
            finding.code,
            finding.at
        ));
        line(&format!("  {}", finding.says));
        if let Some(expected) = &finding.expected {
            line(&format!("  expected  {expected}"));
        }
        if let Some(got) = &finding.got {
            line(&format!("  received  {got}"));
        }
        line(&format!("  {}", finding.fix));
    }
    if token.form == Form::Jws && findings.is_empty() && token.problems.is_empty() {
        line("");
        line("The rules find nothing wrong with it, as far as it can be judged alone.");
    }
    out
}

/// The lines of a token that names an actor.
fn logged(token: &Token, now: Timestamp) -> Option<audit::Lines> {
    audit::lines(token.claims.json.as_ref()?, now)
}

fn members(
    line: &mut impl FnMut(&str),
    title: &str,
    part: &Part,
    word: &dyn Fn(&str) -> Option<String>,
    now: Timestamp,
) {
    let Some(text) = &part.text else { return };
    line("");
    line(title);
    let Some(members) = part.json.as_ref().and_then(Value::as_object) else {
        line(&format!("  {text}"));
        return;
    };
    let pad = members
        .keys()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or_default()
        .min(24);
    for (name, value) in members {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) if TIMES.contains(&name.as_str()) => {
                Claims(part.json.as_ref().unwrap_or(&Value::Null))
                    .time(name)
                    .map_or_else(
                        || value.to_string(),
                        |time| format!("{value}  {}", time.in_words(now)),
                    )
            }
            other => other.to_string(),
        };
        line(&format!("  {name:<pad$}  {shown}"));
        if let Some(says) = word(name) {
            line(&format!("  {:<pad$}  - {says}", ""));
        }
    }
}

fn document(token: &Token, signature: &Signature, findings: &[Finding], now: Timestamp) -> String {
    let part = |part: &Part| {
        part.json
            .clone()
            .or_else(|| part.text.clone().map(Value::String))
    };
    let found: Vec<Value> = findings
        .iter()
        .map(crate::export::report::finding)
        .collect();
    let mut json = json!({
        "kind": token.kind().id(),
        "header": part(&token.header),
        "claims": part(&token.claims),
        "signature": signature.id(),
        "problems": token.problems,
        "findings": found,
    });
    if let Some(lines) = logged(token, now) {
        json["audit"] = json!({ "with_act": lines.with_act, "without_act": lines.without_act });
    }
    if let Signature::NotChecked { why } | Signature::Failed { why } = signature {
        json["signature_note"] = json!(why);
    }
    let text = format!("{json:#}\n");
    json_escaped(&text).into_owned()
}
