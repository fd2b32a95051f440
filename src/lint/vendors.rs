//! What vendors are known to do otherwise (FACTS §4): dated, sourced, and only where the profile says who made a server.

use super::{Finding, Severity, Subject};
use crate::{
    profile::{FieldPath, fields},
    protocol::party::Party,
};

/// A habit of a vendor's server that a rule would call worse than it is.
#[derive(Debug)]
pub struct Habit {
    /// The vendor, as profiles spell it.
    pub vendor: &'static str,
    /// Which server of theirs.
    pub server: Party,
    /// The rule.
    pub code: &'static str,
    /// How bad it is there.
    pub severity: Severity,
    /// What they do.
    pub says: &'static str,
    /// When it was read, as year and month.
    pub seen: &'static str,
    /// Where it was read.
    pub source: &'static str,
}

/// Every habit known.
pub static HABITS: &[Habit] = &[
    Habit {
        vendor: "okta",
        server: Party::Idp,
        code: "TX-TOKEN-TYPE-NA",
        severity: Severity::Warning,
        says: "One version of Okta’s guide shows token_type Bearer beside issued_token_type id-jag",
        seen: "2026-08",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
    Habit {
        vendor: "okta",
        server: Party::Idp,
        code: "IDJAG-REQ-SUBJECT-TYPE",
        severity: Severity::Note,
        says: "Okta’s newer guide also exchanges an access token of a custom authorization server, made out to the agent",
        seen: "2026-08",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
    Habit {
        vendor: "okta",
        server: Party::Idp,
        code: "IDJAG-REQ-SUBJECT-AUD",
        severity: Severity::Warning,
        says: "Okta’s older guide exchanges the ID Token of the application that is linked to the agent",
        seen: "2026-08",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
    Habit {
        vendor: "auth0",
        server: Party::ResourceAs,
        code: "BEARER-CLIENT-AUTH",
        severity: Severity::Note,
        says: "Auth0 takes a public client while the ID-JAG’s iat is at most a minute old",
        seen: "2026-08",
        source: "auth0/docs-v2, cross-app-access/get-token",
    },
    Habit {
        vendor: "auth0",
        server: Party::ResourceAs,
        code: "TOK-SCOPE-SILENT",
        severity: Severity::Note,
        says: "At Auth0 the scope of the ID-JAG wins over that of the request",
        seen: "2026-08",
        source: "auth0/docs-v2, cross-app-access/get-token",
    },
    Habit {
        vendor: "auth0",
        server: Party::ResourceAs,
        code: "BEARER-GRANTED",
        severity: Severity::Note,
        says: "Auth0’s guide shows an answer without scope; what was granted stands in the token",
        seen: "2026-08",
        source: "auth0/docs-v2, cross-app-access/get-token",
    },
    Habit {
        vendor: "auth0",
        server: Party::ResourceAs,
        code: "BEARER-ERROR-CODE",
        severity: Severity::Note,
        says: "Auth0 answers 401 when the signature of an ID-JAG fails",
        seen: "2026-08",
        source: "auth0/docs-v2, cross-app-access/get-token",
    },
    Habit {
        vendor: "okta",
        server: Party::ResourceAs,
        code: "AT-CLAIMS",
        severity: Severity::Note,
        says: "Okta’s access tokens name the client in cid and the scope in scp, and have no client_id",
        seen: "2026-08",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
    Habit {
        vendor: "okta",
        server: Party::ResourceAs,
        code: "AT-SCOPE",
        severity: Severity::Note,
        says: "Okta’s access tokens have their scope in scp",
        seen: "2026-08",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
    Habit {
        vendor: "okta",
        server: Party::ResourceAs,
        code: "ACT-ISS",
        severity: Severity::Note,
        says: "Okta’s sample access token has act with sub and sub_profile, and no iss",
        seen: "2026-11",
        source: "developer.okta.com, guide ai-agent-token-exchange",
    },
];

/// Lowers a finding where the vendor of its server is known for it, and says so.
pub(super) fn soften(finding: &mut Finding, subject: &Subject<'_>) {
    let habit = HABITS.iter().find(|habit| {
        habit.code == finding.code.0
            && subject.profile.text(field(habit.server)) == Some(habit.vendor)
    });
    if let Some(habit) = habit.filter(|habit| habit.severity < finding.severity) {
        finding.severity = habit.severity;
        finding.habit = Some(format!(
            "{} ({}, {}).",
            habit.says, habit.source, habit.seen
        ));
    }
}

fn field(server: Party) -> FieldPath {
    match server {
        Party::Idp => fields::IDP_VENDOR,
        Party::Api => fields::API_VENDOR,
        _ => fields::RESOURCE_AS_VENDOR,
    }
}
