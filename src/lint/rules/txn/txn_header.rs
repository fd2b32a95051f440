//! A Transaction Token travels in its own header.

use super::TXN_FLOWS;
use crate::{lint::prelude::*, protocol::secret::Secret};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-HEADER",
    title: "The Transaction Token is in exactly one Txn-Token header, and not in Authorization.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "TXN §12, §12.1",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: &["internal-call"],
    why: "A service looks for it there alone. In Authorization it would be taken for an access token, and it \
          authorizes nobody by itself.",
    cause: "A generic HTTP client puts every token into Authorization.",
    fix: "Send Txn-Token with the bare token, once.",
    leads_to: &["invalid_request", "invalid_token", "401"],
    words: &["txn-token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotYet("there is no request yet");
    };
    let at = |name: &str| Pointer::Header(Side::Request, name.to_owned());
    let mut found = Vec::new();
    if let Some((scheme, token)) = crate::lint::rules::dpop::proof::authorization(subject)
        && token.kind() == TokenKind::TxnToken
    {
        found.push(
            Finding::new(
                at("authorization"),
                Party::You,
                "The Transaction Token is in Authorization, as if it were an access token.",
            )
            .expected("Txn-Token")
            .got(format!("Authorization: {scheme} with a Transaction Token")),
        );
    }
    let sent: Vec<String> = http
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("txn-token"))
        .flat_map(|(_, value)| {
            let value = value.wire();
            let parts = value.split(',').map(|part| part.trim().to_owned());
            parts.collect::<Vec<_>>()
        })
        .collect();
    let finding = |says: &str| Finding::new(at("txn-token"), Party::You, says);
    match sent.as_slice() {
        [one] if one.contains(' ') => found.push(
            finding("The Txn-Token header has more in it than the token.")
                .expected("the bare token")
                .got(format!(
                    "{} and the token",
                    one.split(' ').next().unwrap_or_default()
                )),
        ),
        [one] => {
            let kind = Token::parse(&Secret::minted("txn-token", one.as_str())).kind();
            if matches!(
                kind,
                TokenKind::AccessToken | TokenKind::IdToken | TokenKind::IdJag
            ) {
                found.push(
                    finding("The Txn-Token header has another kind of token in it.")
                        .expected("a Transaction Token")
                        .got(kind.name()),
                );
            }
        }
        [] if found.is_empty() => found.push(
            finding("The call has no Transaction Token.")
                .expected("one Txn-Token header")
                .got("nothing"),
        ),
        [] => {}
        many => found.push(
            finding("The call has more than one Transaction Token.")
                .expected("one Txn-Token header")
                .got(format!("{} values", many.len())),
        ),
    }
    Check::of(found)
}
