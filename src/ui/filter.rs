//! Which entries of the log are shown: words that must all hold, by step, party, status or text.

use crate::{
    flow::{Step, StepId},
    profile::suggest,
    protocol::{
        exchange::{Answer, Exchange},
        party::Party,
        visible::visible,
    },
    session::Session,
};

/// What an entry of the log must be like, as it was typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

/// One word of it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Term {
    /// Whether what it fits is left out.
    out: bool,
    fits: Fits,
}

/// What a word fits.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Fits {
    /// The entries of a step.
    Step(StepId),
    /// What was asked of a party, or by it.
    Party(Party),
    /// A status, or a hundred of them.
    Status(u16, u16),
    /// What got no answer.
    NoAnswer,
    /// A text, in small letters.
    Text(String),
}

/// What a filter looks at.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The step.
    pub step: StepId,
    /// Who speaks to whom.
    pub parties: [Party; 2],
    /// The status of the answer; `None` where it has none.
    pub status: Option<u16>,
    /// Whether there was an answer, a redirect too.
    pub answered: bool,
    /// What stands in the log and at the beginning of the answer; needed only where a text is looked for.
    pub text: &'a str,
}

impl Entry<'_> {
    /// Returns the status of an exchange, and whether it was answered.
    pub fn came(exchange: &Exchange) -> (Option<u16>, bool) {
        match &exchange.outcome {
            Ok(Answer::Http(response)) => (Some(response.status), true),
            Ok(Answer::Redirect(_)) => (None, true),
            Err(_) => (None, false),
        }
    }
}

impl Filter {
    /// Reads words with blanks between them.
    ///
    /// # Errors
    /// A sentence on the first word that means nothing, with what was expected.
    pub fn parse(text: &str, session: &Session) -> Result<Self, String> {
        let terms = text.split_whitespace().map(|word| term(word, session));
        Ok(Self {
            text: text.trim().to_owned(),
            terms: terms.collect::<Result<_, _>>()?,
        })
    }

    /// Returns what was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether a text is looked for.
    pub fn wants_text(&self) -> bool {
        self.terms
            .iter()
            .any(|term| matches!(term.fits, Fits::Text(_)))
    }

    /// Tells whether it has no word and so shows everything.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Tells whether every word holds for an entry.
    pub fn holds(&self, entry: &Entry<'_>) -> bool {
        let text = entry.text.to_lowercase();
        let fits = |fits: &Fits| match fits {
            Fits::Step(step) => entry.step == *step,
            Fits::Party(party) => entry.parties.contains(party),
            Fits::Status(from, to) => entry
                .status
                .is_some_and(|status| (*from..=*to).contains(&status)),
            Fits::NoAnswer => !entry.answered,
            Fits::Text(wanted) => text.contains(wanted),
        };
        self.terms.iter().all(|term| fits(&term.fits) != term.out)
    }

    /// Says what can be typed where a text ends: what the words are, or what can follow the one that is begun.
    pub fn help(text: &str, session: &Session) -> String {
        let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
        match last.trim_start_matches('-').split_once(':') {
            Some(("step", _)) => format!("Steps, by name or number: {}.", steps(session).join(" ")),
            Some(("party", _)) => format!("Parties: {}.", parties(session).join(" ")),
            Some(("status", _)) => {
                "A status such as 400, a hundred of them such as 4xx, or none where no answer came.".to_owned()
            }
            _ => "Words that must all hold: step:… party:… status:… or any text; with - before it, a word leaves \
                  out. No word shows everything."
                .to_owned(),
        }
    }
}

fn term(word: &str, session: &Session) -> Result<Term, String> {
    let (out, bare) = match word.strip_prefix('-') {
        Some(bare) if !bare.is_empty() => (true, bare),
        _ => (false, word),
    };
    let fits = match bare.split_once(':') {
        Some(("step", name)) => Fits::Step(step(name, session)?),
        Some(("party", name)) => Fits::Party(party(name, session)?),
        Some(("status", name)) => status(name)?,
        Some((key, rest)) if is_word(key) && is_near(key) && !rest.starts_with("//") => {
            return Err(format!(
                "`{}` means nothing here; expected step:, party: or status:, or a text without a colon.",
                visible(bare)
            ));
        }
        _ => Fits::Text(bare.to_lowercase()),
    };
    Ok(Term { out, fits })
}

/// Tells whether a word is so near to one that means something that no text is meant.
fn is_near(key: &str) -> bool {
    suggest::nearest(key, ["step", "party", "status"]).is_some()
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphabetic())
}

fn step(name: &str, session: &Session) -> Result<StepId, String> {
    let all = session.steps().map(|step| step.info().id);
    let number = name.parse::<usize>().ok();
    for (at, id) in all.enumerate() {
        if id.0 == name || number == Some(at + 1) {
            return Ok(id);
        }
    }
    Err(unknown("step", name, &steps(session)))
}

fn party(name: &str, session: &Session) -> Result<Party, String> {
    let mut all = all_parties(session).into_iter();
    all.find(|party| party.id() == name)
        .ok_or_else(|| unknown("party", name, &parties(session)))
}

fn status(name: &str) -> Result<Fits, String> {
    if name == "none" {
        return Ok(Fits::NoAnswer);
    }
    let hundred = name
        .strip_suffix("xx")
        .or((name.len() == 1).then_some(name))
        .and_then(|digit| digit.parse::<u16>().ok());
    match (hundred, name.parse::<u16>()) {
        (Some(digit @ 1..=5), _) => Ok(Fits::Status(digit * 100, digit * 100 + 99)),
        (_, Ok(status @ 100..=599)) => Ok(Fits::Status(status, status)),
        _ => Err(format!(
            "`status:{}` is no status; expected one such as 400, 4xx or none.",
            visible(name)
        )),
    }
}

fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let meant = match suggest::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected one of {}.", known.join(", ")),
    };
    format!(
        "There is no {kind} `{}` in this walk; {meant}",
        visible(name)
    )
}

fn steps(session: &Session) -> Vec<&'static str> {
    session.steps().map(|step| step.info().id.0).collect()
}

fn parties(session: &Session) -> Vec<&'static str> {
    all_parties(session)
        .iter()
        .map(|party| party.id())
        .collect()
}

fn all_parties(session: &Session) -> Vec<Party> {
    let steps = session.steps().map(Step::info);
    let mut all: Vec<Party> = steps.flat_map(|info| [info.from, info.to]).collect();
    all.sort_unstable();
    all.dedup();
    all
}
