//! The story of a walk in plain text, and what is told while it goes on.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{
    curl::normal,
    mask,
    report::{millis, says, state, status_id, tokens},
};
use crate::{
    flow::{Artifact, Made, Step, StepId, TokenRecord},
    lint::Finding,
    protocol::{
        exchange::{Answer, AuthorizeRequest, Exchange, Login, Purpose, Request},
        http::{Params, Response},
        jwt::Claims,
        oauth::OAuthError,
        visible::{visible, visible_lines},
    },
    session::{
        Outcome, Session, Status, StepState, Walk, audit,
        headless::{End, ended_at},
    },
};

/// No line is wider.
const WIDTH: usize = 100;

/// Of an answer that is no success, so much is told; the report has it whole.
const WORDS_LINES: usize = 12;

/// And no line of it longer than this many characters.
const WORDS_CHARS: usize = 400;

/// Tells a walk: every step with what happened, and the outcome in the last line; masked, unless `reveal` asks for
/// the secrets.
pub fn text(session: &Session, through: StepId, end: End, reveal: bool) -> String {
    let walk = mask::view(session, reveal);
    let mut page = Page::default();
    page.line(
        0,
        &format!(
            "{} ({}), profile {}",
            session.flow.title, session.flow.id.0, session.profile.name
        ),
    );
    for stage in session.flow.stages {
        page.blank();
        page.line(0, stage.title);
        for step in stage
            .steps
            .iter()
            .filter(|step| session.has_step(step.info().id))
        {
            step_text(&mut page, session, &walk, *step, through, reveal);
        }
    }
    page.blank();
    if end != End::Interrupted {
        verdict(&mut page, session, through, reveal);
    }
    if end != End::Done {
        page.line(
            0,
            "More: --format json has every request, answer and cURL; --trace FILE stores the walk.",
        );
    }
    page.line(0, &last_line(session, &walk, through, end, reveal));
    page.0
}

/// Tells each step that has ended since the last call, a line each; `told` remembers which were told.
pub fn progress(session: &Session, through: StepId, told: &mut Vec<StepId>) -> Vec<String> {
    let mut lines = Vec::new();
    for step in session.steps() {
        let id = step.info().id;
        let word = match session.status(id) {
            Status::Ready | Status::Blocked(_) | Status::Waiting => break,
            Status::Interrupted => "interrupted",
            status => status.id(),
        };
        if !told.contains(&id) {
            told.push(id);
            let attempt = session.step(id).last();
            let says = match session.status(id) {
                Status::Done => step.info().title.to_owned(),
                Status::Skipped(why) => why,
                _ => attempt.map_or_else(String::new, |attempt| attempt.says.clone()),
            };
            let ms = attempt.map_or_else(String::new, |attempt| {
                format!(" ({})", duration(attempt.micros()))
            });
            let says = session.vault.mask(&says);
            lines.push(format!(
                "{} {word:<11} {id:<20} {}{ms}",
                mark(word),
                visible(&says),
                id = id.0
            ));
        }
        if id == through {
            break;
        }
    }
    lines
}

/// Says what the user has to do to sign in: the address stands on a line of its own, to be copied as it is.
pub fn invitation(session: &Session, asked: &AuthorizeRequest) -> Vec<String> {
    let walk = &session.walk;
    let reception = &walk.reception;
    let first = match asked.login {
        Login::Open if reception.no_browser.is_some() => {
            "Open this address in a browser and sign in:"
        }
        Login::Open => "Sign in with the browser that opens now, or open this address yourself:",
        Login::Show => "Open this address in a browser and sign in:",
        Login::Follow => "The sign-in at this address is followed without a browser:",
    };
    let mut lines = vec![first.to_owned(), normal(&asked.http.address())];
    if asked.login != Login::Follow {
        if let (Login::Open, Some(why)) = (asked.login, &reception.no_browser) {
            lines.push(format!("No browser was started: {why}."));
        }
        lines.extend(reception.tried.iter().cloned());
        lines.push(match &walk.deaf {
            Some(why) => format!("Nobody listens for the answer: {why}"),
            None => {
                let tested = if reception.tested {
                    " (self-test passed)"
                } else {
                    ""
                };
                format!(
                    "The answer is waited for at {}{tested} for {}.",
                    asked.redirect_uri, asked.patience
                )
            }
        });
        if let Some(tunnel) = &reception.tunnel {
            lines.push("From another machine, forward the port there first:".to_owned());
            lines.push(tunnel.clone());
        }
        lines.push(
            "A last page that fails to load is expected: paste its whole address here, or the code in it, and press \
             Enter."
                .to_owned(),
        );
    }
    lines
        .into_iter()
        .map(|line| visible(&line).into_owned())
        .collect()
}

/// Says what the user has to enter where, while the IdP is asked for the tokens; code and address stand alone on their
/// lines. The second is what a QR code is to hold.
pub fn code_to_enter(session: &Session) -> Option<(Vec<String>, String)> {
    let bag = &session.walk.bag;
    let code = bag.shown(Artifact::UserCode)?;
    let uri = bag.shown(Artifact::VerificationUri)?;
    let whole = bag.shown(Artifact::VerificationUriComplete).unwrap_or(uri);
    let (waiting, _) = session.waiting()?;
    let makes = |step: &dyn Step| step.info().needs.contains(&Artifact::DeviceCode);
    session.flow.step(waiting).filter(|step| makes(*step))?;
    let held = bag.held(Artifact::UserCode)?;
    let mut lines = vec![
        "Open this address on any device and sign in:".to_owned(),
        uri.to_owned(),
        "Enter this code there:".to_owned(),
        code.to_owned(),
    ];
    if whole != uri {
        lines.push("Or open this one, which has the code in it:".to_owned());
        lines.push(whole.to_owned());
    }
    if let Some(end) = held.expires {
        lines.push(format!("The code ends {}.", end.in_words(held.gained)));
    }
    let lines = lines.iter().map(|line| visible(line).into_owned());
    Some((lines.collect(), whole.to_owned()))
}

fn step_text(
    page: &mut Page,
    session: &Session,
    walk: &Walk,
    step: &dyn Step,
    through: StepId,
    reveal: bool,
) {
    let info = step.info();
    let word = status_id(session, info.id, through);
    page.line(
        2,
        &format!("{} {word:<11} {:<20} {}", mark(word), info.id.0, info.title),
    );
    let Some(state) = state(walk, info.id) else {
        return;
    };
    let attempt = state.last();
    if let Some(attempt) = attempt {
        let count = match attempt.number {
            1 => String::new(),
            number => format!(", attempt {number}"),
        };
        page.line(
            INDENT,
            &format!("{} → {}{count}", info.from.name(), info.to.name()),
        );
        for made in &attempt.made {
            exchange(page, made);
        }
    }
    if word != "not-run"
        && let Some(says) = says(session, walk, info.id, reveal)
    {
        page.line(INDENT, &says);
    }
    for record in tokens(state) {
        token(page, record);
        logged(page, &audit::entries(session.flow, walk, record));
    }
    if let Some(attempt) = attempt
        && !matches!(attempt.outcome, Some(Outcome::Done) | None)
        && let Some(main) = attempt.main()
    {
        evidence(page, main);
    }
    for found in state.findings() {
        finding(page, found);
    }
    if state.stale {
        page.line(INDENT, "Stale: something before it changed since.");
    }
}

/// `error IDJAG-TYP at jose:id-jag:/typ (IdP)`, what is wrong, expected and received, and what to do.
fn finding(page: &mut Page, finding: &Finding) {
    let Finding { code, at, .. } = finding;
    let severity = finding.severity.id();
    let owner = finding.owner.name();
    page.line(INDENT, &format!("{severity} {code} at {at} ({owner})"));
    page.line(INDENT + 2, &finding.says);
    for (label, text) in [
        ("expected  ", &finding.expected),
        ("received  ", &finding.got),
        ("habit     ", &finding.habit),
    ] {
        if let Some(text) = text {
            page.hanging(INDENT + 2, label, text);
        }
    }
    if let Some(why) = finding.near.and_then(|near| near.class.says()) {
        page.line(INDENT + 2, &format!("They differ by: {why}."));
    }
    page.line(INDENT + 2, &finding.fix);
}

/// Whose side it is on, how sure, what it rests on, and what to do.
fn verdict(page: &mut Page, session: &Session, through: StepId, reveal: bool) {
    let Some(verdict) = session.verdict(Some(through)) else {
        return;
    };
    let masked = |text: &str| {
        if reveal {
            text.to_owned()
        } else {
            session.vault.mask(text)
        }
    };
    let code = verdict
        .code
        .map_or_else(String::new, |code| format!(" ({code})"));
    page.line(
        0,
        &format!(
            "Verdict: {}, {}, at {}{code}",
            verdict.owner.name(),
            verdict.confidence.id(),
            verdict.step
        ),
    );
    page.line(2, &masked(&verdict.says));
    for fact in &verdict.because {
        page.hanging(2, "· ", &masked(fact));
    }
    page.line(2, &masked(&verdict.fix));
    page.blank();
}

fn exchange(page: &mut Page, made: &Made) {
    let http = made.exchange.request.http();
    let came = match &made.exchange.outcome {
        Ok(Answer::Http(response)) => response.status.to_string(),
        Ok(Answer::Redirect(_)) => "came back".to_owned(),
        Err(_) => "no answer".to_owned(),
    };
    let purpose = match made.purpose {
        Purpose::Main => String::new(),
        other => format!("{}: ", other.id()),
    };
    // The query of the browser's address is long; it is told below when something went wrong.
    let url = match &made.exchange.request {
        Request::Http(_) => mask::address(http),
        Request::Browser(_) => http.url.clone(),
    };
    let time = duration(made.exchange.times.end);
    page.line(
        INDENT,
        &format!("{purpose}{} {url} · {came} · {time}", http.method),
    );
}

fn token(page: &mut Page, record: &TokenRecord) {
    let claims = record.token.claims.json.as_ref().map(Claims);
    let who = claims.and_then(|claims| claims.text("email").or_else(|| claims.text("sub")));
    let who = who.map_or_else(String::new, |who| format!(", for {who}"));
    let end = record.expires.map_or_else(String::new, |end| {
        format!(", ends {}", end.in_words(record.gained))
    });
    page.line(
        INDENT,
        &format!(
            "{}: {}{who}{end}; fingerprint {}",
            record.name,
            record.kind(),
            record.fingerprint
        ),
    );
    page.line(INDENT + 2, &format!("signature {}", record.signature));
}

/// What the API's log would say of a call, with the agent in the token and without.
fn logged(page: &mut Page, entries: &[audit::Entry]) {
    if entries.is_empty() {
        return;
    }
    page.line(INDENT, "The API’s log of a call with it:");
    for entry in entries {
        page.hanging(INDENT + 2, &format!("{:<13}", entry.label()), &entry.line);
        page.line(INDENT + 15, entry.says());
    }
}

/// What a person needs to see when a step did not work: what was asked, and the server's own words.
fn evidence(page: &mut Page, exchange: &Exchange) {
    let http = exchange.request.http();
    params(page, http.form().unwrap_or(&http.query));
    match &exchange.outcome {
        Ok(Answer::Http(response)) => words(page, response),
        Ok(Answer::Redirect(redirect)) => {
            let answer = super::report::redirect_address(redirect);
            page.line(INDENT, "The browser came back with:");
            let (_, query) = answer.split_once(['?', '#']).unwrap_or(("", &answer));
            params(page, &Params::decode(query));
        }
        Err(_) => {}
    }
}

fn params(page: &mut Page, params: &Params) {
    if params.0.is_empty() {
        return;
    }
    page.line(INDENT, "Parameters:");
    let width = params
        .0
        .iter()
        .map(|(name, _)| name.width())
        .max()
        .unwrap_or_default()
        .min(24);
    for (name, value) in &params.0 {
        page.hanging(INDENT + 2, &format!("{name:<width$}  "), &value.wire());
    }
}

fn words(page: &mut Page, response: &Response) {
    if let Some(challenge) = response.header("www-authenticate") {
        page.line(INDENT, "WWW-Authenticate:");
        page.line(INDENT + 2, challenge);
    }
    let body = response.text();
    if body.trim().is_empty() {
        page.line(INDENT, "The answer has no body.");
        return;
    }
    page.line(INDENT, "The server’s own words:");
    let mut lines = body.lines().filter(|line| !line.trim().is_empty());
    let mut cut = false;
    for line in lines.by_ref().take(WORDS_LINES) {
        let short: String = line.chars().take(WORDS_CHARS).collect();
        cut = cut || short.len() < line.len();
        page.line(INDENT + 2, short.trim_end());
    }
    if cut || lines.next().is_some() || response.cut.is_some() {
        page.line(
            INDENT + 2,
            &format!("… {} bytes in all.", response.body_size),
        );
    }
}

/// The outcome in one line: with what was said of the step where the walk ended, or as much of it as fits.
fn last_line(session: &Session, walk: &Walk, through: StepId, end: End, reveal: bool) -> String {
    let last = session.steps().last().map(|step| step.info().id);
    let outcome = match end {
        End::Done if last == Some(through) => {
            return "Done: every step that was needed is done.".to_owned();
        }
        End::Done => return format!("Done: every step that was needed through {through} is done."),
        End::Refused => "Refused",
        End::Failed => "Failed",
        End::Unreachable => "Not reachable",
        End::Blocked => "Blocked",
        End::Interrupted => "Interrupted",
    };
    let Some(id) = ended_at(session, through) else {
        return format!("{outcome}.");
    };
    let code = match state(walk, id).and_then(StepState::outcome) {
        Some(Outcome::Refused(error)) => {
            let brief = OAuthError {
                description: None,
                ..error.clone()
            };
            error.error.as_ref().map(|_| format!("{brief}."))
        }
        _ => None,
    };
    [says(session, walk, id, reveal), code]
        .into_iter()
        .flatten()
        .map(|why| format!("{outcome} at {id}: {}", visible(&why)))
        .find(|line| line.width() <= WIDTH)
        .unwrap_or_else(|| format!("{outcome} at {id}."))
}

fn mark(word: &str) -> char {
    match word {
        "done" => '✓',
        "refused" | "failed" | "unreachable" => '✗',
        "blocked" => '!',
        "skipped" => '–',
        _ => '·',
    }
}

fn duration(micros: u64) -> String {
    format!("{:.1} ms", millis(micros))
}

/// Where what is said of a step begins.
const INDENT: usize = 4;

/// Lines of limited width, made visible and wrapped.
#[derive(Default)]
struct Page(String);

impl Page {
    fn blank(&mut self) {
        self.0.push('\n');
    }

    /// Adds a paragraph; its own line ends stay.
    fn line(&mut self, indent: usize, text: &str) {
        for line in visible_lines(text).split('\n') {
            self.hanging(indent, "", line);
        }
    }

    /// Adds a paragraph after a label, wrapped under its own beginning.
    fn hanging(&mut self, indent: usize, label: &str, text: &str) {
        let (label, text) = (visible(label), visible(text));
        let room = WIDTH.saturating_sub(indent + label.width()).max(20);
        for (index, line) in wrap(&text, room).iter().enumerate() {
            let mut whole = " ".repeat(indent);
            if index == 0 {
                whole.push_str(&label);
            } else {
                whole.push_str(&" ".repeat(label.width()));
            }
            whole.push_str(line);
            self.0.push_str(whole.trim_end());
            self.0.push('\n');
        }
    }
}

/// Breaks at spaces, and inside a word only when it fits on no line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end().width();
        if used > 0 && used + width > room {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or_default();
            if used + wide > room {
                if c == ' ' {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            lines.last_mut().expect("it begins with one").push(c);
            used += wide;
        }
    }
    lines
}
