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
pub static HABITS: &[Habit] = &[Habit {
    vendor: "okta",
    server: Party::Idp,
    code: "TX-TOKEN-TYPE-NA",
    severity: Severity::Warning,
    says: "One version of Okta's guide shows token_type Bearer beside issued_token_type id-jag",
    seen: "2026-08",
    source: "developer.okta.com, guide ai-agent-token-exchange",
}];

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
