//! The first line: flow, profile, environment, and marks of what must not be overlooked.

use unicode_width::UnicodeWidthStr;

use super::{Canvas, Spans};
use crate::{
    profile::{Kind, fields},
    protocol::time::Lifetime,
    ui::{
        layout::Places,
        model::{Lab, Model},
        rail::cut,
        rows::words,
        theme::Role,
    },
};

/// Draws the line. Where it is narrow the title gives way, then the marks that matter least; the environment stays.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    let width = usize::from(places.header.width);
    let session = model.session();
    let profile = &session.profile;
    let dot = format!(" {} ", model.look.glyphs.dot);
    let lead = vec![
        (Role::Strong, "jagwalk  ".to_owned()),
        (Role::Text, session.flow.id.0.to_owned()),
        (Role::Muted, dot.clone()),
    ];
    let title = profile
        .text(fields::TITLE)
        .filter(|title| !title.is_empty())
        .unwrap_or(&profile.name);
    let environment = match profile.text(fields::ENVIRONMENT) {
        Some("prod") => (Role::MarkProd, "production".to_owned()),
        Some(word) => (Role::Text, model.shown(word)),
        None => (Role::Muted, "environment unknown".to_owned()),
    };
    // So much is left of a title at least.
    let title = model.shown(title);
    let fixed = wide(&lead) + dot.width() + environment.1.width();
    let room = width.saturating_sub(fixed + TITLE.min(title.width()) + 2);
    let marks = fitting(marks(model), &dot, room);
    let gap = if marks.is_empty() { 0 } else { 2 };
    let room = width.saturating_sub(fixed + wide(&marks) + gap);
    let mut left = lead;
    left.push((Role::Text, cut(&title, room, model.look.glyphs)));
    left.push((Role::Muted, dot));
    left.push(environment);
    canvas.both(places.header, 0, &left, &marks);
}

/// A title is cut to this before a mark goes.
const TITLE: usize = 6;

/// The first words of marks that are at least said to be there.
const SHORT: [&str; 2] = ["proxy", "fault:"];

/// Returns the marks, what must not be overlooked first.
fn marks(model: &Model) -> Spans {
    let session = model.session();
    let profile = &session.profile;
    let mut marks: Spans = Vec::new();
    let mut add = |role, text: &str| marks.push((role, text.to_owned()));
    if profile.flag(fields::NETWORK_INSECURE) {
        add(Role::MarkInsecure, "TLS not verified");
    }
    if model.screen.masking.is_shared() {
        add(Role::Accent, "masked for sharing");
    }
    if let Some(end) = model.screen.masking.last_end() {
        let left = Lifetime((end.0 - model.now.0 + 999) / 1000 * 1000);
        let count = words::count(model.screen.masking.shown().len(), "secret");
        add(Role::MarkInsecure, &format!("{count} shown, {left}"));
    }
    if model.in_past() {
        add(Role::FindingWarning, &model.which_walk());
        let on = &model.opened().session;
        let does = match (&on.question, on.waiting()) {
            (Some(_), _) => Some("asks"),
            (None, Some(_)) => Some("in flight"),
            (None, None) => None,
        };
        if let Some(does) = does {
            add(
                Role::StepWaiting,
                &format!("walk {} {does}", on.walk.number),
            );
        }
    }
    if model.opened().is_dirty() {
        add(Role::FindingWarning, "not saved");
    }
    match &model.opened().lab {
        Lab::Starting => add(Role::Muted, "lab starting"),
        Lab::Failed(_) => add(Role::StepFailed, "no lab"),
        Lab::Unwanted | Lab::Running => {}
    }
    match &model.faults_on()[..] {
        // A walk that is over had those of then.
        _ if !model.walks_the_lab() || model.in_past() => {}
        [] => {}
        [id] => add(Role::FindingWarning, &format!("fault: {id}")),
        many => add(Role::FindingWarning, &format!("{} faults", many.len())),
    }
    if model.in_past() {
        // What goes through a proxy is what is sent.
    } else if session.archived {
        add(Role::Muted, "stored trace");
    } else {
        let urls = fields::FIELDS
            .iter()
            .filter(|field| field.kind == Kind::Url)
            .filter_map(|field| profile.text(field.path));
        let proxy = model
            .proxies
            .mark(profile.text(fields::NETWORK_PROXY), urls);
        if let Some(proxy) = proxy {
            add(Role::Text, &model.shown(&proxy));
        }
    }
    if session.walk.number > 1 && !model.in_past() {
        add(Role::Muted, &format!("walk {}", session.walk.number));
    }
    marks
}

/// Keeps as many marks as have room, the first in any case; of a proxy or a fault at least that there is one.
fn fitting(marks: Spans, dot: &str, room: usize) -> Spans {
    let mut out: Spans = Vec::new();
    for (role, text) in marks {
        let gap = if out.is_empty() { 0 } else { dot.width() };
        let left = room.saturating_sub(wide(&out) + gap);
        let short = text.split(' ').next().filter(|word| SHORT.contains(word));
        let text = match short {
            Some(short) if text.width() > left => short.trim_end_matches(':').to_owned(),
            _ => text,
        };
        if !out.is_empty() && text.width() > left {
            continue;
        }
        if !out.is_empty() {
            out.push((Role::Muted, dot.to_owned()));
        }
        out.push((role, text));
    }
    out
}

fn wide(spans: &[(Role, String)]) -> usize {
    spans.iter().map(|(_, text)| text.width()).sum()
}
