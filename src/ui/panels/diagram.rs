//! The walk as a sequence diagram: a lane for each party, an arrow for each message, what each carries in the note.

use unicode_width::UnicodeWidthStr as _;

use super::{Panel, no_badge};
use crate::{
    lint::Severity,
    protocol::{exchange::Request, http::Value, party::Party},
    session::diagram::{self, Carried, Diagram, Message, State, Way},
    ui::{
        rail::{cut, fit},
        rows::{Cx, Goes, Row, took, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "diagram",
    title: "Diagram",
    rows,
    badge: no_badge,
};

/// Where the first lane stands: half a party's name to its left.
const FIRST: usize = 5;

/// Lanes are so far apart, at least and at most; with less room there are none.
const GAPS: std::ops::RangeInclusive<usize> = 7..=24;

/// The words beside the lanes get so much at least.
const WORDS: usize = 36;

/// From this many cells on the words beside the lanes name addresses and fingerprints, too.
const ROOMY: usize = 66;

/// Where the lanes stand.
struct Lanes<'a> {
    parties: &'a [Party],
    gap: usize,
}

impl Lanes<'_> {
    fn at(&self, party: Party) -> Option<usize> {
        let place = self.parties.iter().position(|other| *other == party)?;
        Some(FIRST + place * self.gap)
    }

    fn width(&self) -> usize {
        FIRST + self.parties.len().saturating_sub(1) * self.gap + 1
    }
}

fn rows(cx: &Cx) -> Vec<Row> {
    let drawn = diagram::diagram(cx.session);
    let lanes = lanes(&drawn, usize::from(cx.width));
    let mut rows: Vec<Row> = lead(cx, &drawn).map(|lead| Row::text(Role::Muted, lead)).into_iter().collect();
    rows.extend(lanes.as_ref().map(|lanes| names(cx, lanes)));
    let mut messages = drawn.messages.iter().peekable();
    while let Some(message) = messages.next() {
        if message.side.is_none() {
            rows.push(row(cx, lanes.as_ref(), &drawn, message));
            continue;
        }
        let mut aside = vec![message];
        while let Some(next) = messages.next_if(|next| next.side.is_some() && next.step == message.step) {
            aside.push(next);
        }
        rows.push(fold(cx, lanes.as_ref(), &aside));
        rows.extend(aside.into_iter().map(|message| {
            let mut row = row(cx, lanes.as_ref(), &drawn, message);
            row.depth = 1;
            row
        }));
    }
    wrap(rows, cx.width)
}

/// Finds the row of a step's first arrow.
pub fn row_of(rows: &[Row], step: crate::flow::StepId) -> Option<usize> {
    rows.iter().position(|row| row.goes == Some(Goes::Step(step)) && row.depth == 0 && !row.heading)
}

/// Finds the row of the message that went next after a row, or of the first.
pub fn next_message(rows: &[Row], after: Option<usize>) -> Option<usize> {
    let from = after.map_or(0, |at| at + 1);
    let went = |row: &Row| row.place.as_ref().is_some_and(|place| place.starts_with("message "));
    (from..rows.len()).find(|at| went(&rows[*at]))
}

fn lanes<'a>(drawn: &'a Diagram<'_>, width: usize) -> Option<Lanes<'a>> {
    let spaces = drawn.lanes.len().checked_sub(1).filter(|spaces| *spaces > 0)?;
    let words = WORDS.max(width * 2 / 5);
    let gap = width.saturating_sub(FIRST + 4 + words) / spaces;
    (gap >= *GAPS.start()).then(|| Lanes { parties: &drawn.lanes, gap: gap.min(*GAPS.end()) })
}

/// How far the walk is, where it goes on: of one that is over the arrows say it.
fn lead(cx: &Cx, drawn: &Diagram<'_>) -> Option<String> {
    let planned: std::collections::BTreeSet<usize> = drawn
        .messages
        .iter()
        .filter(|message| message.state == State::Planned && message.way != Way::Note)
        .map(|message| message.number)
        .collect();
    let sent = match drawn.count {
        0 => "Nothing was sent yet".to_owned(),
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let planned = match planned.len() {
        0 => return None,
        1 => "1 step is planned".to_owned(),
        count => format!("{count} steps are planned"),
    };
    Some(format!("{sent} {} {planned}.", cx.glyphs.dot))
}

/// The names over the lanes.
fn names(cx: &Cx, lanes: &Lanes<'_>) -> Row {
    let mut text = String::new();
    for party in lanes.parties {
        let room = if *party == lanes.parties[0] { (FIRST + 1) * 2 - 1 } else { lanes.gap - 1 };
        let name = cut(party.name(), room.min(lanes.gap + 3), cx.glyphs);
        let middle = lanes.at(*party).unwrap_or_default();
        let gap = (middle.saturating_sub(name.width() / 2)).saturating_sub(text.width());
        text.push_str(&" ".repeat(gap.max(usize::from(!text.is_empty()))));
        text.push_str(&name);
    }
    Row::text(Role::Strong, text)
}

/// The heading of side exchanges, folded until it is opened.
fn fold(cx: &Cx, lanes: Option<&Lanes<'_>>, aside: &[&Message<'_>]) -> Row {
    let asks: Vec<&str> = aside
        .iter()
        .filter(|message| message.way == Way::Request)
        .filter_map(|message| message.side.map(crate::protocol::exchange::Purpose::id))
        .collect();
    let mut kinds = asks.clone();
    kinds.dedup();
    let mut spans = lanes.map(|lanes| line(cx, lanes, None)).unwrap_or_default();
    spans.push((Role::Muted, "  ".to_owned()));
    let mut row = Row::new(fit(spans, usize::from(cx.width), cx.glyphs));
    row.spans.push((Role::Muted, format!("{} ", cx.glyphs.unfolded)));
    let room = usize::from(cx.width).saturating_sub(row.width());
    let says = format!("{}: {}", words::count(asks.len(), "side request"), kinds.join(", "));
    row.spans.push((Role::Muted, cut(&says, room, cx.glyphs)));
    row.heading = true;
    row.shut = true;
    row.goes = aside.first().map(|message| Goes::Step(message.step));
    row.noted(Some("Requests that the step needed besides its own; Space unfolds them.".to_owned()))
}

/// One message as a row: its arrow over the lanes, its words beside them.
fn row(cx: &Cx, lanes: Option<&Lanes<'_>>, drawn: &Diagram<'_>, message: &Message<'_>) -> Row {
    let note = note(cx, message);
    let here = message.step == cx.step && message.side.is_none();
    let mut spans = Vec::new();
    if let Some(lanes) = lanes {
        spans = line(cx, lanes, Some(message));
        spans.push((Role::Text, "  ".to_owned()));
    }
    let mark = if here { cx.glyphs.current } else { " " };
    match (spans.first_mut(), lanes) {
        (Some((role, text)), Some(_)) if here => {
            *role = Role::Accent;
            *text = format!("{mark}{}", text.get(1..).unwrap_or_default());
        }
        (_, Some(_)) => {}
        _ => {
            let to = format!("{} {} {}  ", message.from.name(), cx.glyphs.to, message.to.name());
            spans.push((Role::Accent, format!("{mark} ")));
            spans.push((Role::Muted, to));
        }
    }
    let used: usize = spans.iter().map(|(_, text)| text.width()).sum();
    spans.extend(told(cx, message, usize::from(cx.width).saturating_sub(used)));
    let spans = if lanes.is_some() { fit(spans, usize::from(cx.width), cx.glyphs) } else { spans };
    let mut row = Row::new(spans).going(Goes::Step(message.step)).copying(cx.copy("message", &note));
    row.place = Some(placed(drawn, message));
    row.noted(Some(note))
}

/// The lanes with an arrow across them.
fn line(cx: &Cx, lanes: &Lanes<'_>, message: Option<&Message<'_>>) -> Vec<(Role, String)> {
    let glyphs = cx.glyphs;
    let mut cells: Vec<(Role, &str)> = vec![(Role::Text, " "); lanes.width()];
    // Beside what is as plain as they are the lanes are drawn like it: each other look costs bytes on every line.
    let lane = match message {
        None => Role::Muted,
        Some(message) if message.way == Way::Note => Role::Border,
        Some(message) => Some(role(message)).filter(|role| matches!(role, Role::Text | Role::Muted)).unwrap_or(Role::Border),
    };
    for party in lanes.parties {
        if let Some(cell) = lanes.at(*party).and_then(|at| cells.get_mut(at)) {
            *cell = (lane, glyphs.vertical);
        }
    }
    if let Some(message) = message
        && message.way != Way::Note
        && let (Some(from), Some(to)) = (lanes.at(message.from), lanes.at(message.to))
    {
        let (low, high) = (from.min(to), from.max(to));
        let role = role(message);
        for (at, cell) in cells.iter_mut().enumerate().take(high).skip(low + 1) {
            let planned = matches!(message.state, State::Planned | State::Waiting);
            let drawn = if !planned {
                glyphs.horizontal
            } else if at % 2 == low % 2 {
                glyphs.idle
            } else {
                " "
            };
            *cell = (role, drawn);
        }
        let (tail, head, stop) = if from < to {
            cells[low] = (role, glyphs.branch_right);
            (low + 1, high.saturating_sub(1), high.saturating_sub(2))
        } else {
            cells[high] = (role, glyphs.branch_left);
            (high.saturating_sub(1), low + 1, high.saturating_sub(2))
        };
        match message.state {
            // What never came has no head.
            State::Lost => {
                for (at, cell) in cells.iter_mut().enumerate().take(high).skip(low + 1) {
                    *cell = (role, if at == tail { glyphs.horizontal } else { " " });
                }
                cells[stop] = (role, glyphs.failed);
            }
            _ if from == to => {}
            state => {
                cells[head] = (role, if from < to { glyphs.head_right } else { glyphs.head_left });
                if matches!(state, State::Refused | State::Rejected) && high - low > 5 {
                    cells[stop] = (role, glyphs.failed);
                    cells[stop - 1] = (role, " ");
                    cells[stop + 1] = (role, " ");
                }
            }
        }
    }
    let mut spans: Vec<(Role, String)> = Vec::new();
    for (role, text) in cells {
        match spans.last_mut() {
            Some((last, all)) if *last == role => all.push_str(text),
            _ => spans.push((role, text.to_owned())),
        }
    }
    spans
}

fn role(message: &Message<'_>) -> Role {
    match message.state {
        State::Refused | State::Rejected => Role::StepRefused,
        State::Lost => Role::StepFailed,
        _ if message.side.is_some() => Role::Muted,
        State::Planned => Role::StepSkipped,
        State::Waiting => Role::StepWaiting,
        State::Went if message.stale => Role::StepStale,
        State::Went => Role::Text,
    }
}

/// The words beside the lanes: number, label, what is carried, the time, and what was found.
fn told(cx: &Cx, message: &Message<'_>, room: usize) -> Vec<(Role, String)> {
    let roomy = room >= ROOMY;
    let dot = format!(" {} ", cx.glyphs.dot);
    let role = role(message);
    let mut label = cx.value(&message.label);
    if let Some(purpose) = message.side.filter(|_| message.way == Way::Request) {
        label = format!("{}: {label}", purpose.id());
    }
    let number = match (message.way, message.side) {
        (Way::Request | Way::Note, None) => format!("{} ", message.number),
        _ => " ".repeat(message.number.to_string().len() + 1),
    };
    let mark = match message.state {
        State::Refused | State::Rejected | State::Lost => format!("{} ", cx.glyphs.failed),
        _ => String::new(),
    };
    let planned = message.state == State::Planned && message.way == Way::Request;
    let planned = if planned { format!("planned{dot}") } else { String::new() };
    let mut spans = vec![(role, format!("{number}{mark}{planned}{label}"))];
    if let (Way::Answer, Some(exchange)) = (message.way, message.exchange) {
        spans.push((role, format!("{dot}{}", took(exchange.times.end))));
    }
    if message.stale && message.way == Way::Answer {
        spans.push((Role::StepStale, format!("{dot}stale")));
    }
    for carried in &message.carries {
        let fingerprint = carried.fingerprint.as_ref().filter(|_| roomy);
        let name = fingerprint.map_or_else(|| carried.name.to_owned(), |mark| format!("{} {mark}", carried.name));
        let role = match message.state {
            State::Planned => role,
            _ if carried.born => Role::Strong,
            _ => Role::Text,
        };
        spans.push((role, format!("{dot}{name}")));
    }
    let found: Vec<_> = message.findings.iter().filter(|finding| finding.severity > Severity::Note).collect();
    if let Some(worst) = found.iter().map(|finding| finding.severity).max() {
        let role = if worst == Severity::Error { Role::FindingError } else { Role::FindingWarning };
        let codes: Vec<String> = found.iter().map(|finding| finding.code.to_string()).collect();
        let says = if roomy || codes.len() == 1 { codes.join(" ") } else { words::count(codes.len(), "finding") };
        spans.push((Role::Muted, dot.clone()));
        spans.push((role, format!("{} {says}", cx.glyphs.warning)));
    }
    if let (Way::Request, Some(request), true) = (message.way, message.request, roomy && message.from != Party::User) {
        // The path of a GET is said already.
        let url = &request.http().url;
        let path = message.label.split_once(' ').map_or("", |(_, path)| path);
        spans.push((Role::Muted, dot));
        spans.push((Role::Link, cx.value(url.strip_suffix(path).unwrap_or(url))));
    }
    spans
}

fn placed(drawn: &Diagram<'_>, message: &Message<'_>) -> String {
    match (message.place, message.way, message.side) {
        (Some(place), ..) => format!("message {place} of {}", drawn.count),
        (None, Way::Note, _) => format!("step {}", message.number),
        (None, _, Some(_)) => format!("side exchange of step {}", message.number),
        (None, ..) => format!("step {}, not sent", message.number),
    }
}

/// What a message carries: where it goes, its tokens, what was found at it, its parameters in words.
fn note(cx: &Cx, message: &Message<'_>) -> String {
    let title = cx.session.flow.step(message.step).map_or("", |step| step.info().title);
    let mut says = vec![title.to_owned()];
    match (message.way, message.request) {
        (Way::Note, _) => says.push(words::upper(&cx.value(&message.label))),
        (Way::Request, Some(request)) => {
            let http = request.http();
            says.push(format!("{} {}", cx.text(&http.method), cx.value(&http.url)));
        }
        (Way::Request, None) => says.push("It cannot be written yet; the step's inputs say what is missing".to_owned()),
        (Way::Answer, _) => {
            let from = format!("{} answers the {}", words::upper(message.from.name()), message.to.name());
            let came = message.exchange.map(|exchange| words::came(cx, exchange).1);
            says.push(came.map_or(from.clone(), |came| format!("{from}: {came}")));
        }
    }
    if message.attempt.is_some_and(|attempt| attempt > 1) {
        says.push(format!("Attempt {}", message.attempt.unwrap_or_default()));
    }
    if !message.carries.is_empty() {
        let verb = match (message.way, message.state) {
            (Way::Answer, State::Planned | State::Waiting) => "It is to bring",
            (Way::Answer, _) => "It brings",
            _ => "It carries",
        };
        let all: Vec<String> = message.carries.iter().map(carried).collect();
        says.push(format!("{verb} {}", all.join(", ")));
    }
    for finding in &message.findings {
        says.push(format!("{} {}: {}", words::upper(finding.severity.id()), finding.code, cx.text(&finding.says)));
    }
    if let (Way::Request, Some(request)) = (message.way, message.request) {
        says.extend(in_words(cx, request));
    }
    says.iter().map(|text| words::sentence(text)).collect::<Vec<_>>().join(" ")
}

fn carried(carried: &Carried) -> String {
    match &carried.fingerprint {
        Some(fingerprint) => format!("{} {fingerprint}", carried.name),
        None => carried.name.to_owned(),
    }
}

/// How a parameter is said; `{}` is its value.
const PHRASES: &[(&str, &str)] = &[
    ("grant_type", "the grant {}"),
    ("requested_token_type", "asks for {}"),
    ("audience", "for the audience {}"),
    ("resource", "at the resource {}"),
    ("scope", "with the scope {}"),
    ("client_id", "as the client {}"),
    ("redirect_uri", "to be sent back to {}"),
    ("response_type", "asks for a {}"),
    ("login_hint", "suggests {}"),
    ("code_verifier", "with the PKCE verifier"),
    ("code_challenge", "with a PKCE challenge"),
    ("client_assertion", "the client proves itself with a signed assertion"),
    ("client_secret", "the client proves itself with its secret in the body"),
    ("state", "with a state"),
    ("nonce", "with a nonce"),
    // These are said with the tokens, or say nothing that those beside them do not say.
    ("code", ""),
    ("device_code", ""),
    ("subject_token", ""),
    ("assertion", ""),
    ("refresh_token", ""),
    ("subject_token_type", ""),
    ("client_assertion_type", ""),
    ("code_challenge_method", ""),
];

/// The parameters of a request in words, as one sentence.
fn in_words(cx: &Cx, request: &Request) -> Option<String> {
    let http = request.http();
    let params = http.form().unwrap_or(&http.query);
    let mut says = Vec::new();
    for (name, value) in &params.0 {
        let shown = match value {
            Value::Plain(text) => cx.value(text),
            Value::Secret(hidden) => cx.secret(&hidden.secret),
        };
        match PHRASES.iter().find(|(other, _)| other == name) {
            Some((_, "")) => {}
            Some((_, phrase)) => says.push(phrase.replace("{}", &shown)),
            None => says.push(format!("{} {shown}", cx.text(name))),
        }
    }
    if http.headers.iter().any(|(name, value)| name == "authorization" && value.secret().is_some()) {
        says.push("with an Authorization header".to_owned());
    }
    (!says.is_empty()).then(|| format!("In words: {}", says.join(", ")))
}
