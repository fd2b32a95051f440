//! What can be copied, with its real value: one of the few doors out of a secret.

use zeroize::Zeroizing;

use super::{
    away::{Errand, How, Visit},
    masking::Masking,
    model::Model,
    overlays::{self, Overlay, handoff},
    rows::{self, CopyText, Cx, Row, json},
};
use crate::{
    export,
    flow::TokenRecord,
    protocol::{
        exchange::{Answer, Exchange, Request},
        http::Response,
        pointer::{Pointer, Side},
        visible::visible,
    },
    session::Attempt,
};

/// Something that can be copied.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Its name in the menu and in the sentence afterwards.
    pub title: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// Whether there is a secret in it.
    pub secrets: bool,
    /// How it begins, masked.
    pub begins: String,
    what: What,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum What {
    Value,
    Json,
    Line,
    Authorization,
    Bearer(usize),
    Curl,
    Request,
    Answer,
    AnswerJson,
    Token(usize),
    Claims(usize),
    Given(usize),
    Address,
    Handoff,
    Panel,
}

/// A text on its way to the clipboard.
pub struct Copied {
    /// The text.
    pub text: Zeroizing<String>,
    /// What it is.
    pub title: String,
    /// What goes along that is masked on the screen; the end of a sentence.
    pub along: &'static str,
    /// Whether the user wants it in a file.
    pub to_file: bool,
}

/// Returns what can be copied from the step that is shown.
pub fn items(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |title: String, what| {
        let Some(text) = text(model, what) else {
            return;
        };
        let masked = model.whole_mask().mask(&text);
        let mut begins: String = masked.chars().take(BEGINS).collect();
        begins.truncate(begins.trim_end().len());
        if begins.len() < masked.trim_end().len() {
            begins.push_str(model.look.glyphs.cut);
        }
        items.push(Item {
            title,
            bytes: text.len(),
            secrets: model.session().vault.mask(&text) != *text,
            begins: visible(&begins.replace(['\r', '\n'], " ")).into_owned(),
            what,
        });
    };
    if model.waiting_page() {
        add("the address for the browser".to_owned(), What::Address);
    } else {
        // Each row of the cURL stands for the whole of it.
        if model.panel().id == "curl" {
            add("the cURL".to_owned(), What::Curl);
        } else if row(model).is_some_and(|row| row.copy.is_some()) {
            add("the value under the cursor".to_owned(), What::Value);
        }
        add("the same as JSON".to_owned(), What::Json);
        add("the header under the cursor".to_owned(), What::Line);
        add("the address for the browser".to_owned(), What::Address);
    }
    let attempt = attempt(model);
    let records = || {
        attempt
            .into_iter()
            .flat_map(|attempt| attempt.tokens.iter().enumerate())
    };
    for (index, record) in records() {
        let noun = record.artifact.noun();
        add(format!("the {noun}"), What::Token(index));
        add(
            format!("the claims of the {noun}, as JSON"),
            What::Claims(index),
        );
        let bearer = format!("an Authorization header with the {noun}");
        add(bearer, What::Bearer(index));
    }
    let given = &model.session().step(model.place().step).given;
    for (index, record) in given.iter().enumerate() {
        let title = format!("the {} that was handed in", record.artifact.noun());
        add(title, What::Given(index));
    }
    if model.panel().id != "curl" {
        add("the cURL".to_owned(), What::Curl);
    }
    add("the request".to_owned(), What::Request);
    add(
        "the Authorization header of the request".to_owned(),
        What::Authorization,
    );
    add("the answer’s body".to_owned(), What::Answer);
    add(
        "the answer’s body, laid out as JSON".to_owned(),
        What::AnswerJson,
    );
    if model.session().verdict(None).is_some() {
        add("the hand-off, for the other side".to_owned(), What::Handoff);
    }
    if row(model).is_some_and(|row| row.copy.is_none()) {
        add("the line under the cursor".to_owned(), What::Value);
    }
    add("the whole panel, masked".to_owned(), What::Panel);
    items
}

/// Returns an item with its text; nothing when it is there no more.
pub fn take(model: &Model, item: &Item) -> Option<Copied> {
    Some(copied(model, &item.title, text(model, item.what)?))
}

/// Returns what the page shows that lies over the walk: a report, the hand-off, else the address for the browser.
pub fn page(model: &Model) -> Option<Copied> {
    if let Some(text) = model.checked_text() {
        return Some(copied(model, "the report of the check", text.into()));
    }
    if matches!(model.screen.overlay, Some(Overlay::Handoff(_))) {
        return Some(copied(model, "the hand-off", handoff::text(model)?.into()));
    }
    if let Some(overlay) = model.screen.overlay.as_ref().filter(|page| page.is_text()) {
        let rows = overlays::rows(overlay, model, model.size.0);
        let text = model.whole_mask().mask(&rows::annotated(&rows));
        return Some(copied(model, "the page, masked", text.into()));
    }
    let text = Zeroizing::new(model.address()?);
    Some(copied(model, "the address for the browser", text))
}

/// Returns the rows that are shown as a text for a pager, masked whatever is revealed.
pub fn shown(model: &mut Model) -> Visit {
    let width = model.size.0;
    let (name, text) = match &model.screen.overlay {
        None => (model.panel().id, masked_panel(model, width)),
        Some(overlay) => {
            let overlay = overlay.clone();
            let before = model.screen.masking.clone();
            if !before.is_shared() {
                model.screen.masking = Masking::default();
                model.settle_mask();
            }
            let rows = overlays::rows(&overlay, model, width);
            let text = model.whole_mask().mask(&rows::annotated(&rows));
            model.screen.masking = before;
            model.settle_mask();
            ("page", text)
        }
    };
    Visit {
        errand: Errand::Rows,
        how: How::Page,
        name: format!("{name}.txt"),
        text: text.into(),
    }
}

/// Returns the body of the answer as a copy to look at, masked, without what a terminal would obey.
pub fn body(model: &Model) -> Option<Visit> {
    // JSON on one line is nothing to look at.
    let text = text(model, What::AnswerJson).or_else(|| text(model, What::Answer))?;
    let masked = model.whole_mask().mask(&text);
    let lines = masked.split_inclusive('\n').map(|line| {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
            None => (line, ""),
        };
        let parts: Vec<_> = line.split('\t').map(visible).collect();
        parts.join("\t") + end
    });
    let kind = response(model)
        .and_then(Response::content_type)
        .unwrap_or_default();
    let ending = ["json", "html", "xml"]
        .into_iter()
        .find(|known| kind.contains(known));
    Some(Visit {
        errand: Errand::Body,
        how: How::Look,
        name: format!("answer.{}", ending.unwrap_or("txt")),
        text: lines.collect::<String>().into(),
    })
}

/// Tells whether there is such a body.
pub fn has_body(model: &Model) -> bool {
    exchange(model).is_some_and(|exchange| exchange.outcome.is_ok())
}

/// How many characters of a text the menu shows.
const BEGINS: usize = 160;

/// As wide as texts are that people paste into a ticket.
const PASTED: u16 = 120;

fn copied(model: &Model, title: &str, text: Zeroizing<String>) -> Copied {
    Copied {
        title: title.to_owned(),
        along: match (
            model.session().vault.mask(&text) != *text,
            model.masks(&text),
        ) {
            (true, _) => ", with its secrets",
            (false, true) => ", with whom it names",
            (false, false) => "",
        },
        text,
        to_file: false,
    }
}

fn text(model: &Model, what: What) -> Option<Zeroizing<String>> {
    let session = model.session();
    let state = session.step(model.place().step);
    let record = |index: usize| attempt(model)?.tokens.get(index);
    Some(Zeroizing::new(match what {
        What::Value => value(model)?,
        What::Json => under_as_json(model)?,
        What::Line => header_line(model)?,
        What::Authorization => {
            let value = request(model)?.http().header("authorization")?;
            format!("Authorization: {}", value.wire())
        }
        What::Bearer(index) => bearer(model, record(index)?)?,
        What::Address => model.address()?,
        What::Handoff => handoff::text(model)?,
        What::Request => request(model)?.http().wire(),
        What::Curl => curl(model)?,
        What::Answer => answer(model)?,
        What::AnswerJson => answer(model)
            .filter(|text| json::is_json(text, true))
            .map(|text| json::pretty(&text))?,
        What::Token(index) => record(index)?.token.raw.reveal().to_owned(),
        What::Claims(index) => json::pretty(record(index)?.token.claims.text.as_deref()?),
        What::Given(index) => state.given.get(index)?.token.raw.reveal().to_owned(),
        What::Panel => masked_panel(model, PASTED),
    }))
}

/// The panel that is shown, whatever lies over it, as plain text; masked, whatever is revealed.
fn masked_panel(model: &Model, width: u16) -> String {
    let vault = model.whole_mask();
    let cx = Cx {
        vault,
        ..model.cx(width)
    };
    let rows = (model.panel().rows)(&cx);
    vault.mask(&rows::plain(&rows))
}

/// The row under the cursor of the panel, whatever lies over it.
fn row(model: &Model) -> Option<Row> {
    let panel = model.panel();
    // As wide as it was when the cursor was put there, though a list lies over it now.
    let rows = model.kept_rows(super::layout::panel_width(model));
    let place = model.place();
    let cursor = place.states.get(&(place.step, panel.id))?.cursor;
    rows.get(cursor).cloned()
}

fn value(model: &Model) -> Option<String> {
    let row = row(model)?;
    match &row.copy {
        Some(CopyText::Plain(text)) => Some(text.to_string()),
        Some(CopyText::Secret(secret)) => Some(secret.reveal().to_owned()),
        None => Some(row.plain().trim().to_owned()).filter(|text| !text.is_empty()),
    }
}

/// The value under the cursor as its JSON has it, with all that stands below it.
fn under_as_json(model: &Model) -> Option<String> {
    let found = |name: &str| {
        let records = &attempt(model)?.tokens;
        records.iter().find(|record| record.name == name)
    };
    let at = row(model)?.at?;
    match &at {
        Pointer::Json(place) => Some(json::pretty(json::at(&answer(model)?, place)?)),
        Pointer::Claim(name, place) => {
            let claims = found(name)?.token.claims.text.as_deref()?;
            Some(json::pretty(json::at(claims, place)?))
        }
        Pointer::Jose(name, place) => {
            let header = found(name)?.token.header.text.as_deref()?;
            Some(json::pretty(json::at(header, place)?))
        }
        _ => None,
    }
}

/// The header under the cursor, as a line of HTTP.
fn header_line(model: &Model) -> Option<String> {
    match row(model)?.at? {
        Pointer::Header(Side::Request, name) => {
            let headers = request(model)?.http().wire_headers();
            let (name, value) = headers
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(&name))?;
            Some(format!("{name}: {}", value.wire()))
        }
        Pointer::Header(Side::Response, name) => {
            let headers = &response(model)?.headers;
            let (name, value) = headers
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(&name))?;
            Some(format!("{name}: {value}"))
        }
        _ => None,
    }
}

/// The header with which a later step shows a token, where one does.
fn bearer(model: &Model, record: &TokenRecord) -> Option<String> {
    let session = model.session();
    session
        .steps()
        .filter_map(|step| session.step(step.info().id).draft.as_ref()?.as_ref().ok())
        .filter_map(|draft| draft.request.http().header("authorization"))
        .find(|value| value.secret() == Some(&record.token.raw))
        .map(|value| format!("Authorization: {}", value.wire()))
}

fn response(model: &Model) -> Option<&Response> {
    match exchange(model)?.outcome.as_ref().ok()? {
        Answer::Http(response) => Some(response),
        Answer::Redirect(_) => None,
    }
}

fn attempt(model: &Model) -> Option<&Attempt> {
    let attempts = &model.session().step(model.place().step).attempts;
    match model.place().attempt {
        Some(index) => attempts.get(index),
        None => attempts.last(),
    }
}

fn exchange(model: &Model) -> Option<&Exchange> {
    attempt(model)?.main()
}

fn request(model: &Model) -> Option<&Request> {
    exchange(model)
        .map(|exchange| &exchange.request)
        .or_else(|| match &model.session().step(model.place().step).draft {
            Some(Ok(draft)) => Some(&draft.request),
            _ => None,
        })
}

fn answer(model: &Model) -> Option<String> {
    match exchange(model)?.outcome.as_ref().ok()? {
        Answer::Redirect(redirect) => Some(redirect.url.reveal().to_owned()),
        Answer::Http(response) => Some(response.text().into_owned()),
    }
}

fn curl(model: &Model) -> Option<String> {
    let request = request(model)?;
    Some(export::curl::curl(request.http(), &model.session().vault, false).text)
}
