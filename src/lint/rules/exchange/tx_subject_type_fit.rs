//! A subject token is of the type that is declared.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-SUBJECT-TYPE-FIT",
    title: "The subject token is of the kind that subject_token_type declares.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "RFC 8693 §3",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "The server validates by the declared type: an ID Token declared as an access token is looked for where no \
          ID Token is.",
    cause: "The type was not changed together with the token, or jwt is declared for everything.",
    fix: "Declare the precise type of the token that is sent.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["subject_token", "subject token", "token type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(declared) = subject.form("subject_token_type") else {
        return Check::NotApplicable;
    };
    let Some(text) = subject.form("subject_token") else {
        return if subject.fills("subject_token") {
            Check::NotYet("the subject token is fetched when it is sent")
        } else {
            Check::NotApplicable
        };
    };
    let kind = match subject.held(&text).and_then(urn_of) {
        Some(kind) => Some(kind),
        None => subject
            .sent_token("subject_token")
            .and_then(|token| kind_of(&token)),
    };
    let Some(kind) = kind else {
        return Check::NotYet("what kind of token the subject token is cannot be told");
    };
    Check::must(kind == declared, || {
        let finding = |says: &str| {
            let at = Pointer::Form("subject_token_type".to_owned());
            Finding::new(at, Party::You, says).differs(kind, &declared)
        };
        if declared == JWT && kind != urn::SAML2 {
            finding("The subject token is declared as any JWT, although its kind has a type of its own.")
                .fix(format!("Declare {kind}."))
        } else {
            finding("The subject token is of another kind than is declared.").fix(format!(
                "Declare {kind}, or send the token that {declared} means."
            ))
        }
    })
}

/// Any JWT (RFC 8693 §3).
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// What a token of this walk is, whatever it looks like.
fn urn_of(artifact: Artifact) -> Option<&'static str> {
    Some(match artifact.kin() {
        Artifact::IdToken => urn::ID_TOKEN,
        Artifact::SsoAccessToken | Artifact::AccessToken => urn::ACCESS_TOKEN,
        Artifact::RefreshToken => urn::REFRESH_TOKEN,
        Artifact::SamlAssertion => urn::SAML2,
        Artifact::IdJag => urn::ID_JAG,
        _ => return None,
    })
}

/// What a token says of itself beyond doubt.
fn kind_of(token: &Token) -> Option<&'static str> {
    match typ(token).as_deref() {
        Some("at+jwt") => return Some(urn::ACCESS_TOKEN),
        Some(urn::ID_JAG_TYP) => return Some(urn::ID_JAG),
        _ => {}
    }
    let claims = claims(token);
    let has = |name: &str| claims.0.get(name).is_some();
    match token.kind() {
        TokenKind::Saml => Some(urn::SAML2),
        TokenKind::IdToken if has("nonce") || has("at_hash") => Some(urn::ID_TOKEN),
        _ => None,
    }
}
