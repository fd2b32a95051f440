//! One verdict over a walk: the step, the side, how sure, the two facts it rests on, and what to do.
//!
//! It weighs what the rules found against what the server said and where the walk stopped. Without evidence it says
//! `unknown`, and where to look next; it never guesses a cause.

use serde::Serialize;

use super::{Code, Finding, Kind, Rule, Severity, find, place, theirs};
use crate::{
    flow::{Blocked, StepId, StepInfo},
    protocol::{exchange::Failure, http::HttpRequest, oauth::OAuthError, party::Party},
};

mod answers;
mod clock;

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Nothing better is known.
    Guess,
    /// The facts point there, and something else is possible.
    Likely,
    /// The facts leave nothing else.
    Certain,
}

impl Confidence {
    /// Returns the word of the report (INTERFACE §3).
    pub fn id(self) -> &'static str {
        match self {
            Self::Guess => "guess",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// The verdict over a walk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judgement {
    /// Where it went wrong.
    pub step: StepId,
    /// Whose side must act.
    pub owner: Party,
    /// How sure that is.
    pub confidence: Confidence,
    /// The rule it rests on, if it rests on one.
    pub code: Option<Code>,
    /// What is wrong, in a sentence.
    pub says: String,
    /// The facts it rests on.
    pub because: Vec<String>,
    /// What to do.
    pub fix: String,
    /// What to ask of that side, where `fix` speaks to the one who holds the profile.
    pub asks: Option<&'static str>,
}

/// How a step of the walk ended.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// It is done, or was handed in.
    Done,
    /// The server refused.
    Refused(&'a OAuthError),
    /// We refuse the answer.
    Failed(&'a [String]),
    /// Only the signature speaks against it.
    Suspect(&'a str),
    /// There was no answer.
    Unreachable(&'a Failure),
    /// It could not be sent.
    Blocked(&'a [Blocked]),
    /// The user stopped it.
    Interrupted,
}

/// A step as the verdict sees it.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The step.
    pub step: &'static StepInfo,
    /// How it ended.
    pub ending: Ending<'a>,
    /// What was found there.
    pub findings: Vec<&'a Finding>,
    /// The last main request.
    pub request: Option<&'a HttpRequest>,
    /// The status of its answer.
    pub status: Option<u16>,
    /// Whether the connection ended before the answer did.
    pub broken: bool,
    /// Whether a page for people came in place of an answer.
    pub page: bool,
    /// When the server says that it may be asked again (RFC 9110 §10.2.3).
    pub retry: Option<&'a str>,
    /// Why there was no answer that could be taken apart, where that is known.
    pub lost: Option<&'a Failure>,
    /// How far the `Date` of its answer lies ahead of our clock, in seconds.
    pub ahead: Option<i64>,
}

/// Judges a walk: its steps in order, up to the one where it stopped. `None` when all is well, or nothing can be said.
pub fn judge(seen: &[Seen<'_>]) -> Option<Judgement> {
    let judged = weighed(seen)?;
    Some(match judged.owner {
        // What nobody is named for cannot be certain.
        Party::Unknown => Judgement {
            confidence: Confidence::Guess,
            ..judged
        },
        _ => judged,
    })
}

fn weighed(seen: &[Seen<'_>]) -> Option<Judgement> {
    let stopped = seen
        .iter()
        .position(|seen| !matches!(seen.ending, Ending::Done));
    let Some(at) = stopped else {
        return well_and_yet_wrong(seen);
    };
    let here = &seen[at];
    match here.ending {
        Ending::Done | Ending::Interrupted => None,
        Ending::Blocked(blocked) => Some(blocked_verdict(here, blocked)),
        Ending::Unreachable(failure) => Some(answers::unreachable(here, failure)),
        Ending::Refused(_) | Ending::Failed(_) if here.broken => Some(answers::broken(here)),
        Ending::Refused(error) => Some(refused(&seen[..=at], here, error)),
        Ending::Failed(why) => Some(
            best(&seen[..=at], |found| weigh_ours(found, here))
                .or_else(|| clock::judge(&seen[..=at], here, &why.join(" ")))
                .or_else(|| answers::page(here, &why.join(" ")))
                .unwrap_or_else(|| unexplained(here, &why.join(" "))),
        ),
        Ending::Suspect(why) => Some(
            best(&seen[..=at], |found| weigh_ours(found, here))
                .unwrap_or_else(|| suspect(here, why)),
        ),
    }
}

/// Judges a refusal: what explains it, then what its code means, then what is wrong with the refusal itself.
fn refused(seen: &[Seen<'_>], here: &Seen<'_>, error: &OAuthError) -> Judgement {
    let words = error.description.as_deref().unwrap_or_default();
    let heard = |found: Found<'_>| weigh_refused(found, error);
    // What is noted here although it is an error elsewhere, and only guessed to be the cause, counts for less than the
    // server's own code.
    let told = |found: Found<'_>| heard(found).filter(|weight| !weight.is_guessed_of(found));
    clock::judge(seen, here, words)
        .or_else(|| answers::not_whole(here, error))
        .or_else(|| best(seen, told))
        .or_else(|| answers::unregistered(here, error))
        .or_else(|| answers::by_error(here, error))
        .or_else(|| best(seen, heard))
        .or_else(|| best(seen, |found| weigh_form(found, here)))
        .unwrap_or_else(|| {
            let says = format!(
                "The {} refused, and nothing that can be seen from here explains why.",
                here.step.to.name()
            );
            unexplained(here, &says)
        })
}

/// Weighs what is wrong with a refusal itself: a server that does not say what it means has to be mended first.
fn weigh_form(found: Found<'_>, here: &Seen<'_>) -> Option<Weight> {
    let theirs = found.finding.owner == here.step.to && found.step.id == here.step.id;
    (theirs && found.finding.severity > Severity::Note)
        .then_some(Weight(found.finding.severity as u8, Confidence::Likely))
}

/// A finding with its rule and the step it was found at.
#[derive(Clone, Copy)]
struct Found<'a> {
    step: &'static StepInfo,
    finding: &'a Finding,
    rule: &'static Rule,
}

/// How much a finding explains: higher is more, and how sure that makes the verdict.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Weight(u8, Confidence);

impl Weight {
    /// Tells whether it rests on a mere note of a rule that is about worse: what the rule leads to, it leads to then.
    fn is_guessed_of(self, found: Found<'_>) -> bool {
        let lowered =
            found.finding.severity == Severity::Note && found.rule.severity > Severity::Note;
        self.1 == Confidence::Guess && lowered
    }
}

/// Weighs a finding against a server's refusal: does it lead to this error, and does the server use its words?
fn weigh_refused(found: Found<'_>, error: &OAuthError) -> Option<Weight> {
    let code = error.error.as_deref().unwrap_or_default();
    let status = error.status.map(|status| status.to_string());
    let explains = found
        .rule
        .leads_to
        .iter()
        .any(|leads| *leads == code || Some(*leads) == status.as_deref());
    let text = error.description.as_deref().unwrap_or_default();
    let named = found.rule.words.iter().any(|word| has_word(text, word));
    let severity = found.finding.severity;
    let weight = match (explains, named) {
        (true, true) => 16,
        (true, false) => 8,
        (false, true) if severity > Severity::Note => 6,
        _ => return None,
    };
    let confidence = match (explains && named, severity) {
        (true, Severity::Error) => Confidence::Certain,
        (true, _) | (false, Severity::Error) => Confidence::Likely,
        _ => Confidence::Guess,
    };
    let more = 2 * severity as u8 + u8::from(found.finding.near.is_some());
    Some(Weight(weight + more, confidence))
}

/// Weighs a finding where we refused the answer ourselves: what was found in that very answer is the reason.
fn weigh_ours(found: Found<'_>, here: &Seen<'_>) -> Option<Weight> {
    let at_home = found.step.id == here.step.id;
    let severe = found.finding.severity == Severity::Error;
    (at_home && severe).then_some(Weight(16, Confidence::Certain))
}

/// Weighs a finding of a walk in which every answer was good: errors first, then what is more than was asked.
fn weigh_quiet(found: Found<'_>) -> Option<Weight> {
    match (found.finding.severity, found.rule.kind) {
        (Severity::Error, Kind::Safety) => Some(Weight(4, Confidence::Certain)),
        (Severity::Error, _) => Some(Weight(3, Confidence::Certain)),
        (Severity::Warning, Kind::Safety) => Some(Weight(2, Confidence::Likely)),
        // What is only recommended is told where it was found, and no side has to act for the walk to be well.
        (Severity::Warning, Kind::Should | Kind::Habit) | (Severity::Note, _) => None,
        (Severity::Warning, Kind::Must) => Some(Weight(1, Confidence::Likely)),
    }
}

fn well_and_yet_wrong(seen: &[Seen<'_>]) -> Option<Judgement> {
    let broken = seen.iter().find(|seen| seen.broken).map(answers::broken);
    best(seen, weigh_quiet).or(broken)
}

/// Returns the verdict of the heaviest finding; of equals, the earliest: what went wrong first is the cause of the rest.
fn best(seen: &[Seen<'_>], weigh: impl Fn(Found<'_>) -> Option<Weight>) -> Option<Judgement> {
    let mut best: Option<(Weight, Found<'_>, &Seen<'_>)> = None;
    for seen in seen {
        for finding in &seen.findings {
            let Some(rule) = find(finding.code.0) else {
                continue;
            };
            let found = Found {
                step: seen.step,
                finding,
                rule,
            };
            let Some(weight) = weigh(found) else { continue };
            if best.as_ref().is_none_or(|(other, ..)| weight.0 > other.0) {
                best = Some((weight, found, seen));
            }
        }
    }
    let stop = seen.last()?;
    best.map(|(Weight(_, confidence), found, home)| Judgement {
        step: found.step.id,
        owner: found.finding.owner,
        confidence: if found.finding.unsure {
            confidence.min(Confidence::Likely)
        } else {
            confidence
        },
        code: Some(found.finding.code),
        says: found.finding.says.clone(),
        because: [
            fact_of_answer(if stop.is_done() { home } else { stop }),
            Some(fact_of(found.finding)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        fix: found.finding.fix.clone(),
        asks: theirs::of_rule(found.rule.code)
            .filter(|_| found.finding.fix == found.rule.fix || found.finding.unsure),
    })
}

impl Seen<'_> {
    fn is_done(&self) -> bool {
        matches!(self.ending, Ending::Done)
    }
}

/// `POST https://idp.example/token answered 400: invalid_target: …`.
fn fact_of_answer(seen: &Seen<'_>) -> Option<String> {
    let request = seen.request?;
    let what = format!("{} {}", request.method, request.url);
    Some(match (seen.ending, seen.status) {
        (Ending::Refused(error), Some(_)) => format!("{what} was refused: {error}."),
        (Ending::Refused(error), None) => format!("The sign-in came back with {error}."),
        (Ending::Unreachable(failure), _) => format!("{what} had no answer: {failure}"),
        _ if seen.broken => format!("{what} was sent, and no whole answer came."),
        (_, Some(status)) => format!("{what} answered {status}."),
        _ => match seen.lost {
            Some(failure) => format!("{what} led nowhere: {failure}"),
            None => format!("{what} was answered by a redirect."),
        },
    })
}

/// Says in one line what a finding expected and what came: `aud of the ID-JAG: expected …, received ….`.
pub fn fact_of(finding: &Finding) -> String {
    let at = place::in_words(&finding.at);
    match (&finding.expected, &finding.got) {
        (Some(expected), Some(got)) => format!("{at}: expected {expected}, received {got}."),
        (Some(expected), None) => format!("{at}: expected {expected}."),
        (None, Some(got)) => format!("{at}: received {got}."),
        (None, None) => format!("{at}: {}", finding.says),
    }
}

fn blocked_verdict(here: &Seen<'_>, blocked: &[Blocked]) -> Judgement {
    let because: Vec<String> = blocked.iter().map(|why| format!("{why}.")).collect();
    let fix = blocked.iter().find_map(|why| match why {
        Blocked::Missing(path) => Some(format!("Fill in {path}.")),
        Blocked::Invalid(path, _) => Some(format!("Mend {path}.")),
        Blocked::Needs(_) => None,
    });
    Judgement {
        step: here.step.id,
        owner: Party::You,
        confidence: Confidence::Certain,
        code: None,
        says: if blocked.is_empty() {
            "Not sent: it was not agreed to.".to_owned()
        } else {
            format!("Not sent: {}.", join(blocked))
        },
        because,
        fix: fix.unwrap_or_else(|| "Send the step that makes it, or hand it in.".to_owned()),
        asks: None,
    }
}

fn join(blocked: &[Blocked]) -> String {
    let all: Vec<String> = blocked.iter().map(ToString::to_string).collect();
    all.join("; ")
}

fn suspect(here: &Seen<'_>, why: &str) -> Judgement {
    Judgement {
        step: here.step.id,
        owner: here.step.to,
        confidence: Confidence::Likely,
        code: None,
        says: why.to_owned(),
        because: fact_of_answer(here)
            .into_iter()
            .chain([why.to_owned()])
            .collect(),
        fix: format!(
            "Have the {} publish the key that it signs with, and check that nobody stands between.",
            here.step.to.name()
        ),
        asks: None,
    }
}

/// Nothing explains it: that is said, with where to look next.
fn unexplained(here: &Seen<'_>, why: &str) -> Judgement {
    let server = here.step.to.name();
    let fix = if here.status.is_some() {
        format!(
            "Look the request up in the log of the {server} at that time; its request id is among the answer’s headers \
             where the server gives one."
        )
    } else {
        // What came back through the browser has no headers.
        format!("Look the request up in the log of the {server} at that time.")
    };
    Judgement {
        step: here.step.id,
        owner: Party::Unknown,
        confidence: Confidence::Guess,
        code: None,
        says: why.to_owned(),
        because: fact_of_answer(here).into_iter().collect(),
        fix,
        asks: Some("Look the request below up in the log, at that time."),
    }
}

/// Tells whether a text has a word (or words), not as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        !part_of_word(text[..at].chars().next_back())
            && !part_of_word(text[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_word_is_no_part_of_another() {
        assert!(has_word("The 'aud' claim is wrong.", "aud"));
        assert!(has_word("Audience denied", "audience"));
        assert!(!has_word("The audience is wrong.", "aud"));
        assert!(!has_word("client_id_2", "client_id"));
    }
}
