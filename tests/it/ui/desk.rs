//! A desk to try the screen at: a host and a transport in memory, or the lab's own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jagwalk::{
    cli::{
        host::fault_entries,
        start,
        store::{LAB, LAB_TEXT},
        world::World,
    },
    flow::{Ink, Want, flows::XAA, preflight::Preflight},
    lab::{Lab, Switches, faults},
    profile::{
        Problem, Profile, fields,
        import::{Import, understand},
        load::{self, load},
    },
    protocol::{
        exchange::{Answer, Exchange, Failure, Purpose, Redirect, Request, Timings},
        http::{Bytes, Response},
        secret::Secret,
        time::Timestamp,
    },
    session::{Had, Session, Transport},
    transport::{clock, entropy},
    ui::{
        engine::{Engine, Host, Outside},
        hits::Hits,
        keymap::{Key, Keymap},
        model::{FaultEntry, ProfileEntry, Start},
        places::{Places, Stood},
        theme::{Depth, Glyphs, Shelf},
        update::{Msg, ProfilesOp, ProfilesReply},
        view::view,
    },
};
use ratatui::{buffer::Buffer, layout::Rect};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};
use unicode_width::UnicodeWidthStr as _;

/// When it is at the desk.
pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A transport that answers everything alike, and lets browsers wait.
pub struct Sham {
    status: u16,
    body: String,
}

impl Transport for Sham {
    async fn prepare(&self, wants: Vec<Want>) -> Vec<Had> {
        wants
            .into_iter()
            .map(|want| match want {
                Want::Secret(field, _) => {
                    Had::Secret(field, Ok(Secret::typed(field.0, "a-secret-from-outside")))
                }
                Want::Listener { redirect_uris, .. } => Had::Listener(Err((
                    redirect_uris.first().cloned().unwrap_or_default(),
                    "nobody may listen at this desk".to_owned(),
                ))),
            })
            .collect()
    }

    async fn send(
        &self,
        _purpose: Purpose,
        request: Request,
        pasted: oneshot::Receiver<Redirect>,
        _noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> Exchange {
        let outcome = match &request {
            Request::Http(_) => Ok(Answer::Http(Response {
                status: self.status,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: Bytes(self.body.clone().into_bytes()),
                body_size: self.body.len() as u64,
                cut: None,
            })),
            Request::Browser(_) => match pasted.await {
                Ok(redirect) => Ok(Answer::Redirect(redirect)),
                Err(_) => Err(Failure::Aborted),
            },
        };
        let times = Timings {
            start: NOW,
            first_byte: None,
            end: 1000,
        };
        Exchange {
            request,
            outcome,
            times,
        }
    }

    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A host in memory.
pub struct TestHost<T> {
    transport: Arc<T>,
    /// The files, by name.
    pub files: Mutex<BTreeMap<String, Profile>>,
    /// What was written.
    pub written: Mutex<Vec<String>>,
    /// Where the user stood in each profile.
    pub places: Mutex<Places>,
    /// What checks come to; without it they never end.
    pub checked: Mutex<Option<Preflight>>,
    /// What the next transport waits for before it is made: a slow disk.
    pub disk: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
    /// The lab, which fills in what it is asked to.
    lab: Option<Lab>,
    /// What the lab does wrong.
    pub faults: Switches,
    real_time: bool,
}

impl<T: Transport> TestHost<T> {
    fn list(&self) -> Vec<ProfileEntry> {
        let files = self.files.lock().expect("nobody panicked with it");
        let lab = ProfileEntry {
            name: LAB.to_owned(),
            title: "The lab".to_owned(),
            environment: "dev".to_owned(),
            built_in: true,
            problems: Vec::new(),
        };
        let others = files.iter().map(|(name, profile)| ProfileEntry {
            name: name.clone(),
            title: profile.text(fields::TITLE).unwrap_or_default().to_owned(),
            environment: profile
                .text(fields::ENVIRONMENT)
                .unwrap_or_default()
                .to_owned(),
            ..ProfileEntry::default()
        });
        std::iter::once(lab).chain(others).collect()
    }

    fn change(&self, op: ProfilesOp) -> Result<(), String> {
        let mut files = self.files.lock().expect("nobody panicked with it");
        let taken = |name: &String| format!("There is a profile {name} already.");
        match op {
            ProfilesOp::List | ProfilesOp::Load(_) => {}
            ProfilesOp::Text { .. } | ProfilesOp::Rewrite { .. } => {
                return Err("There are no texts here.".to_owned());
            }
            ProfilesOp::Create { name, .. } => {
                if files.contains_key(&name) {
                    return Err(taken(&name));
                }
                files.insert(name.clone(), Profile::named(name));
            }
            ProfilesOp::Save { name, edits } | ProfilesOp::SaveAs { name, edits, .. } => {
                let profile = files
                    .entry(name.clone())
                    .or_insert_with(|| Profile::named(name));
                for (field, value) in edits {
                    match value {
                        Some(value) => profile.set(field, value),
                        None => profile.unset(field),
                    }
                }
            }
            ProfilesOp::Import { name, import } => {
                if files.contains_key(&name) {
                    return Err(taken(&name));
                }
                let doc = import.profile(&name)?;
                files.insert(name.clone(), load(&name, doc.text()).0);
            }
            ProfilesOp::Duplicate { from, to } => {
                let mut copy = files.get(&from).cloned().unwrap_or_default();
                copy.name.clone_from(&to);
                files.insert(to, copy);
            }
            ProfilesOp::Rename { from, to } => {
                if files.contains_key(&to) {
                    return Err(taken(&to));
                }
                let mut moved = files.remove(&from).ok_or("It is gone.")?;
                moved.name.clone_from(&to);
                files.insert(to, moved);
            }
            ProfilesOp::Delete(name) => drop(files.remove(&name)),
        }
        Ok(())
    }
}

impl<T: Transport> Host for TestHost<T> {
    type Transport = T;

    fn profiles(&self, op: ProfilesOp) -> ProfilesReply {
        if let ProfilesOp::Load(name) = &op {
            let profile = self
                .files
                .lock()
                .expect("nobody panicked with it")
                .get(name)
                .cloned();
            return match profile {
                Some(profile) => ProfilesReply::Loaded {
                    profile: Box::new(profile),
                    has_file: true,
                    problems: Vec::new(),
                },
                None => ProfilesReply::Failed(format!("There is no profile {name}.")),
            };
        }
        match self.change(op) {
            Ok(()) => ProfilesReply::Done(self.list()),
            Err(says) => ProfilesReply::Failed(says),
        }
    }

    async fn lab(&self, mut profile: Profile) -> Result<Profile, String> {
        if let Some(lab) = &self.lab {
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

    fn transport(&self, _profile: &Profile) -> Result<Arc<T>, String> {
        let disk = self.disk.lock().expect("nobody panicked with it").take();
        if let Some(disk) = disk {
            let read = disk.recv_timeout(Duration::from_secs(20));
            read.map_err(|_| "The disk never came back.".to_owned())?;
        }
        Ok(Arc::clone(&self.transport))
    }

    fn trace(&self, path: &str, _session: &Session) -> Result<String, String> {
        self.written
            .lock()
            .expect("nobody panicked with it")
            .push(path.to_owned());
        Ok(format!("Written to {path}."))
    }

    fn keep_places(&self, left: Vec<(String, Stood)>) {
        let mut places = self.places.lock().expect("nobody panicked with it");
        places.keep(left);
    }

    fn open(&self, _address: &str) -> Result<(), String> {
        Err("There is no browser here.".to_owned())
    }

    fn keep_theme(&self, name: &str) -> Result<String, String> {
        self.written
            .lock()
            .expect("nobody panicked with it")
            .push(format!("theme {name}"));
        Ok(format!("The theme is {name} from now on."))
    }

    async fn import(&self, source: &str) -> Result<Import, String> {
        match source {
            "acme.env" => understand("OKTA_DOMAIN=acme.okta.example\nCLIENT_SECRET=hunter2\n"),
            _ => Err(format!("{source} cannot be read.")),
        }
    }

    async fn check(&self, _profile: Profile) -> Result<Preflight, String> {
        let found = self
            .checked
            .lock()
            .expect("nobody panicked with it")
            .clone();
        match found {
            Some(found) => Ok(found),
            None => std::future::pending().await,
        }
    }

    fn seed(&self) -> [u8; 32] {
        if self.real_time {
            entropy::seed()
        } else {
            [7; 32]
        }
    }

    fn now(&self) -> Timestamp {
        if self.real_time { clock::now() } else { NOW }
    }
}

/// The screen, and everything around it.
pub struct Desk<T: Transport> {
    /// The model with its effects.
    pub engine: Engine<TestHost<T>>,
    /// The host.
    pub host: Arc<TestHost<T>>,
    /// What was copied.
    pub copied: Vec<String>,
    /// Whether it was left.
    pub left: bool,
    inbox: mpsc::UnboundedReceiver<Msg>,
    runtime: Runtime,
}

impl Desk<Sham> {
    /// Sits down with a profile, every request answered alike.
    pub fn sham(profile: Profile, status: u16, body: &str, size: (u16, u16)) -> Self {
        Self::sham_again(profile, status, body, size, Places::default())
    }

    /// Sits down again, where the user stood somewhere the last time.
    pub fn sham_again(
        profile: Profile,
        status: u16,
        body: &str,
        size: (u16, u16),
        places: Places,
    ) -> Self {
        let ink = Ink {
            now: NOW,
            seed: [7; 32],
        };
        let session = Session::new(&XAA, profile, ink);
        Self::answered(session, status, body, size, places)
    }

    /// Sits down at a session, of a stored walk say.
    pub fn opened(session: Session, size: (u16, u16)) -> Self {
        Self::answered(session, 404, "{}", size, Places::default())
    }

    fn answered(
        session: Session,
        status: u16,
        body: &str,
        size: (u16, u16),
        places: Places,
    ) -> Self {
        let transport = Sham {
            status,
            body: body.to_owned(),
        };
        let host = TestHost {
            transport: Arc::new(transport),
            files: Mutex::default(),
            written: Mutex::default(),
            places: Mutex::new(places),
            checked: Mutex::default(),
            disk: Mutex::default(),
            lab: None,
            faults: Switches::default(),
            real_time: false,
        };
        let runtime = runtime();
        Self::new(session, Vec::new(), host, runtime, size)
    }
}

impl Desk<World> {
    /// Sits down at the lab, over real HTTP.
    pub fn lab(size: (u16, u16)) -> Self {
        let runtime = runtime();
        let (profile, problems) = load::load(LAB, LAB_TEXT);
        let lab = runtime
            .block_on(start::lab_for(&mut profile.clone()))
            .expect("the lab starts");
        let transport = World::new(&profile, false).expect("its settings are plain");
        let host = TestHost {
            transport: Arc::new(transport),
            files: Mutex::default(),
            written: Mutex::default(),
            places: Mutex::default(),
            checked: Mutex::default(),
            disk: Mutex::default(),
            faults: lab
                .as_ref()
                .map_or_else(Switches::default, |lab| lab.faults().clone()),
            lab,
            real_time: true,
        };
        let ink = Ink {
            now: host.now(),
            seed: host.seed(),
        };
        let session = Session::new(&XAA, profile, ink);
        Self::new(session, problems, host, runtime, size)
    }
}

impl<T: Transport> Desk<T> {
    fn new(
        session: Session,
        problems: Vec<Problem>,
        host: TestHost<T>,
        runtime: Runtime,
        size: (u16, u16),
    ) -> Self {
        let places = host.places.lock().expect("nobody panicked with it").clone();
        let host = Arc::new(host);
        let start = Start {
            session,
            has_file: false,
            problems,
            warnings: Vec::new(),
            keys: Keymap::default(),
            mouse: false,
            theme: "terminal".to_owned(),
            theme_chosen: false,
            shelf: Shelf::default(),
            depth: Depth::Sixteen,
            glyphs: Glyphs::UNICODE,
            share: false,
            places,
        };
        let (engine, inbox) = Engine::new(start, Arc::clone(&host), size);
        let mut desk = Self {
            engine,
            host,
            copied: Vec::new(),
            left: false,
            inbox,
            runtime,
        };
        let guard = desk.runtime.handle().clone();
        let outside = {
            let _inside = guard.enter();
            desk.engine.begin()
        };
        desk.outside(outside);
        desk.settle();
        desk
    }

    /// Presses keys: characters, and names in angle brackets (`<enter>`, `<ctrl-d>`); waits after each.
    pub fn keys(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let named = rest
                .strip_prefix('<')
                .and_then(|tail| tail.split_once('>'))
                .and_then(|(name, tail)| Some((Key::parse(name)?, tail)));
            let key = match named {
                Some((key, tail)) => {
                    rest = tail;
                    key
                }
                None => {
                    rest = &rest[c.len_utf8()..];
                    Key::plain(KeyCode::Char(c))
                }
            };
            self.press(key);
        }
        self
    }

    /// Presses one key.
    pub fn press(&mut self, key: Key) {
        self.tell(Msg::Key(key.event()));
    }

    /// Presses one key and waits for nothing that comes of it.
    pub fn tap(&mut self, key: &str) {
        let key = Key::parse(key).expect("it is a key");
        let guard = self.runtime.handle().clone();
        let _inside = guard.enter();
        let outside = self.engine.take(Msg::Key(key.event()));
        self.outside(outside);
    }

    /// Does something with the mouse at a column and a line; the screen is drawn before, as it is for a person.
    pub fn mouse(&mut self, kind: MouseEventKind, (column, row): (u16, u16)) -> &mut Self {
        self.cells();
        self.tell(Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
        self
    }

    /// Clicks on the first place that has a text.
    #[track_caller]
    pub fn click(&mut self, text: &str) -> &mut Self {
        let at = self.place_of(text);
        self.mouse(MouseEventKind::Down(MouseButton::Left), at);
        self.mouse(MouseEventKind::Up(MouseButton::Left), at)
    }

    /// Returns the column and line where a text begins.
    #[track_caller]
    pub fn place_of(&self, text: &str) -> (u16, u16) {
        let screen = self.screen();
        let found = (0..).zip(screen.lines()).find_map(|(y, line)| {
            let before = &line[..line.find(text)?];
            Some((u16::try_from(before.width()).ok()?, y))
        });
        found.unwrap_or_else(|| panic!("no {text:?} on\n{screen}"))
    }

    /// Pastes.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Paste(text.to_owned()));
        self
    }

    /// Gives a message, and waits until nothing is in flight.
    pub fn tell(&mut self, msg: Msg) {
        let outside = {
            let guard = self.runtime.handle().clone();
            let _inside = guard.enter();
            self.engine.take(msg)
        };
        self.outside(outside);
        self.settle();
    }

    fn outside(&mut self, outside: Vec<Outside>) {
        for outside in outside {
            match outside {
                Outside::Copy(text) => self.copied.push(text.to_string()),
                Outside::Quit => {
                    self.engine.end();
                    self.left = true;
                }
                Outside::Redraw | Outside::Suspend | Outside::Visit(_) => {}
            }
        }
    }

    fn settle(&mut self) {
        while let Ok(msg) = self.inbox.try_recv() {
            let guard = self.runtime.handle().clone();
            let _inside = guard.enter();
            let outside = self.engine.take(msg);
            self.outside(outside);
        }
        while self.engine.is_busy() {
            let msg = self.runtime.block_on(async {
                tokio::time::timeout(Duration::from_secs(30), self.inbox.recv()).await
            });
            let msg = msg
                .expect("what is in flight arrives")
                .expect("the engine holds the other end");
            let outside = {
                let guard = self.runtime.handle().clone();
                let _inside = guard.enter();
                self.engine.take(msg)
            };
            self.outside(outside);
        }
    }

    /// Draws.
    pub fn cells(&self) -> Buffer {
        let (width, height) = self.engine.model.size;
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        self.engine.draw(area, &mut buffer);
        buffer
    }

    /// Draws, and returns what stands where.
    pub fn hits(&self) -> Hits {
        let (width, height) = self.engine.model.size;
        let area = Rect::new(0, 0, width, height);
        view(&self.engine.model, area, &mut Buffer::empty(area))
    }

    /// Returns the text of the screen, line by line.
    pub fn screen(&self) -> String {
        let buffer = self.cells();
        let width = usize::from(buffer.area.width.max(1));
        buffer
            .content
            .chunks(width)
            .map(|line| {
                let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
                line.trim_end().to_owned() + "\n"
            })
            .collect()
    }

    /// Checks that the screen has a text.
    #[track_caller]
    pub fn sees(&self, text: &str) -> &Self {
        let screen = self.screen();
        assert!(screen.contains(text), "no {text:?} on\n{screen}");
        self
    }

    /// Takes what arrives until the screen has this text: for what ends a wait, which is not waited for by itself.
    #[track_caller]
    pub fn sees_soon(&mut self, text: &str) -> &mut Self {
        while !self.screen().contains(text) {
            let arrived = self.runtime.block_on(async {
                tokio::time::timeout(Duration::from_secs(30), self.inbox.recv()).await
            });
            let Ok(Some(msg)) = arrived else {
                panic!("no {text:?} on\n{}", self.screen());
            };
            let outside = {
                let guard = self.runtime.handle().clone();
                let _inside = guard.enter();
                self.engine.take(msg)
            };
            self.outside(outside);
        }
        self
    }

    /// Checks that it has not.
    #[track_caller]
    pub fn sees_no(&self, text: &str) -> &Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is on\n{screen}");
        self
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// A profile that can be walked without a lab, up to the browser.
pub fn tenant() -> Profile {
    let mut profile = Profile::named("acme");
    for (field, text) in [
        (fields::TITLE, "Acme"),
        (fields::IDP_ISSUER, "https://idp.example"),
        (
            fields::IDP_AUTHORIZATION_ENDPOINT,
            "https://idp.example/authorize",
        ),
        (fields::IDP_TOKEN_ENDPOINT, "https://idp.example/token"),
        (fields::IDP_JWKS_URI, "https://idp.example/keys"),
        (fields::SSO_CLIENT_ID, "sso-client"),
        (fields::SSO_CLIENT_SECRET, "hunter2hunter2"),
        (fields::SSO_REDIRECT_URI, "http://127.0.0.1:8765/callback"),
        (fields::RESOURCE_AS_ISSUER, "https://as.example"),
    ] {
        profile.edit(field, text).expect("it fits the field");
    }
    profile
}
