//! What a plain walk has told, and what of it is new.

use std::io::Write as _;

use super::{Walker, typed::Expects, words};
use crate::{
    cli::print,
    export,
    flow::StepId,
    protocol::{exchange::Request, visible::visible_lines},
    session::{SendId, Session, StepState, What, people::people},
};

/// What was told so far.
#[derive(Default)]
pub(super) struct Told {
    /// How many attempts of each step have ended.
    pub(super) ended: Vec<(StepId, usize)>,
    /// The sign-in whose address was told.
    pub(super) invited: Option<SendId>,
    /// The request that was said to take long.
    pub(super) slow: Option<SendId>,
    pub(super) code: Option<Vec<String>>,
    pub(super) notice: Option<String>,
    pub(super) question: Option<String>,
    pub(super) next: Option<String>,
    pub(super) prompted: bool,
}

impl Walker {
    /// Tells what is new.
    pub(super) fn tell(&mut self) {
        let session = &self.session;
        let mut lines = Vec::new();
        for (id, count) in ended(session) {
            let known = self.told.ended.iter().position(|(known, _)| *known == id);
            if known.is_none_or(|at| self.told.ended[at].1 < count) {
                self.here = Some(id);
                lines.extend(self.masked(&words::ended(session, id)));
            }
            match known {
                Some(at) => self.told.ended[at].1 = count,
                None => self.told.ended.push((id, count)),
            }
        }
        let notice = session
            .notice
            .as_ref()
            .map(|notice| self.mask(&session.vault.mask(&notice.says)));
        if notice != self.told.notice {
            lines.extend(notice.clone());
            self.told.notice = notice;
        }
        if let Some((step, going)) = session.waiting()
            && let What::Sending(_, Request::Browser(asked)) = &going.what
            && words::expects(session) == Expects::Redirect
            && self.told.invited != Some(going.send)
        {
            (self.told.invited, self.here) = (Some(going.send), Some(step));
            // Whole, whomever it names: nobody could sign in with a masked one.
            lines.extend(export::text::invitation(session, asked));
        }
        if let Some((code, _)) = export::text::code_to_enter(session)
            && self.told.code.as_ref() != Some(&code)
        {
            lines.extend(code.clone());
            self.told.code = Some(code);
        }
        let question = session
            .question
            .as_ref()
            .map(|question| self.mask(&session.vault.mask(&question.says)));
        if question != self.told.question {
            lines.extend(
                question
                    .as_ref()
                    .map(|says| format!("{says} Answer yes or no.")),
            );
            self.told.question = question;
        }
        if session.waiting().is_none() && session.question.is_none() && !session.archived {
            let next = self.mask(&words::next(session));
            if self.told.next.as_ref() != Some(&next) {
                lines.push(next.clone());
                self.told.next = Some(next);
            }
        }
        self.news(&lines);
    }

    /// Says what was asked for, masked as the walk is.
    pub(super) fn say(&self, lines: &[String]) {
        say(&self.masked(lines));
    }

    /// Masks whom lines tell of, where others read along; secrets are masked before.
    fn masked(&self, lines: &[String]) -> Vec<String> {
        if !self.share {
            return lines.to_vec();
        }
        let whole = self
            .session
            .vault
            .with_people(&people(&self.session, std::iter::empty()));
        lines.iter().map(|line| whole.mask(line)).collect()
    }

    fn mask(&self, line: &str) -> String {
        self.masked(&[line.to_owned()]).concat()
    }

    /// Says what nobody typed for: on lines of its own, and the prompt comes again.
    pub(super) fn news(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        if std::mem::take(&mut self.told.prompted) {
            prompt("\n");
        }
        say(lines);
    }
}

/// Returns how many attempts of each step have ended.
pub(super) fn ended(session: &Session) -> Vec<(StepId, usize)> {
    let count = |state: &StepState| {
        let over = state
            .attempts
            .iter()
            .filter(|attempt| attempt.outcome.is_some());
        over.count()
    };
    let steps = session.walk.steps.iter();
    steps
        .map(|state| (state.id, count(state)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Says lines; whatever a terminal would obey in them is shown instead.
pub(super) fn say(lines: &[String]) {
    let shown: Vec<_> = lines.iter().map(|line| visible_lines(line)).collect();
    if !shown.is_empty() {
        print(&shown.join("\n"));
    }
}

/// The prompt goes to standard error, so that standard output is the walk alone.
pub(super) fn prompt(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
