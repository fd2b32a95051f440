//! `jagwalk --plain`: a walk line by line, for screen readers, dumb terminals and pipes.
//!
//! What is typed are words, what is printed are lines; nothing moves the cursor, colours, or draws.

mod obey;
mod told;
mod typed;
mod words;

use std::{collections::VecDeque, io::BufRead as _, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use self::{
    told::{Told, ended, prompt, say},
    typed::Expects,
};
use super::{Failed, args::Screen, config, screen, start, store::Store, world::World};
use crate::{
    export::trace,
    flow::{Ink, StepId, flows},
    lab::Lab,
    profile::fields,
    session::{Command, Driver, Effect, Event, Session},
    transport::{clock, entropy},
};

/// After so long a request that is out is spoken of, once.
const SLOW: Duration = Duration::from_secs(3);

/// Walks line by line until the user leaves.
///
/// # Errors
/// When the profile or the trace cannot be read, or the lab cannot start.
pub async fn plain(options: Screen) -> Result<u8, Failed> {
    let (session, lab) = session(&options).await?;
    let (into, events) = mpsc::unbounded_channel();
    let world = World::new(&session.profile, true).map_err(Failed::usage)?;
    let mut walker = Walker {
        driver: Driver::new(Arc::new(world), into.clone()),
        into,
        events,
        lines: lines(),
        ahead: VecDeque::new(),
        here: session
            .next_step(None)
            .or_else(|| Some(session.steps().last()?.info().id)),
        gone_to: None,
        told: Told::default(),
        share: config::for_command().config.share.unwrap_or_default(),
        session,
        lab,
    };
    walker.told.ended = ended(&walker.session);
    walker.say(&words::opening(&walker.session));
    Ok(walker.walk().await)
}

/// Opens the trace, or the profile, and begins its walk.
async fn session(options: &Screen) -> Result<(Session, Option<Lab>), Failed> {
    if let Some(path) = &options.open {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failed::usage(format!("{} cannot be read: {error}.", path.display()))
        })?;
        let session = trace::read(&text).map_err(|error| {
            Failed::usage(format!("{} cannot be opened: {error}", path.display()))
        })?;
        return Ok((session, None));
    }
    if options.profile.as_deref() == Some("-") {
        return Err(Failed::usage(
            "--plain takes commands from standard input, so the profile cannot come from there.",
        )
        .hint(Some("Say --profile with a name or the path of a file.")));
    }
    let store = Store::find()?;
    let (name, warning) = screen::choose(&store, options.profile.as_deref());
    let (_, mut profile, problems) = start::open(&store, &name)?;
    if options.profile.is_some() {
        // Which profile was used last is a convenience: that it cannot be noted stops nobody.
        let _ = store.set_last_used(&name);
    }
    say(warning.as_slice());
    for problem in problems {
        say(&[format!("profile {}: {problem}", profile.name)]);
    }
    let id = options
        .flow
        .as_deref()
        .or_else(|| profile.text(fields::FLOW))
        .unwrap_or("xaa");
    let flow = flows::find(id).ok_or_else(|| Failed::usage(format!("There is no flow {id:?}.")))?;
    flow.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await?;
    let ink = Ink {
        now: clock::now(),
        seed: entropy::seed(),
    };
    Ok((Session::new(flow, profile, ink), lab))
}

/// The walk with the world outside around it.
struct Walker {
    session: Session,
    driver: Driver<World>,
    into: mpsc::UnboundedSender<Event>,
    events: mpsc::UnboundedReceiver<Event>,
    lines: mpsc::UnboundedReceiver<String>,
    /// Lines that were read to see whether they belong to an address.
    ahead: VecDeque<String>,
    lab: Option<Lab>,
    /// The step that is spoken of.
    here: Option<StepId>,
    /// The step that the user went to, until it is sent.
    gone_to: Option<StepId>,
    told: Told,
    /// Whether people are masked, too: others read along.
    share: bool,
}

/// What made the walk move on.
enum Came {
    Event(Event),
    Line(Option<String>),
    Interrupt,
    Slow,
}

impl Walker {
    async fn walk(&mut self) -> u8 {
        let mut interrupts = interrupts();
        loop {
            self.tell();
            let going = self.session.waiting().map(|(_, going)| going.send);
            // A command waits for the answer to the one before it; a sign-in takes lines meanwhile.
            let listens = going.is_none() || words::expects(&self.session) != Expects::Command;
            let slow = !listens && self.told.slow != going;
            if listens && !self.told.prompted {
                self.told.prompted = true;
                prompt("> ");
            }
            let came = tokio::select! {
                biased;
                Some(()) = interrupts.recv() => Came::Interrupt,
                Some(event) = self.events.recv() => Came::Event(event),
                () = tokio::time::sleep(SLOW), if slow => Came::Slow,
                line = line(&mut self.ahead, &mut self.lines), if listens => Came::Line(line),
            };
            match came {
                Came::Event(event) => {
                    let ink = self.ink();
                    let effects = self.session.event(event, ink);
                    self.perform(effects);
                }
                Came::Slow => {
                    self.told.slow = going;
                    self.news(&[
                        "Still waiting for the answer; ctrl-c cancels and leaves.".to_owned()
                    ]);
                }
                Came::Line(Some(line)) => {
                    self.told.prompted = false;
                    if self.take(line).await {
                        self.cancel().await;
                        return words::status(&self.session);
                    }
                }
                Came::Line(None) => {
                    let status = words::status(&self.session);
                    self.cancel().await;
                    return status;
                }
                Came::Interrupt => {
                    self.cancel().await;
                    return 130;
                }
            }
        }
    }

    fn ink(&self) -> Ink {
        Ink {
            now: clock::now(),
            seed: self.session.walk.seed,
        }
    }

    fn command(&mut self, command: Command) {
        let ink = match command {
            Command::NewWalk => Ink {
                seed: entropy::seed(),
                ..self.ink()
            },
            _ => self.ink(),
        };
        // Asked for anew, the same complaint is worth its line.
        self.told.notice = None;
        let effects = self.session.command(command, ink);
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.driver.perform(effect);
        }
    }

    /// Cancels what is in flight and waits until it is.
    async fn cancel(&mut self) {
        if self.session.waiting().is_some() {
            self.command(Command::Abort);
        }
        while self.session.waiting().is_some() {
            let Some(event) = self.events.recv().await else {
                return;
            };
            let ink = self.ink();
            let effects = self.session.event(event, ink);
            self.perform(effects);
        }
        // What comes next is of no interest to whoever leaves.
        self.told.next = Some(words::next(&self.session));
        self.tell();
    }
}

async fn line(
    ahead: &mut VecDeque<String>,
    lines: &mut mpsc::UnboundedReceiver<String>,
) -> Option<String> {
    match ahead.pop_front() {
        Some(line) => Some(line),
        None => lines.recv().await,
    }
}

/// Reads standard input in the background; the thread ends with the program.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (into, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut line = Vec::new();
        while input
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            if into
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                return;
            }
            line.clear();
        }
    });
    lines
}

/// Hears every ctrl-c, also one that comes while something else is done.
fn interrupts() -> mpsc::UnboundedReceiver<()> {
    let (into, heard) = mpsc::unbounded_channel();
    tokio::spawn(
        async move { while tokio::signal::ctrl_c().await.is_ok() && into.send(()).is_ok() {} },
    );
    heard
}
