//! The sequence diagram of a walk: lanes and messages made of the flow and its exchanges, with nothing drawn yet.

use super::{Attempt, Outcome, Session, Status, StepState, What};
use crate::{
    flow::{Artifact, Made, Step, StepId, StepInfo, TokenRecord},
    lint::Finding,
    protocol::{
        exchange::{Answer, Exchange, Purpose, Request},
        http::{HttpRequest, Value},
        party::Party,
        pointer::{Pointer, Side},
    },
};

/// The lanes from left to right: the user, the client, then the servers in the order in which flows reach them.
const LANES: [Party; 12] = [
    Party::You,
    Party::User,
    Party::Client,
    Party::InstanceIssuer,
    Party::ActorIssuer,
    Party::Idp,
    Party::ResourceAs,
    Party::Api,
    Party::Tts,
    Party::Service,
    Party::Network,
    Party::Unknown,
];

/// A walk as messages between parties; of a step that was sent several times its newest attempt.
#[derive(Clone, Debug)]
pub struct Diagram<'a> {
    /// The parties that the walk's steps involve, from left to right.
    pub lanes: Vec<Party>,
    /// What went, and what is planned, in the order of the walk.
    pub messages: Vec<Message<'a>>,
    /// How many messages went, side exchanges not counted.
    pub count: usize,
}

/// One arrow, or a note where there is none.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The step it belongs to.
    pub step: StepId,
    /// That step's number in the walk, from 1.
    pub number: usize,
    /// Who sends.
    pub from: Party,
    /// Who takes it.
    pub to: Party,
    /// What it is.
    pub way: Way,
    /// What became of it.
    pub state: State,
    /// Its grant, path, status or error in a word or two; from outside, so not masked yet.
    pub label: String,
    /// Whether the step's grounds have changed since.
    pub stale: bool,
    /// What a side exchange was for; `None` for the step's own.
    pub side: Option<Purpose>,
    /// Its place among the messages that went, from 1; none for what is planned and for side exchanges.
    pub place: Option<usize>,
    /// The tokens in it.
    pub carries: Vec<Carried>,
    /// The request, or the one that is answered; as drafted where nothing went yet.
    pub request: Option<&'a Request>,
    /// The whole exchange, once there is an answer or a failure.
    pub exchange: Option<&'a Exchange>,
    /// What the rules found at it.
    pub findings: Vec<&'a Finding>,
    /// Which attempt of the step it is from.
    pub attempt: Option<u32>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// A request.
    Request,
    /// Its answer.
    Answer,
    /// No message: why the step has none.
    Note,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It is still to go.
    Planned,
    /// It is waited for.
    Waiting,
    /// It went.
    Went,
    /// It went, and says no.
    Refused,
    /// It went, and we do not take it.
    Rejected,
    /// It never came.
    Lost,
}

/// Something that travels in a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Carried {
    /// What it is called.
    pub name: &'static str,
    /// By what the same token is known again, where that is known.
    pub fingerprint: Option<String>,
    /// Whether this message is the one that brought it.
    pub born: bool,
}

/// Lays out the diagram of a walk.
pub fn diagram(session: &Session) -> Diagram<'_> {
    let mut messages = Vec::new();
    for (index, step) in session.steps().enumerate() {
        let part = Part {
            session,
            step,
            info: step.info(),
            number: index + 1,
        };
        part.messages(session.step(step.info().id), &mut messages);
    }
    let mut count = 0;
    for message in &mut messages {
        let went = !matches!(message.state, State::Planned | State::Waiting);
        if went && message.side.is_none() && message.way != Way::Note {
            count += 1;
            message.place = Some(count);
        }
    }
    let involved = |party: &Party| {
        messages
            .iter()
            .any(|message| message.from == *party || message.to == *party)
    };
    Diagram {
        lanes: LANES.into_iter().filter(involved).collect(),
        messages,
        count,
    }
}

/// One step on its way into the diagram.
struct Part<'a> {
    session: &'a Session,
    step: &'static dyn Step,
    info: &'static StepInfo,
    number: usize,
}

impl<'a> Part<'a> {
    fn messages(&self, state: &'a StepState, out: &mut Vec<Message<'a>>) {
        if let Status::Skipped(why) = self.session.status(self.info.id) {
            out.push(Message {
                label: format!("left out: {why}"),
                ..self.bare(Way::Note, State::Planned)
            });
            return;
        }
        let attempt = state.last();
        for made in attempt.into_iter().flat_map(|attempt| &attempt.made) {
            self.made(state, attempt, made, out);
        }
        let (request, going) = match &state.going {
            Some(going) => match &going.what {
                What::Sending(purpose, request) => (Some((Some(*purpose), request)), true),
                What::Preparing(_) => (None, true),
            },
            None => (None, false),
        };
        if !going
            && attempt.is_some_and(|attempt| attempt.ended.is_some() || !attempt.made.is_empty())
        {
            return;
        }
        let drafted = match &state.draft {
            Some(Ok(draft)) => Some(&draft.request),
            _ => None,
        };
        let sent = request.is_some();
        let side = request
            .and_then(|(purpose, _)| purpose)
            .filter(|purpose| *purpose != Purpose::Main);
        let request = request.map(|(_, request)| request).or(drafted);
        let asks = if sent {
            State::Went
        } else if going {
            State::Waiting
        } else {
            State::Planned
        };
        let answers = if going {
            State::Waiting
        } else {
            State::Planned
        };
        let findings = if sent {
            Vec::new()
        } else {
            state.drafted.iter().collect()
        };
        self.ask(
            Message {
                state: asks,
                side,
                findings,
                request,
                ..self.bare(Way::Request, asks)
            },
            out,
        );
        let carries = if side.is_some() {
            Vec::new()
        } else {
            gives(self.info.gives)
        };
        let what = if going { "waited for" } else { "planned" };
        out.push(Message {
            carries,
            side,
            request,
            label: what.to_owned(),
            ..self.bare(Way::Answer, answers)
        });
    }

    /// The messages of one exchange that has ended.
    fn made(
        &self,
        state: &StepState,
        attempt: Option<&'a Attempt>,
        made: &'a Made,
        out: &mut Vec<Message<'a>>,
    ) {
        let exchange = made.exchange.as_ref();
        let side = Some(made.purpose).filter(|purpose| *purpose != Purpose::Main);
        let newest = attempt
            .and_then(Attempt::main)
            .is_some_and(|main| std::ptr::eq(main, exchange));
        let ended = attempt.filter(|_| newest);
        let found = |way: Way| {
            let all = ended
                .into_iter()
                .flat_map(|attempt| attempt.findings.iter().map(move |found| (attempt, found)));
            all.filter(|(attempt, found)| way_of(&found.at, &attempt.tokens) == way)
                .map(|(_, found)| found)
                .collect()
        };
        let common = Message {
            side,
            stale: state.stale,
            request: Some(&exchange.request),
            exchange: Some(exchange),
            attempt: attempt.map(|attempt| attempt.number),
            ..self.bare(Way::Request, State::Went)
        };
        self.ask(
            Message {
                findings: found(Way::Request),
                ..common.clone()
            },
            out,
        );
        let outcome = ended.and_then(|attempt| attempt.outcome.as_ref());
        let state = match (&exchange.outcome, outcome) {
            (Err(_), _) => State::Lost,
            (_, Some(Outcome::Refused(_))) => State::Refused,
            (_, Some(Outcome::Failed(_) | Outcome::Suspect(_))) => State::Rejected,
            (Ok(Answer::Http(response)), None) if response.status >= 400 => State::Refused,
            _ => State::Went,
        };
        let mut carries: Vec<Carried> = Vec::new();
        if let Some(attempt) = ended {
            let came = attempt.tokens.iter();
            let came = came.filter(|record| !record.artifact.is_own());
            carries.extend(came.map(|record| Carried {
                name: record.artifact.name(),
                fingerprint: Some(record.fingerprint.clone()),
                born: true,
            }));
            if attempt.outcome == Some(Outcome::Done) {
                let others: Vec<Artifact> = self
                    .info
                    .gives
                    .iter()
                    .copied()
                    .filter(|artifact| OTHERS.contains(artifact))
                    .collect();
                carries.extend(gives(&others));
            }
        }
        out.push(Message {
            way: Way::Answer,
            state,
            from: self.info.to,
            to: common.to_client(),
            label: answered(exchange, outcome),
            carries,
            findings: found(Way::Answer),
            ..common
        });
    }

    /// A request: one arrow, or through the browser two.
    fn ask(&self, message: Message<'a>, out: &mut Vec<Message<'a>>) {
        let front = match message.request {
            Some(request) => matches!(request, Request::Browser(_)),
            None => self.info.from == Party::User,
        };
        let label = match message.request {
            _ if front => "authorize".to_owned(),
            Some(request) => asked(request.http()),
            None => self.info.short.to_owned(),
        };
        let carries = match message.request {
            Some(request) if message.side.is_none() => self.takes(request.http()),
            None if !front => self.needs(),
            _ => Vec::new(),
        };
        if front {
            let (from, to) = (Party::Client, Party::User);
            out.push(Message {
                from,
                to,
                label,
                carries,
                findings: Vec::new(),
                ..message.clone()
            });
            let label = "signs in".to_owned();
            out.push(Message {
                from: Party::User,
                to: self.info.to,
                label,
                ..message
            });
        } else {
            out.push(Message {
                label,
                carries,
                ..message
            });
        }
    }

    fn bare(&self, way: Way, state: State) -> Message<'a> {
        let (from, to) = match way {
            Way::Answer => (self.info.to, client(self.info.from)),
            Way::Request | Way::Note => (self.info.from, self.info.to),
        };
        Message {
            step: self.info.id,
            number: self.number,
            from,
            to,
            way,
            state,
            label: String::new(),
            stale: false,
            side: None,
            place: None,
            carries: Vec::new(),
            request: None,
            exchange: None,
            findings: Vec::new(),
            attempt: None,
        }
    }

    /// What a request carries: every token of the walk in it, known by its fingerprint, and codes by their parameter.
    fn takes(&self, request: &HttpRequest) -> Vec<Carried> {
        let form = request.form().into_iter().flat_map(|form| &form.0);
        let values = request.headers.iter().chain(form).chain(&request.query.0);
        values
            .filter_map(|(name, value)| self.carried(name, value))
            .collect()
    }

    fn carried(&self, name: &str, value: &Value) -> Option<Carried> {
        let shown = self.session.vault.shown(value.secret()?);
        let fingerprint = shown
            .strip_suffix('›')
            .and_then(|shown| shown.rsplit_once(':'))
            .map(|(_, mark)| mark)?;
        let states = self.session.walk.steps.iter();
        let mut records = states.flat_map(|state| {
            state
                .given
                .iter()
                .chain(state.attempts.iter().flat_map(|each| &each.tokens))
        });
        let artifact = match name {
            "code" => Some(Artifact::Code),
            "device_code" => Some(Artifact::DeviceCode),
            _ => records
                .find(|record| record.fingerprint == fingerprint)
                .map(|record| record.artifact),
        };
        Some(Carried {
            name: artifact?.noun(),
            fingerprint: Some(fingerprint.to_owned()),
            born: false,
        })
    }

    /// What a step that was not drafted will take.
    fn needs(&self) -> Vec<Carried> {
        let needs = self.step.needs(&self.session.profile);
        let tokens = needs
            .into_iter()
            .filter(|artifact| Artifact::GIVEABLE.contains(artifact));
        tokens
            .map(|artifact| Carried {
                name: artifact.noun(),
                fingerprint: None,
                born: false,
            })
            .collect()
    }
}

/// What is no token, and still what a step was for.
const OTHERS: &[Artifact] = &[
    Artifact::IdpMetadata,
    Artifact::ResourceAsMetadata,
    Artifact::ApiMetadata,
    Artifact::Code,
    Artifact::DeviceCode,
];

/// What a step gives, of that list: tokens, codes and metadata, not what it keeps to itself.
fn gives(gives: &[Artifact]) -> Vec<Carried> {
    let told = |artifact: &&Artifact| {
        (Artifact::GIVEABLE.contains(artifact) && !artifact.is_own()) || OTHERS.contains(artifact)
    };
    let name = |artifact: &Artifact| Carried {
        name: artifact.noun(),
        fingerprint: None,
        born: true,
    };
    gives.iter().filter(told).map(name).collect()
}

impl Message<'_> {
    /// Who takes the answer: what comes through the browser ends at the client, too.
    fn to_client(&self) -> Party {
        client(self.from)
    }
}

fn client(from: Party) -> Party {
    if from == Party::User {
        Party::Client
    } else {
        from
    }
}

/// What a request asks for: its grant, else its method and path.
fn asked(request: &HttpRequest) -> String {
    if let Some(Value::Plain(grant)) = request.form().and_then(|form| form.get("grant_type")) {
        return grant.rsplit(':').next().unwrap_or(grant).to_owned();
    }
    let rest = request
        .url
        .split_once("://")
        .map_or(request.url.as_str(), |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    format!("{} {path}", request.method)
}

/// What an answer says: its status, and its error code.
fn answered(exchange: &Exchange, outcome: Option<&Outcome>) -> String {
    let error = match outcome {
        Some(Outcome::Refused(error)) => error.error.clone(),
        _ => None,
    };
    let rejected = matches!(outcome, Some(Outcome::Failed(_) | Outcome::Suspect(_)));
    let first = match &exchange.outcome {
        Ok(Answer::Http(response)) => response.status.to_string(),
        Ok(Answer::Redirect(_)) => "redirect".to_owned(),
        Err(_) => "no answer".to_owned(),
    };
    if exchange.broke_off() {
        return "answer broke off".to_owned();
    }
    let more = error.or_else(|| rejected.then(|| "rejected by us".to_owned()));
    more.map_or_else(|| first.clone(), |more| format!("{first} {more}"))
}

/// Tells which of the two messages a place is in; a token that came is in the answer, any other in the request.
fn way_of(at: &Pointer, came: &[TokenRecord]) -> Way {
    match at {
        Pointer::Url
        | Pointer::Query(_)
        | Pointer::Form(_)
        | Pointer::Profile(_)
        | Pointer::Header(Side::Request, _) => Way::Request,
        Pointer::Jose(token, _) | Pointer::Claim(token, _)
            if !came.iter().any(|record| record.name == *token) =>
        {
            Way::Request
        }
        _ => Way::Answer,
    }
}
