//! What can be copied, with its real value: one of the few doors out of a secret.

use zeroize::Zeroizing;

use super::{
    model::Model,
    overlays::{Overlay, handoff},
    rows::CopyText,
};
use crate::{
    export,
    protocol::exchange::{Answer, Exchange, Request},
    session::Attempt,
};

/// Something that can be copied.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Its name in the menu and in the sentence afterwards.
    pub title: String,
    what: What,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum What {
    Row,
    Curl,
    Request,
    Answer,
    Token(usize),
    Given(usize),
    Address,
    Handoff,
}

/// A text on its way to the clipboard.
pub struct Copied {
    /// The text.
    pub text: Zeroizing<String>,
    /// What is said about it.
    pub says: String,
}

/// Returns what can be copied from the step that is shown.
pub fn items(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    let mut add = |title: &str, what| {
        items.push(Item {
            title: title.to_owned(),
            what,
        });
    };
    if model.address().is_some() {
        add("the address for the browser", What::Address);
    }
    if row(model).is_some() {
        add("the row under the cursor", What::Row);
    }
    if request(model).is_some() {
        add("the request", What::Request);
        add("the cURL", What::Curl);
    }
    if answer(model).is_some() {
        add("the answer’s body", What::Answer);
    }
    if let Some(verdict) = model.session().verdict(None) {
        let title = format!(
            "the hand-off for the administrator of the {}",
            verdict.owner.name()
        );
        add(&title, What::Handoff);
    }
    let state = model.session().step(model.place().step);
    for (index, record) in attempt(model)
        .into_iter()
        .flat_map(|attempt| attempt.tokens.iter().enumerate())
    {
        add(
            &format!("the {}", record.artifact.noun()),
            What::Token(index),
        );
    }
    for (index, record) in state.given.iter().enumerate() {
        add(
            &format!("the {} that was handed in", record.artifact.noun()),
            What::Given(index),
        );
    }
    items
}

/// Returns the text of an item, and the sentence about it.
pub fn take(model: &Model, item: &Item) -> Option<Copied> {
    let state = model.session().step(model.place().step);
    let text = Zeroizing::new(match item.what {
        What::Row => row(model)?,
        What::Address => model.address()?,
        What::Handoff => handoff::text(model)?,
        What::Request => request(model)?.http().wire(),
        What::Curl => curl(model)?,
        What::Answer => answer(model)?,
        What::Token(index) => attempt(model)?
            .tokens
            .get(index)?
            .token
            .raw
            .reveal()
            .to_owned(),
        What::Given(index) => state.given.get(index)?.token.raw.reveal().to_owned(),
    });
    Some(described(model, &item.title, text))
}

/// Returns what the page shows that lies over the walk: a report, the hand-off, else the address for the browser.
pub fn page(model: &Model) -> Option<Copied> {
    if let Some(text) = model.checked_text() {
        return Some(described(model, "the report of the check", text.into()));
    }
    if matches!(model.screen.overlay, Some(Overlay::Handoff(_))) {
        let text = Zeroizing::new(handoff::text(model)?);
        return Some(described(model, "the hand-off", text));
    }
    let text = Zeroizing::new(model.address()?);
    Some(described(model, "the address for the browser", text))
}

fn described(model: &Model, title: &str, text: Zeroizing<String>) -> Copied {
    let secrets = model.session().vault.mask(&text) != *text;
    let with = match (secrets, model.masks(&text)) {
        (true, _) => ", with its secrets",
        (false, true) => ", with whom it names",
        (false, false) => "",
    };
    Copied {
        says: format!("Sent to the terminal’s clipboard: {title}{with}."),
        text,
    }
}

/// The text under the cursor of the panel, whatever lies over it.
fn row(model: &Model) -> Option<String> {
    let panel = model.panel();
    // As wide as it was when the cursor was put there, though a list lies over it now.
    let rows = model.kept_rows(super::layout::panel_width(model));
    let place = model.place();
    let cursor = place.states.get(&(place.step, panel.id))?.cursor;
    let row = rows.get(cursor)?;
    match &row.copy {
        Some(CopyText::Plain(text)) => Some(text.to_string()),
        Some(CopyText::Secret(secret)) => Some(secret.reveal().to_owned()),
        None => Some(row.plain().trim().to_owned()).filter(|text| !text.is_empty()),
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
