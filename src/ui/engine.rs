//! The model with the world outside around it: performs effects, and turns what comes of them into messages.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    future::Future,
    sync::Arc,
};

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use tokio::{sync::mpsc, task::AbortHandle};
use zeroize::Zeroizing;

use super::{
    away::{Text, Visit},
    copy::Copied,
    hits::Hits,
    link::{Link, links},
    model::{FaultEntry, Model, OpenId, Opened, Start, browser_of},
    places::Stood,
    sender::{self, Asked},
    update::{Effect, Msg, ProfilesOp, ProfilesReply, startup, update},
    view::view,
    ways::{Program, Report, Ways},
};
use crate::{
    export::text::code_to_enter,
    flow::{Ink, preflight::Preflight},
    profile::{Profile, import::Import},
    protocol::{proxy::Environment, time::Timestamp},
    session::{self, Session, Transport},
};

/// The world outside, as the screen sees it; the command line makes it.
pub trait Host: Send + Sync + 'static {
    /// What sends the requests of a session.
    type Transport: Transport;

    /// Reads or changes the profiles on disk. It may block: it is called where that is allowed.
    fn profiles(&self, op: ProfilesOp) -> ProfilesReply;

    /// Starts the lab (once; a second call uses the same) and fills a profile in, only by [`Profile::fill`].
    fn lab(&self, profile: Profile) -> impl Future<Output = Result<Profile, String>> + Send;

    /// Returns what the lab can be told to do wrong.
    fn faults(&self) -> Vec<FaultEntry> {
        Vec::new()
    }

    /// Makes the lab do exactly that wrong, now if it runs, else from its start on.
    fn set_faults(&self, on: &[&'static str]) {
        let _ = on;
    }

    /// Makes what sends requests for a profile, from its network settings.
    ///
    /// # Errors
    /// A sentence on what of the settings cannot be used.
    fn transport(&self, profile: &Profile) -> Result<Arc<Self::Transport>, String>;

    /// Writes the trace of a session to a file, secrets masked; returns the sentence about it. It may block.
    ///
    /// # Errors
    /// A sentence on why it could not be written.
    fn trace(&self, path: &str, session: &Session) -> Result<String, String>;

    /// Opens an address in a browser.
    ///
    /// # Errors
    /// A sentence on why there is none.
    fn open(&self, address: &str) -> Result<(), String>;

    /// Returns the ways by which a copied text can leave, beside a file.
    fn ways(&self) -> Ways {
        Ways::default()
    }

    /// Hands a text to a program; tells whether the program is there at all.
    ///
    /// # Errors
    /// A sentence on why it did not take the text.
    fn hand(
        &self,
        program: &'static Program,
        text: &str,
    ) -> impl Future<Output = Result<bool, String>> + Send {
        let _ = (program, text);
        std::future::ready(Ok(false))
    }

    /// Writes a copied text to a file that only its owner can read; returns the file. It may block.
    ///
    /// # Errors
    /// A sentence on why it could not be written.
    fn keep(&self, text: &str) -> Result<String, String> {
        let _ = text;
        Err("No file can be written here.".to_owned())
    }

    /// Lets another program have the terminal and a text, and waits for its end; returns the text as it left it.
    ///
    /// # Errors
    /// A sentence on why it did not end well, and where what it had written is.
    fn visit(&self, visit: &Visit) -> impl Future<Output = Result<Text, String>> + Send {
        let _ = visit;
        std::future::ready(Err("No program can be started here.".to_owned()))
    }

    /// Writes an address to a file that only its owner can read; returns the sentence about it. It may block.
    ///
    /// # Errors
    /// A sentence on why it could not be written.
    fn keep_address(&self, address: &str) -> Result<String, String> {
        let _ = address;
        Err("No file can be written here.".to_owned())
    }

    /// Writes the name of a theme into the configuration; returns the sentence about it. It may block.
    ///
    /// # Errors
    /// A sentence on why it could not be written.
    fn keep_theme(&self, name: &str) -> Result<String, String> {
        let _ = name;
        Err("No file can be written here.".to_owned())
    }

    /// Keeps where the user stood in each profile, for the next time; that it cannot be done stops nobody. It may block.
    fn keep_places(&self, left: Vec<(String, Stood)>) {
        let _ = left;
    }

    /// Returns what the environment says of proxies.
    fn proxies(&self) -> Environment {
        Environment::default()
    }

    /// Reads a source that a profile is to be made of: a file, or an address that is fetched once.
    fn import(&self, source: &str) -> impl Future<Output = Result<Import, String>> + Send {
        let _ = source;
        std::future::ready(Err("Nothing can be read here.".to_owned()))
    }

    /// Checks a profile over the network, with nothing but GET and without any credential; dropping it stops it.
    fn check(&self, profile: Profile) -> impl Future<Output = Result<Preflight, String>> + Send {
        let _ = profile;
        std::future::ready(Err("Nothing can be checked here.".to_owned()))
    }

    /// Returns fresh randomness for a walk.
    fn seed(&self) -> [u8; 32];

    /// Returns the time.
    fn now(&self) -> Timestamp;
}

/// What only the terminal can do.
pub enum Outside {
    /// Puts a text on the clipboard.
    Copy(Zeroizing<String>),
    /// Lets another program have the terminal.
    Visit(Visit),
    /// Draws every cell anew.
    Redraw,
    /// Stops until the shell continues us.
    Suspend,
    /// Leaves.
    Quit,
}

/// The model and what performs its effects; must live inside a tokio runtime.
pub struct Engine<H: Host> {
    /// The model.
    pub model: Model,
    host: Arc<H>,
    senders: HashMap<OpenId, mpsc::UnboundedSender<Asked>>,
    into: mpsc::UnboundedSender<Msg>,
    /// The check that is on: its number, and what stops it.
    checking: Option<(u64, AbortHandle)>,
    /// What the frame that was drawn last has where.
    hits: RefCell<Hits>,
    /// Where a sign-in that waited was cancelled or answered, and will soon say so.
    stirred: HashSet<OpenId>,
}

impl<H: Host> Engine<H> {
    /// Makes the engine; what comes of effects arrives at the receiver.
    pub fn new(
        start: Start,
        host: Arc<H>,
        size: (u16, u16),
    ) -> (Self, mpsc::UnboundedReceiver<Msg>) {
        let (into, from) = mpsc::unbounded_channel();
        let mut model = Model::new(start, size, host.now());
        model.faults = host.faults();
        model.proxies = host.proxies();
        model.ways = host.ways();
        let engine = Self {
            model,
            host,
            senders: HashMap::new(),
            into,
            checking: None,
            hits: RefCell::default(),
            stirred: HashSet::new(),
        };
        (engine, from)
    }

    /// Begins: to be called once the first frame is drawn.
    pub fn begin(&mut self) -> Vec<Outside> {
        let effects = startup(&mut self.model);
        self.perform(effects)
    }

    /// Ends: to be called once, however the screen was left.
    pub fn end(&self) {
        self.host.keep_places(self.model.left());
    }

    /// Takes a message; returns what only the terminal can do.
    pub fn take(&mut self, msg: Msg) -> Vec<Outside> {
        if let Msg::Checked(number, _) = &msg {
            self.checking.take_if(|(on, _)| on == number);
        }
        if let Msg::Session(id, session::Event::Answered { .. }) = &msg {
            self.stirred.remove(id);
        }
        let ink = Ink {
            now: self.host.now(),
            seed: self.host.seed(),
        };
        let effects = update(&mut self.model, msg, &self.hits.borrow(), ink);
        self.perform(effects)
    }

    /// Tells whether an answer is still to come; a sign-in that waits for a person is none, nor a check, which Esc stops.
    pub fn is_busy(&self) -> bool {
        let for_a_person = |opened: &Opened| {
            let on = &opened.session;
            !self.stirred.contains(&opened.id)
                && (browser_of(on).is_some() || code_to_enter(on).is_some())
        };
        let waits = |opened: &Opened| opened.session.waiting().is_some() && !for_a_person(opened);
        !self.model.awaited.is_empty() || self.model.open.iter().any(waits)
    }

    /// Draws; returns the cursor of the text that is edited.
    pub fn draw(&self, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let hits = view(&self.model, area, buf);
        let cursor = hits.cursor;
        *self.hits.borrow_mut() = hits;
        cursor
    }

    /// Returns what on the screen leads to an address.
    pub fn links(&self) -> Vec<Link> {
        links(&self.model)
    }

    /// Returns how long nothing needs to be drawn, in milliseconds; for ever when none.
    pub fn idle(&self) -> Option<u64> {
        let at = self.model.wakes_at()?;
        u64::try_from(at.since(self.host.now()).0.max(1)).ok()
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Vec<Outside> {
        effects
            .into_iter()
            .filter_map(|effect| self.one(effect))
            .collect()
    }

    fn one(&mut self, effect: Effect) -> Option<Outside> {
        let (host, into) = (Arc::clone(&self.host), self.into.clone());
        // Where a message cannot be handed over, the screen is gone, and nobody waits for it.
        match effect {
            Effect::Session(id, effect) => self.send(id, effect),
            Effect::Profiles(op) => {
                tokio::task::spawn_blocking(move || {
                    let reply = host.profiles(op.clone());
                    let _ = into.send(Msg::Profiles(op, reply));
                });
            }
            Effect::Faults(on) => host.set_faults(&on),
            Effect::Lab(id, profile) => {
                tokio::spawn(async move {
                    let result = host.lab(*profile).await.map(Box::new);
                    let _ = into.send(Msg::Lab(id, result));
                });
            }
            Effect::Trace { path, session } => {
                self.errand(move |host| host.trace(&path, &session));
            }
            Effect::KeepAddress(address) => self.errand(move |host| host.keep_address(&address)),
            Effect::KeepTheme(name) => self.errand(move |host| host.keep_theme(&name)),
            Effect::Open(address) => self.errand(move |host| {
                let opened = host.open(&address);
                opened.map(|()| "A browser was started.".to_owned())
            }),
            Effect::Import(source) => {
                tokio::spawn(async move {
                    let result = host.import(&source).await;
                    let _ = into.send(Msg::Imported(source, result));
                });
            }
            Effect::Check(number, profile) => {
                self.stop_checking();
                let task = tokio::spawn(async move {
                    let result = host.check(*profile).await;
                    let _ = into.send(Msg::Checked(number, result));
                });
                self.checking = Some((number, task.abort_handle()));
            }
            Effect::StopCheck => self.stop_checking(),
            Effect::Copy(copied) => return self.copy(copied),
            Effect::Visit(visit) => return Some(Outside::Visit(visit)),
            Effect::Redraw => return Some(Outside::Redraw),
            Effect::Suspend => return Some(Outside::Suspend),
            Effect::Quit => return Some(Outside::Quit),
        }
        None
    }

    /// Lets another program have the terminal, which must be given back by now; returns what comes of it.
    pub async fn visit(&self, visit: Visit) -> Msg {
        let result = self.host.visit(&visit).await;
        Msg::Returned(visit.errand, result)
    }

    /// Hands a copied text to every way that there is; what came of it is said once it is known.
    fn copy(&mut self, copied: Copied) -> Option<Outside> {
        let (host, into) = (Arc::clone(&self.host), self.into.clone());
        let ways = self.model.ways.clone();
        let terminal = !copied.to_file && ways.terminal_takes(copied.text.len());
        let outside = terminal.then(|| Outside::Copy(copied.text.clone()));
        tokio::spawn(async move {
            let mut report = Report::default();
            if !copied.to_file {
                by_programs(&*host, &ways, &copied.text, &mut report).await;
            }
            if terminal {
                report.took.push("the terminal’s clipboard".to_owned());
            }
            if report.took.is_empty() {
                // The last way; a disk may be slow.
                let text = copied.text.clone();
                let kept = tokio::task::spawn_blocking(move || host.keep(&text)).await;
                match kept.unwrap_or_else(|_| Err("The file was not written.".to_owned())) {
                    Ok(file) => report.file = Some(file),
                    Err(says) => report.failed.push(says),
                }
            }
            let (bad, says) = report.says(&copied, &ways);
            let _ = into.send(Msg::Said { bad, says });
        });
        outside
    }

    fn stop_checking(&mut self) {
        if let Some((_, task)) = self.checking.take() {
            task.abort();
        }
    }

    /// Does something that may block, and says what came of it.
    fn errand(&self, work: impl FnOnce(&H) -> Result<String, String> + Send + 'static) {
        let (host, into) = (Arc::clone(&self.host), self.into.clone());
        tokio::task::spawn_blocking(move || {
            let result = work(&host);
            let bad = result.is_err();
            let says = result.unwrap_or_else(|says| says);
            // Where nobody hears it, the screen is gone.
            let _ = into.send(Msg::Said { bad, says });
        });
    }

    /// Hands an effect to the task of its session.
    fn send(&mut self, id: OpenId, effect: session::Effect) {
        if matches!(
            effect,
            session::Effect::Abort(_) | session::Effect::Deliver { .. }
        ) {
            self.stirred.insert(id);
        }
        let Some(opened) = self.model.by_id(id) else {
            return;
        };
        let asked = Asked::of(effect, &opened.session.profile);
        let (host, into) = (&self.host, &self.into);
        let start = || sender::start(id, Arc::clone(host), into.clone());
        let sender = self.senders.entry(id).or_insert_with(start);
        // Its task lasts as long as the sender.
        let _ = sender.send(asked);
    }
}

/// Hands a text to the programs, of those with one place until one takes it.
async fn by_programs<H: Host>(host: &H, ways: &Ways, text: &str, report: &mut Report) {
    let (mut places, mut failed) = (Vec::new(), Vec::new());
    for program in &ways.programs {
        if places.contains(&program.place) || text.len() > program.most {
            continue;
        }
        match host.hand(program, text).await {
            Ok(true) => {
                places.push(program.place);
                report.took.push(program.took());
            }
            Ok(false) => {}
            Err(says) => failed.push((program.place, says)),
        }
    }
    // What another program made good is no news.
    failed.retain(|(place, _)| !places.contains(place));
    report
        .failed
        .extend(failed.into_iter().map(|(_, says)| says));
}
