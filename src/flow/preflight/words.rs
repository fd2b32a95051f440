//! The words of a pre-flight: the same on the command line and on the screen.

use std::fmt::Write as _;

use super::{Checked, Grade};
use crate::{
    profile::{Profile, fields},
    protocol::{party::Party, visible::visible},
};

/// What a pre-flight came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preflight {
    /// Every check, in order.
    pub checks: Vec<Checked>,
    /// How many requests were made for them, whether they got through or not.
    pub sent: usize,
}

impl Preflight {
    /// Returns the checks under their headings, those of one party together.
    pub fn groups(&self) -> Vec<(&'static str, Vec<&Checked>)> {
        PARTIES
            .into_iter()
            .map(|party| {
                let own = self.checks.iter().filter(|check| check.party == party);
                (heading(party), own.collect::<Vec<_>>())
            })
            .filter(|(_, own)| !own.is_empty())
            .collect()
    }

    /// Says how many requests went out, and how many checks came out how.
    pub fn summary(&self) -> String {
        let count = |grade: Grade| {
            let own = self.checks.iter().filter(|check| check.grade == grade);
            own.count()
        };
        let several = |number: usize, word: &str| {
            let more = if number == 1 { "" } else { "s" };
            format!("{number} {word}{more}")
        };
        format!(
            "{} {} made, all GET, none with a credential. {} ok, {} unknown, {}, {}, {} not reachable.",
            several(self.sent, "request"),
            if self.sent == 1 { "was" } else { "were" },
            count(Grade::Ok),
            count(Grade::Unknown),
            several(count(Grade::Note), "note"),
            several(count(Grade::Finding), "finding"),
            count(Grade::Unreachable),
        )
    }

    /// Returns all of it as lines of text.
    pub fn text(&self, profile: &str) -> String {
        let mut out = format!("{}\n", visible(profile));
        for (heading, own) in self.groups() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{heading}");
            for check in own {
                let _ = writeln!(out, "  {:<11}  {}", check.grade.id(), visible(&check.says));
                if let (Some(expected), Some(got)) = (&check.expected, &check.got) {
                    let _ = writeln!(out, "               expected  {}", visible(expected));
                    let _ = writeln!(out, "               received  {}", visible(got));
                }
            }
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }
}

/// Tells why a profile cannot be checked at all, if that is so.
pub fn nothing_to_check(profile: &Profile) -> Option<String> {
    let silent = profile.text(fields::IDP_ISSUER).is_none()
        && profile.text(fields::RESOURCE_AS_ISSUER).is_none();
    silent.then(|| {
        format!(
            "The profile {} names no server: idp.issuer and resource_as.issuer are empty.",
            profile.name
        )
    })
}

/// The order of the headings.
const PARTIES: [Party; 6] = [
    Party::Network,
    Party::Idp,
    Party::ResourceAs,
    Party::Api,
    Party::You,
    Party::Client,
];

fn heading(party: Party) -> &'static str {
    match party {
        Party::You => "this machine and the profile",
        Party::Client => "the clients",
        party => party.name(),
    }
}
