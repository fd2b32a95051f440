//! The ID-JAG is the IdP's own, by name and by key.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-ISS",
    title: "The ID-JAG’s iss is the IdP’s issuer, and it is signed with one of the IdP’s keys.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1; RFC 8725 §3.8",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "The resource authorization server trusts one issuer by its exact name, and looks up the keys under that \
          name.",
    cause: "The IdP has several issuers (an organisation’s and a custom one), and signs as another than the one that \
          was asked.",
    fix: "Use the metadata of the issuer that signs, here and at the resource authorization server.",
    leads_to: &["invalid_grant"],
    words: &["issuer", "signature", "trusted"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let advertised = subject.advertised_issuer(Party::Idp);
    let is_advertised = advertised.is_some();
    let issuer = advertised.or_else(|| subject.issuer(Party::Idp));
    let named = claims(&record.token).text("iss");
    let mut findings = Vec::new();
    if let (Some(named), Some(issuer)) = (named, &issuer)
        && named != issuer
    {
        // Without metadata there is only the profile's word against the token's.
        let owner = if is_advertised {
            Party::Idp
        } else {
            Party::You
        };
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/iss".to_owned()),
            owner,
            "The ID-JAG names another issuer than the IdP that was asked.",
        )
        .differs(issuer, named);
        findings.push(if is_advertised {
            finding.fix("Have the IdP write the issuer of its metadata, to the last character, into iss of the ID-JAG.")
        } else {
            finding
        });
    }
    let jose = header(&record.token);
    // An unsigned token is for JWT-ALG-NONE.
    let unsigned = jose
        .text("alg")
        .is_none_or(|alg| alg.eq_ignore_ascii_case("none"));
    if let (Signature::Failed { why }, false) = (&record.signature, unsigned) {
        let place = if jose.text("kid").is_some() {
            "/kid"
        } else {
            "/alg"
        };
        findings.push(
            Finding::new(
                Pointer::Jose(record.name.clone(), place.to_owned()),
                Party::Idp,
                "The ID-JAG is not signed with a key of the IdP.",
            )
            .expected("a signature made with one of the IdP’s published keys")
            .got(why.clone()),
        );
    }
    match (findings.is_empty(), named, issuer) {
        (false, _, _) => Check::Found(findings),
        // One without an iss is for IDJAG-CLAIMS.
        (true, None, _) => Check::NotApplicable,
        (true, Some(_), None) => Check::NotYet("the IdP’s issuer is not known"),
        (true, Some(_), Some(_)) => Check::Pass,
    }
}
