//! What a plain walk does with a line that was typed.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    Walker,
    told::{Told, ended},
    typed::{self, Expects, Typed},
    words,
};
use crate::{
    cli::{faults, run, start, world::World},
    export::trace,
    flow::StepId,
    lab::FAULTS,
    profile::{FieldPath, Kind, fields},
    session::{Command, Driver},
    transport::clock,
};

/// Lines that arrive closer than this are one paste.
const BURST: Duration = Duration::from_millis(80);

impl Walker {
    /// Does what a line asks for; returns whether that is to leave.
    pub(super) async fn take(&mut self, line: String) -> bool {
        let expects = words::expects(&self.session);
        // A question that is still open is asked again.
        self.told.question = None;
        match typed::read(&line, expects) {
            Err(says) => self.say(&[says]),
            Ok(Typed::Quit) => return true,
            Ok(Typed::Help) => self.say(&words::help()),
            Ok(Typed::Steps) => self.say(&words::steps(&self.session)),
            Ok(Typed::Verdict) => self.say(&words::verdict(&self.session)),
            Ok(Typed::HandOff) => self.say(&words::hand_off(&self.session)),
            Ok(Typed::Show(panel, all)) => {
                if let Some(step) = self.here {
                    self.say(&words::panel(
                        &self.session,
                        step,
                        (panel, all),
                        clock::now(),
                    ));
                }
            }
            Ok(Typed::Step(text)) => match words::step_of(&self.session, &text) {
                Ok(step) => {
                    (self.here, self.gone_to) = (Some(step), Some(step));
                    self.say(&[words::step_line(&self.session, step)]);
                }
                Err(says) => self.say(&[says]),
            },
            Ok(Typed::Fault(id)) => self.say(&self.fault(&id)),
            Ok(Typed::Trace(path)) => self.say(&[self.store(&path)]),
            Ok(Typed::Set(path, value)) => self.set(&path, &value).await,
            Ok(Typed::Send(text)) => match self.chosen(&text) {
                Ok(Some(step)) => self.command(Command::Send(step)),
                Ok(None) => self.say(&[words::next(&self.session)]),
                Err(says) => self.say(&[says]),
            },
            Ok(Typed::All) => match self.session.steps().last() {
                Some(last) if self.session.next_step(None).is_some() => {
                    self.command(Command::SendThrough(last.info().id));
                }
                _ => self.say(&[words::next(&self.session)]),
            },
            Ok(Typed::Answer(_)) if expects != Expects::Answer => {
                self.say(&["Nothing was asked.".to_owned()]);
            }
            Ok(Typed::Answer(true)) => self.command(Command::Confirm),
            Ok(Typed::Answer(false)) => {
                self.command(Command::Dismiss);
                self.say(&["Not sent.".to_owned()]);
            }
            Ok(Typed::Cancel) if self.session.waiting().is_none() => {
                self.say(&["Nothing is waited for.".to_owned()]);
            }
            Ok(Typed::Cancel) => self.command(Command::Abort),
            Ok(Typed::Paste(text)) => {
                let text = self.whole(text).await;
                self.command(Command::PasteRedirect(text));
            }
            Ok(Typed::New) => {
                self.command(Command::NewWalk);
                self.told = Told {
                    ended: ended(&self.session),
                    ..Told::default()
                };
                (self.here, self.gone_to) = (self.session.next_step(None).or(self.here), None);
            }
        }
        false
    }

    /// Returns the step to send: the named one, else the one gone to, else the next.
    fn chosen(&mut self, text: &str) -> Result<Option<StepId>, String> {
        let gone_to = self.gone_to.take();
        if text.is_empty() {
            Ok(gone_to.or_else(|| self.session.next_step(None)))
        } else {
            words::step_of(&self.session, text).map(Some)
        }
    }

    /// Changes a field for this walk; a secret is read from where it is named, and never from the line.
    async fn set(&mut self, path: &str, value: &str) {
        let chosen = [fields::FLOW.0, fields::LAB.0].contains(&path);
        let field = FieldPath::find(path);
        let secret = field.is_some_and(|field| matches!(field.field().kind, Kind::Secret));
        if chosen || secret && value == "-" {
            let says = if chosen {
                "is chosen at the start."
            } else {
                "cannot be read from standard input, which the commands come from."
            };
            self.say(&[format!("{path} {says}")]);
            return;
        }
        let mut profile = self.session.profile.clone();
        if let Err(failed) = run::set(&mut profile, &[format!("{path}={value}")]).await {
            let says = failed.says.trim_start_matches("--set ").to_owned();
            self.say(&[says]);
            return;
        }
        if let Some(lab) = &self.lab {
            start::fill(&mut profile, lab);
        }
        if path.starts_with("network.") {
            match World::new(&profile, true) {
                Ok(world) => self.driver = Driver::new(Arc::new(world), self.into.clone()),
                Err(says) => {
                    self.say(&[says]);
                    return;
                }
            }
        }
        self.told.next = None;
        self.command(Command::Adopt(Box::new(profile)));
        let now = field
            .map(|field| self.session.profile.shown_effective(field))
            .filter(|now| !now.is_empty());
        let says = now.map_or_else(
            || format!("{path} is set."),
            |now| format!("{path} is now {now}."),
        );
        self.say(&[self.session.vault.mask(&says)]);
    }

    /// Lists what the lab can do wrong in this flow, or switches one of it.
    fn fault(&self, id: &str) -> Vec<String> {
        let Some(lab) = &self.lab else {
            return vec!["Faults are of the lab, and this profile does not walk it.".to_owned()];
        };
        let mut on = lab.faults().on();
        if id.is_empty() {
            let flow = self.session.flow.id.0;
            let its = FAULTS.iter().filter(|fault| fault.flow == flow);
            return its.map(|fault| words::fault(fault, &on)).collect();
        }
        let found = match faults::named(id) {
            Ok(found) => found,
            Err(says) => return vec![says],
        };
        let was = on.len();
        on.retain(|other| other.id != found.id);
        let says = if on.len() < was {
            "is off. The command new starts a new walk without it."
        } else {
            on.push(found);
            "is on. The command new starts a new walk with it."
        };
        lab.faults().set(on);
        let with = words::with(found);
        vec![format!("{} {says}{with}", found.id)]
    }

    fn store(&self, path: &str) -> String {
        match start::write_private(Path::new(path), &trace::write(&self.session)) {
            Ok(()) => format!("The walk is stored in {path}."),
            Err(failed) => failed.says,
        }
    }

    /// Adds the lines that an address was wrapped over, which arrive right after it.
    async fn whole(&mut self, begun: String) -> String {
        let mut whole = begun;
        while let Ok(Some(line)) = tokio::time::timeout(BURST, self.lines.recv()).await {
            if !typed::goes_on(&line) {
                self.ahead.push_back(line);
                break;
            }
            whole.push_str(line.trim());
        }
        whole
    }
}
