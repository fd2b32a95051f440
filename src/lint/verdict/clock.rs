//! Clocks that disagree: what a server's `Date` says, when it refuses something for its times.

use super::{Confidence, Judgement, Seen, fact_of_answer, has_word};
use crate::protocol::{party::Party, time::Lifetime};

/// Less than this is no reason for anything, in seconds; the figure is ours.
const SLACK: i64 = 30;

/// Words of a server that finds fault with a time.
const WORDS: &[&str] = &[
    "expired",
    "exp",
    "iat",
    "nbf",
    "future",
    "not yet valid",
    "clock",
    "too old",
    "issued",
    "ahead",
    "ended",
];

/// Says whose clock is off, when the answer speaks of times and the clocks differ.
pub(super) fn judge(seen: &[Seen<'_>], here: &Seen<'_>, words: &str) -> Option<Judgement> {
    if !WORDS.iter().any(|word| has_word(words, word)) {
        return None;
    }
    let off = |seen: &&Seen<'_>| seen.ahead.is_some_and(|ahead| ahead.abs() >= SLACK);
    // The one that refuses, else the one whose token it refuses.
    let odd = Some(here)
        .filter(off)
        .or_else(|| seen.iter().rev().find(off))?;
    let (server, ahead) = (odd.step.to, odd.ahead?);
    // Two servers that agree with each other and not with us speak against our clock.
    let others: Vec<i64> = seen
        .iter()
        .filter(|other| other.step.to != server)
        .filter_map(|other| other.ahead)
        .collect();
    let (owner, confidence, whose) = if others.iter().any(|other| other.abs() < SLACK) {
        (
            server,
            Confidence::Certain,
            format!("the {}’s clock", server.name()),
        )
    } else if others.iter().any(|other| (other - ahead).abs() < SLACK) {
        (
            Party::You,
            Confidence::Certain,
            "the clock of this machine".to_owned(),
        )
    } else {
        (
            Party::Unknown,
            Confidence::Likely,
            "one of the two clocks".to_owned(),
        )
    };
    let span = Lifetime::from_secs(ahead.abs());
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let fact = format!(
        "The Date of the {}’s answers is {span} {way} the clock of this machine.",
        server.name()
    );
    Some(Judgement {
        step: here.step.id,
        owner,
        confidence,
        code: None,
        says: format!("The times were refused, and {whose} is off by {span}."),
        because: fact_of_answer(here).into_iter().chain([fact]).collect(),
        fix: format!("Set {whose} by a time server (NTP), then walk again."),
        asks: None,
    })
}
