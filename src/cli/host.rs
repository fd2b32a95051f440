//! The world outside as the screen sees it: profiles on disk, the lab, traces and the browser.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Failed, check, import, outside, profile as command, start,
    store::{LAB, Opened, Store},
    themes,
    world::{Porch, World},
};
use crate::{
    export,
    flow::preflight::{Preflight, nothing_to_check},
    lab::{self, FAULTS, Lab, Switches, faults},
    profile::{FieldPath, FieldValue, Profile, ProfileDoc, fields, import::Import},
    protocol::{proxy::Environment, time::Timestamp},
    session::Session,
    transport::{browser, clock, entropy},
    ui::{
        away::{Text, Visit},
        engine::Host,
        model::{FaultEntry, ProfileEntry},
        places::Stood,
        update::{ProfilesOp, ProfilesReply},
        ways::{Program, Ways},
    },
};

/// The edits of a profile: a field's new value, or `None` to take it back.
type Edits = [(FieldPath, Option<FieldValue>)];

/// What the screen is given to work with.
pub struct Desk {
    store: Store,
    /// The files as they were read: nothing that changed since is written over.
    opened: Mutex<HashMap<String, Opened>>,
    lab: tokio::sync::Mutex<Option<Lab>>,
    /// What the lab does wrong, whether it runs already or not.
    faults: Switches,
    porch: Porch,
    /// Whether a sign-in may start a browser.
    browser: bool,
    /// Whether it is kept where the user stood.
    remember: bool,
}

impl Desk {
    /// Makes the desk; `first` is the profile that was opened at start.
    pub fn new(store: Store, first: Option<Opened>) -> Self {
        let opened = first
            .into_iter()
            .map(|opened| (opened.name.clone(), opened))
            .collect();
        Self {
            store,
            opened: Mutex::new(opened),
            lab: tokio::sync::Mutex::new(None),
            faults: Switches::default(),
            porch: Porch::default(),
            browser: true,
            remember: false,
        }
    }

    /// Keeps where the user stood, where that is wanted.
    #[must_use]
    pub fn remembering(self, remember: bool) -> Self {
        Self { remember, ..self }
    }

    /// Starts no browser, whoever signs in.
    #[must_use]
    pub fn without_browser(self) -> Self {
        Self {
            browser: false,
            ..self
        }
    }

    fn files(&self) -> std::sync::MutexGuard<'_, HashMap<String, Opened>> {
        // Each use leaves the table whole, so one that panicked did no harm to it.
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> Result<Vec<ProfileEntry>, Failed> {
        let mut names = vec![LAB.to_owned()];
        names.extend(self.store.saved()?);
        let entry = |name: String| match self.store.open(&name) {
            Ok(opened) => {
                let (profile, problems) = opened.load();
                ProfileEntry {
                    title: profile.text(fields::TITLE).unwrap_or_default().to_owned(),
                    environment: profile
                        .text(fields::ENVIRONMENT)
                        .unwrap_or_default()
                        .to_owned(),
                    built_in: name == LAB,
                    problems: problems.iter().map(ToString::to_string).collect(),
                    name,
                }
            }
            Err(error) => ProfileEntry {
                name,
                problems: vec![error.to_string()],
                ..ProfileEntry::default()
            },
        };
        Ok(names.into_iter().map(entry).collect())
    }

    fn load(&self, name: &str) -> Result<ProfilesReply, Failed> {
        let opened = self.store.open(name)?;
        let (profile, problems) = opened.load();
        let has_file = opened.path.is_some();
        self.files().insert(name.to_owned(), opened);
        // Which profile was used last is a convenience: that it cannot be noted stops nobody.
        let _ = self.store.set_last_used(name);
        Ok(ProfilesReply::Loaded {
            profile: Box::new(profile),
            has_file,
            problems,
        })
    }

    fn save(&self, name: &str, edits: &Edits) -> Result<(), Failed> {
        let opened = match self.files().get(name) {
            Some(opened) => opened.clone(),
            None => self.store.open(name)?,
        };
        let saved = self.store.save(&opened, &edited(&opened.text, edits)?)?;
        self.files().insert(name.to_owned(), saved);
        Ok(())
    }

    /// Opens a profile as its file is now, also one that came from elsewhere.
    fn afresh(&self, name: &str) -> Result<Opened, Failed> {
        let path = self
            .files()
            .get(name)
            .and_then(|opened| opened.path.clone());
        Ok(match path {
            Some(path) => self.store.open(&path.to_string_lossy())?,
            None => self.store.open(name)?,
        })
    }

    /// Writes the text that an editor left; where that cannot be done, it is kept in a file of its own.
    fn rewrite(&self, name: &str, base: String, text: &str) -> Result<(), Failed> {
        let saved = self.afresh(name).and_then(|opened| {
            let opened = Opened {
                text: base,
                ..opened
            };
            Ok(self.store.save(&opened, text)?)
        });
        match saved {
            Ok(saved) => {
                self.files().insert(name.to_owned(), saved);
                Ok(())
            }
            Err(failed) => {
                let kept = outside::keep("profile", ".toml", text.as_bytes());
                let kept = kept.map_or_else(
                    |error| format!("Your text is lost: {error}"),
                    |path| format!("Your text is in {}.", path.display()),
                );
                Err(failed.hint(Some(kept)))
            }
        }
    }

    fn save_as(&self, name: &str, from: Option<&str>, edits: &Edits) -> Result<(), Failed> {
        let text = match from {
            Some(from) => self.store.open(from)?.text,
            None => String::from("format = 1\n"),
        };
        let opened = self.store.create(name, &edited(&text, edits)?)?;
        self.files().insert(name.to_owned(), opened);
        Ok(())
    }

    fn change(&self, op: ProfilesOp) -> Result<ProfilesReply, Failed> {
        match op {
            ProfilesOp::List => {}
            ProfilesOp::Load(name) => return self.load(&name),
            ProfilesOp::Save { name, edits } => self.save(&name, &edits)?,
            ProfilesOp::Text { name, edits } => {
                let base = self.afresh(&name)?.text;
                // Nothing to be written in needs no file that can be read.
                let text = if edits.is_empty() {
                    base.clone()
                } else {
                    edited(&base, &edits)?
                };
                return Ok(ProfilesReply::Text { base, text });
            }
            ProfilesOp::Rewrite { name, base, text } => self.rewrite(&name, base, &text)?,
            ProfilesOp::SaveAs { name, from, edits } => {
                self.save_as(&name, from.as_deref(), &edits)?;
            }
            ProfilesOp::Create { name, template } => {
                command::new(
                    &self.store,
                    &name,
                    template.as_deref().unwrap_or("generic"),
                    &[],
                )?;
            }
            ProfilesOp::Import { name, import } => {
                let doc = import.profile(&name).map_err(Failed::usage)?;
                self.store.create(&name, doc.text())?;
            }
            ProfilesOp::Duplicate { from, to } => drop(self.store.duplicate(&from, &to)?),
            ProfilesOp::Rename { from, to } => {
                self.store.rename(&from, &to)?;
                self.files().remove(&from);
            }
            ProfilesOp::Delete(name) => {
                self.store.delete(&name)?;
                self.files().remove(&name);
            }
        }
        Ok(ProfilesReply::Done(self.list()?))
    }
}

fn edited(text: &str, edits: &Edits) -> Result<String, Failed> {
    let mut doc = ProfileDoc::parse(text).map_err(|problem| Failed::usage(problem.to_string()))?;
    for (field, value) in edits {
        match value {
            Some(value) => doc
                .set(*field, value)
                .map_err(|problem| Failed::usage(problem.to_string()))?,
            None => doc.unset(*field),
        }
    }
    Ok(doc.text().to_owned())
}

/// Returns every fault as the screen lists it, all off.
pub fn fault_entries() -> Vec<FaultEntry> {
    let entry = |fault: &lab::Fault| FaultEntry {
        id: fault.id,
        title: fault.title,
        party: fault.party.name(),
        flow: fault.flow,
        step: fault.step,
        with: fault.with,
        rules: fault.rules,
        on: false,
    };
    FAULTS.iter().map(entry).collect()
}

fn sentence(failed: Failed) -> String {
    match failed.hint {
        Some(hint) => format!("{} {hint}", failed.says),
        None => failed.says,
    }
}

impl Host for Desk {
    type Transport = World;

    fn profiles(&self, op: ProfilesOp) -> ProfilesReply {
        self.change(op)
            .unwrap_or_else(|failed| ProfilesReply::Failed(sentence(failed)))
    }

    async fn lab(&self, mut profile: Profile) -> Result<Profile, String> {
        let mut running = self.lab.lock().await;
        if running.is_none() {
            let mut options = start::lab_options(None, false).map_err(sentence)?;
            options.faults = self.faults.clone();
            let lab = lab::start(options)
                .await
                .map_err(|error| format!("{error} {}", error.hint()))?;
            *running = Some(lab);
        }
        if let Some(lab) = running.as_ref() {
            start::fill(&mut profile, lab);
        }
        Ok(profile)
    }

    fn faults(&self) -> Vec<FaultEntry> {
        fault_entries()
    }

    fn set_faults(&self, on: &[&'static str]) {
        self.faults
            .set(on.iter().filter_map(|id| faults::find(id)).collect());
    }

    fn transport(&self, profile: &Profile) -> Result<Arc<World>, String> {
        World::new(profile, self.browser)
            .map(|world| Arc::new(world.with_porch(self.porch.clone())))
    }

    fn trace(&self, path: &str, session: &Session) -> Result<String, String> {
        let path = Path::new(path);
        start::write_private(path, &export::for_file(path, session)).map_err(sentence)?;
        Ok(format!(
            "The walk is written to {}, secrets masked.",
            path.display()
        ))
    }

    fn open(&self, address: &str) -> Result<(), String> {
        browser::display_available(&|name| std::env::var(name).ok())
            .map_err(|why| format!("No browser can be started: {why}."))?;
        browser::open_browser(address)
    }

    fn ways(&self) -> Ways {
        Ways::of(&|name| std::env::var(name).ok(), std::env::consts::OS)
    }

    async fn hand(&self, program: &'static Program, text: &str) -> Result<bool, String> {
        outside::hand(program, text).await
    }

    fn keep(&self, text: &str) -> Result<String, String> {
        outside::keep("copy", ".txt", text.as_bytes()).map(|path| path.display().to_string())
    }

    async fn visit(&self, visit: &Visit) -> Result<Text, String> {
        outside::visit(visit).await
    }

    fn keep_address(&self, address: &str) -> Result<String, String> {
        let path = outside::keep("sign-in", ".txt", format!("{address}\n").as_bytes())?;
        Ok(format!(
            "The address is in {}, which only you can read.",
            path.display()
        ))
    }

    fn keep_theme(&self, name: &str) -> Result<String, String> {
        themes::keep(&self.store, name).map_err(sentence)
    }

    fn keep_places(&self, left: Vec<(String, Stood)>) {
        // A later start without a name goes on where this one was left.
        if let Some((last, _)) = left.last() {
            let _ = self.store.set_last_used(last);
        }
        if self.remember {
            self.store.keep_places(left);
        }
    }

    fn proxies(&self) -> Environment {
        check::proxies()
    }

    async fn import(&self, source: &str) -> Result<Import, String> {
        import::named(source).await.map_err(sentence)
    }

    async fn check(&self, profile: Profile) -> Result<Preflight, String> {
        if let Some(why) = nothing_to_check(&profile) {
            return Err(why);
        }
        // What still listens from the last sign-in would be found to hold the port.
        self.porch.clear();
        let (checks, fetched) = check::look(&profile).await.map_err(sentence)?;
        let sent = fetched.len();
        Ok(Preflight { checks, sent })
    }

    fn seed(&self) -> [u8; 32] {
        entropy::seed()
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }
}
