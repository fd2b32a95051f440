//! The line that a call leaves in an API's audit log: who, and who acts for them, all from the access token.
//!
//! Whoever is named in `act` stands beside the user. Without `act` the same call looks as if the user made it.

use std::fmt::Write as _;

use serde_json::Value;

use super::Claims;
use crate::protocol::{time::Timestamp, visible::visible};

/// The two lines that one token makes: as it is, and as if nobody were named in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lines {
    /// With the current actor beside the user.
    pub with_act: String,
    /// The user alone.
    pub without_act: String,
}

/// Returns both lines of a token that names an actor; `None` where there is no `act`. They are dated at its `iat`, and
/// at `now` where it has none.
pub fn lines(claims: &Value, now: Timestamp) -> Option<Lines> {
    claims.get("act")?;
    let mut alone = claims.clone();
    if let Some(members) = alone.as_object_mut() {
        members.shift_remove("act");
    }
    Some(Lines {
        with_act: issued(claims, now),
        without_act: issued(&alone, now),
    })
}

/// Returns the line of a token, dated at its `iat`, and at `now` where it has none.
pub fn issued(claims: &Value, now: Timestamp) -> String {
    line(claims, Claims(claims).time("iat").unwrap_or(now))
}

/// Returns the line of a call at that moment. Only the outermost actor is named: it is the one who acts, and those under
/// it are history (RFC 8693 §4.1).
pub fn line(claims: &Value, at: Timestamp) -> String {
    let reader = Claims(claims);
    let mut out = at.iso();
    let mut member = |name: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = write!(out, " {name}={text}");
    };
    member("principal", &value(reader.text("sub").unwrap_or("-")));
    if let Some(act) = claims.get("act") {
        let actor = Claims(act);
        member("acting_as", &value(actor.text("sub").unwrap_or("-")));
        if let Some(vouched) = actor.text("attestation") {
            member("attestation", &value(vouched));
        }
    }
    let audience = reader.list("aud");
    if !audience.is_empty() {
        member("aud", &value(&audience.join(",")));
    }
    if let Some(scope) = reader.text("scope") {
        member("scope", &quoted(scope));
    }
    if let Some(end) = reader.time("exp") {
        member("ttl", &format!("{}s", end.since(at).0.div_euclid(1000)));
    }
    if let Some(id) = reader.text("jti") {
        member("jti", &value(id));
    }
    out
}

/// A value as it is, in quotes where it could be taken for more than one: nobody's name forges another member.
fn value(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(plain) {
        return visible(text).into_owned();
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", visible(&escaped))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The token of the playground page that this flow is after.
    fn page() -> Value {
        json!({
            "iss": "https://idp.lab.marwandiallo.com", "sub": "u_marwan", "azp": "a_code_reviewer",
            "aud": "api.github.com", "scope": "read:repo write:issues",
            "iat": 1_778_451_181, "exp": 1_778_451_781, "jti": "22f5f76a-bfe0-4dd4-a05a-a030014ca170",
            "act": {
                "sub": "spiffe://prod/agent/code-reviewer/v3", "azp": "a_code_reviewer",
                "iss": "https://idp.lab.marwandiallo.com", "attestation": "github-oidc",
            },
            "cnf": { "jkt": "demo-thumbprint-code_r" },
        })
    }

    #[test]
    fn the_line_is_that_of_the_page_character_by_character() {
        let now = Timestamp::from_secs(0);
        let lines = lines(&page(), now).expect("there is act");
        assert_eq!(
            lines.with_act,
            "2026-05-10T22:13:01.000Z principal=u_marwan acting_as=spiffe://prod/agent/code-reviewer/v3 \
             attestation=github-oidc aud=api.github.com scope=\"read:repo write:issues\" ttl=600s \
             jti=22f5f76a-bfe0-4dd4-a05a-a030014ca170"
        );
        assert_eq!(
            lines.without_act,
            "2026-05-10T22:13:01.000Z principal=u_marwan aud=api.github.com scope=\"read:repo write:issues\" \
             ttl=600s jti=22f5f76a-bfe0-4dd4-a05a-a030014ca170"
        );
    }

    #[test]
    fn a_call_counts_the_time_that_is_left() {
        let later = line(&page(), Timestamp(1_778_451_191_250));
        assert!(later.starts_with("2026-05-10T22:13:11.250Z "), "{later}");
        assert!(later.contains(" ttl=589s "), "{later}");
    }

    #[test]
    fn no_name_forges_another_member_or_another_line() {
        let claims = json!({
            "sub": "eve\n2026 principal=alice", "act": { "sub": "x acting_as=\"y\"" }, "aud": ["a", "b"],
        });
        let line = line(&claims, Timestamp(0));
        assert!(!line.contains('\n'), "{line}");
        assert!(
            line.contains("acting_as=\"x acting_as=\\\"y\\\"\""),
            "{line}"
        );
        assert!(line.ends_with(" aud=a,b"), "{line}");
        assert_eq!(lines(&json!({ "sub": "alice" }), Timestamp(0)), None);
    }

    #[test]
    fn an_actor_without_a_name_is_not_left_out() {
        let line = line(&json!({ "act": { "azp": "app" } }), Timestamp(0));
        assert_eq!(line, "1970-01-01T00:00:00.000Z principal=- acting_as=-");
    }
}
