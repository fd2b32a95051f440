//! The ID-JAG is brought to the server that it names.

use crate::lint::prelude::*;
use crate::protocol::http::Value;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-ENDPOINT",
    title: "The request goes to the token endpoint of the issuer in the ID-JAG’s aud.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "A server redeems only what is made out to its own issuer. Another server of the same host, or the same \
          server under another name, has to refuse.",
    cause: "The organisation’s endpoint was called instead of the custom server’s, or audience and endpoint belong to \
          two servers.",
    fix: "Call the token endpoint in the metadata of the issuer that aud names.",
    leads_to: &[
        "invalid_grant",
        "invalid_client",
        "unsupported_grant_type",
        "404",
    ],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(token), Some(url)) = (super::assertion(subject), subject.address()) else {
        return Check::NotApplicable;
    };
    let audiences = claims(&token).list("aud");
    if audiences.is_empty() {
        return Check::NotApplicable;
    }
    let whose = [Party::ResourceAs, Party::Idp].into_iter().find(|party| {
        let known = subject.token_endpoints(*party);
        known.iter().any(|known| known == url)
    });
    let Some(server) = whose else {
        return Check::NotYet("no metadata says whose endpoint this is");
    };
    let advertised = subject.advertised_issuer(server);
    let Some(issuer) = advertised.or_else(|| subject.issuer(server)) else {
        return Check::NotYet("the issuer of this endpoint is not known");
    };
    // With an actor the token endpoint is right by the actor profile (AP §6.5.1); ACT-AUD-CONFLICT speaks of that.
    let profiled = claims(&token).0.get("act").is_some() && audiences.contains(&url);
    Check::must(profiled || audiences.contains(&issuer.as_str()), || {
        let asked = subject
            .last_request("id-jag")
            .and_then(|http| http.form()?.get("audience").map(Value::wire));
        if server == Party::Idp {
            let there = subject.token_endpoints(Party::ResourceAs);
            let finding = Finding::new(
                Pointer::Url,
                Party::You,
                "The request goes to the IdP’s own token endpoint, and the ID-JAG is made out to another server.",
            );
            return match there.first() {
                Some(there) => finding.differs(there, url),
                None => finding
                    .expected(format!("the token endpoint of {}", audiences.join(" ")))
                    .got(url),
            };
        }
        // The IdP is to blame only where it was asked for this server and named another.
        let owner = if asked.as_ref() == Some(&issuer) {
            Party::Idp
        } else {
            Party::You
        };
        let finding = Finding::new(
            Pointer::Claim("assertion".to_owned(), "/aud".to_owned()),
            owner,
            "The issuer of this token endpoint is not the one that the ID-JAG is made out to.",
        );
        let copied = asked.is_some_and(|asked| audiences.contains(&asked.as_str()));
        let finding = match audiences.as_slice() {
            [one] => finding.differs(&issuer, one),
            _ => finding
                .expected(issuer.clone())
                .got(shown(claims(&token).0.get("aud"))),
        };
        // The endpoint is that of the server in the profile; so it is the aud that has to change (IDJAG-AUD-ISSUER).
        if owner == Party::Idp {
            finding.fix(format!(
                "Have the IdP map this audience to {issuer}, the issuer of the resource authorization server."
            ))
        } else if copied {
            finding.fix(format!(
                "Set agent.audience to {issuer}, and get a new ID-JAG."
            ))
        } else {
            finding
        }
    })
}
