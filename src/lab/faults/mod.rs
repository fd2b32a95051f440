//! Deliberate misbehaviour of the lab's servers: one table, so that what a client concludes can be proven.
//!
//! Each fault names the step at which it shows, every rule that it breaks on a whole walk, and whose side has to act.
//! The servers stay as strict as they are: what one of them does wrong is refused by the next, as in the real world.
//! A fault that breaks no rule names none, and its verdict guesses nobody: [`Party::Unknown`], or [`Party::Network`]
//! where the connection itself broke.

use crate::protocol::party::Party;

mod actor;
mod api;
mod assertion;
mod bearer;
mod delegation;
mod discovery;
mod does;
mod dpop;
mod exchange;
mod id_jag;
mod id_token;
mod instance;
mod mcp;
mod sign_in;
mod switches;

use does::{Do, Draft, Place, Scene};
pub(super) use does::{Minted, Wire};
pub use switches::Switches;

/// Something that a server of the lab can be told to do wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its word on the command line: `idp-idjag-typ`.
    pub id: &'static str,
    /// What the server does, in a few words.
    pub title: &'static str,
    /// The flow that shows it.
    pub flow: &'static str,
    /// The server that misbehaves.
    pub party: Party,
    /// The step at which it shows; a later one may be the one that is refused.
    pub step: &'static str,
    /// How the walk ends.
    pub ends: Ends,
    /// Every rule that it breaks on the whole walk.
    pub rules: &'static [&'static str],
    /// Whose side has to act.
    pub owner: Party,
    /// The rule that the verdict names; none where no rule says it, and where there is no verdict.
    pub code: Option<&'static str>,
    /// Whether it shows only when its step is sent a second time.
    pub again: bool,
    /// What the profile has to say for it to show, by field and value.
    pub with: &'static [(&'static str, &'static str)],
    does: &'static [Do],
}

/// How a walk with a fault ends, in the words of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ends {
    /// Every step is done.
    Done,
    /// A server refuses.
    Refused,
    /// The client refuses an answer.
    Failed,
    /// A server does not answer.
    Unreachable,
}

impl Ends {
    /// Returns the word of the report (INTERFACE §3).
    pub fn id(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Every fault, in the order of the walk.
pub static FAULTS: &[Fault] = &joined::<
    {
        discovery::FAULTS.len()
            + sign_in::FAULTS.len()
            + id_token::FAULTS.len()
            + exchange::FAULTS.len()
            + id_jag::FAULTS.len()
            + bearer::FAULTS.len()
            + api::FAULTS.len()
            + delegation::FAULTS.len()
            + assertion::FAULTS.len()
            + dpop::FAULTS.len()
            + actor::FAULTS.len()
            + mcp::FAULTS.len()
            + instance::FAULTS.len()
    },
>(&[
    discovery::FAULTS,
    sign_in::FAULTS,
    id_token::FAULTS,
    exchange::FAULTS,
    id_jag::FAULTS,
    bearer::FAULTS,
    api::FAULTS,
    delegation::FAULTS,
    assertion::FAULTS,
    dpop::FAULTS,
    actor::FAULTS,
    mcp::FAULTS,
    instance::FAULTS,
]);

/// Finds a fault by its id.
pub fn find(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}

/// Joins the parts of the table; the compiler stops where the count is wrong.
const fn joined<const N: usize>(parts: &[&[Fault]]) -> [Fault; N] {
    let mut all = [parts[0][0]; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[at] = parts[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    assert!(at == N, "every row of the table is in it");
    all
}

impl Fault {
    /// Makes a row: the verdict names the first rule, and the server that misbehaves has to act.
    const fn new(
        party: Party,
        id: &'static str,
        title: &'static str,
        step: &'static str,
        ends: Ends,
        rules: &'static [&'static str],
        does: &'static [Do],
    ) -> Self {
        let (owner, code) = match (rules, ends) {
            ([first, ..], _) => (party, Some(*first)),
            ([], Ends::Unreachable) => (Party::Network, None),
            ([], _) => (Party::Unknown, None),
        };
        Self {
            id,
            title,
            flow: "xaa",
            party,
            step,
            ends,
            rules,
            owner,
            code,
            again: false,
            with: &[],
            does,
        }
    }

    /// Says who has to act, where it is not the server that misbehaves.
    const fn owned_by(mut self, owner: Party) -> Self {
        self.owner = owner;
        self
    }

    /// Says which flow shows it, where that is not `xaa`, and what the profile has to say for that.
    const fn in_flow(
        mut self,
        flow: &'static str,
        with: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.flow = flow;
        self.with = with;
        self
    }

    /// Says that the rules are remarks, and that none of them explains how the walk ends.
    const fn unexplained(mut self) -> Self {
        self.code = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_words_of_their_own_and_say_the_party() {
        let ids: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.id).collect();
        assert_eq!(ids.len(), FAULTS.len(), "an id is there twice");
        let titles: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.title).collect();
        assert_eq!(titles.len(), FAULTS.len(), "a title is there twice");
        for fault in FAULTS {
            let words: &[&str] = match fault.party {
                Party::Idp => &["idp-", "redirect-"],
                Party::ResourceAs => &["as-"],
                Party::ActorIssuer => &["actor-", "issuer-"],
                Party::InstanceIssuer => &["instance-"],
                Party::Client => &["client-"],
                Party::Tts => &["tts-"],
                Party::Service => &["service-"],
                _ => &["api-"],
            };
            assert!(
                words.iter().any(|word| fault.id.starts_with(word)),
                "{} at the {}",
                fault.id,
                fault.party.name()
            );
            assert!(
                fault
                    .id
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{}",
                fault.id
            );
        }
    }

    #[test]
    fn a_verdict_names_a_rule_that_is_broken_and_nobody_is_guessed() {
        for fault in FAULTS {
            let named = fault.code.is_none_or(|code| fault.rules.contains(&code));
            assert!(named, "{} names a rule that it does not break", fault.id);
            assert!(!fault.does.is_empty(), "{} does nothing", fault.id);
            let distinct: BTreeSet<_> = fault.rules.iter().collect();
            assert_eq!(distinct.len(), fault.rules.len(), "{}", fault.id);
        }
    }
}
