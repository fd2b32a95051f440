//! The request as it will go, or as it went: line, headers, body, and why each part has its value.

use super::{Panel, no_badge};
use crate::{
    flow::dpop,
    protocol::{
        exchange::{AuthorizeRequest, Login, Purpose, Request},
        http::{Body, HttpRequest, Params, Value},
        jwt::token::{Form, Token},
        pointer::{Pointer, Side},
    },
    session::{Attempt, What},
    ui::{
        rows::{
            CopyText, Cx, Row, copy_of, encoded,
            json::{is_json, json_rows},
            lines, note_at, size, token_rows, value_spans, words, wrap,
        },
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "request",
    title: "Request",
    rows,
    badge: no_badge,
};

/// More bytes than this of a body are not laid out.
const BODY_LIMIT: usize = 64 * 1024;

/// The request that is shown, and where it stands.
pub(super) struct Chosen<'a> {
    /// The request.
    pub request: &'a Request,
    /// Whether it was sent, in words.
    pub state: String,
    /// Why each part has the value it has.
    pub notes: &'a [(Pointer, String)],
    /// The attempt that sent it.
    pub attempt: Option<&'a Attempt>,
}

/// Chooses the request to show: that of the chosen attempt, else the one in flight, the one that went, or the next.
pub(super) fn chosen<'a>(cx: &Cx<'a>) -> Option<Chosen<'a>> {
    let state = cx.session.step(cx.step);
    let count = state.attempts.len();
    let at = cx.attempt.unwrap_or(count.saturating_sub(1));
    let attempt = state.attempts.get(at);
    let newest = at + 1 == count;
    let number = format!("attempt {} of {count}", at + 1);
    if let (Some(attempt), Some(going), true) = (attempt, &state.going, newest)
        && let (What::Sending(Purpose::Main, request), None) = (&going.what, attempt.main())
    {
        let state = format!("being sent since {} · {number}", going.since);
        let notes = &attempt.notes;
        return Some(Chosen { request, state, notes, attempt: Some(attempt) });
    }
    let draft = state.draft.as_ref().and_then(|draft| draft.as_ref().ok());
    let again = state.stale && state.going.is_none() && cx.attempt.is_none();
    match (attempt, attempt.and_then(Attempt::main), draft) {
        (Some(attempt), Some(main), _) if !again || draft.is_none() => Some(Chosen {
            request: &main.request,
            state: format!("sent {} · {number}", main.times.start),
            notes: &attempt.notes,
            attempt: Some(attempt),
        }),
        (attempt, _, Some(draft)) => {
            let mut state = if attempt.is_some() && again {
                "will be sent again after the edit".to_owned()
            } else {
                "will be sent".to_owned()
            };
            if !draft.wants.is_empty() {
                state.push_str(" · what is read when it is sent stands by name");
            }
            Some(Chosen { request: &draft.request, state, notes: &draft.notes, attempt: None })
        }
        _ => None,
    }
}

fn rows(cx: &Cx) -> Vec<Row> {
    let Some(chosen) = chosen(cx) else {
        return wrap(words::why_not(cx, "There is no request yet"), cx.width);
    };
    let http = chosen.request.http();
    let mut rows = vec![
        Row::text(Role::Muted, chosen.state.replace('·', cx.glyphs.dot)).pointing(Pointer::Time),
    ];
    if let Request::Browser(asked) = chosen.request {
        rows.extend(browser(cx, asked));
    }
    rows.push(Row::blank());
    rows.push(first_line(cx, http, chosen.notes));
    for (name, value) in http.wire_headers() {
        let at = Pointer::Header(Side::Request, name.clone());
        let mut spans = vec![(Role::FieldLabel, cx.text(&name)), (Role::Muted, ": ".to_owned())];
        spans.extend(value_spans(cx, &value));
        let note = note_at(cx, chosen.notes, &at);
        rows.push(Row::new(spans).copying(copy_of(cx, &name, &value)).noted(note).pointing(at));
        if name.eq_ignore_ascii_case(dpop::HEADER) {
            rows.extend(inside(cx, dpop::NAME, &value));
        }
    }
    if !http.query.0.is_empty() {
        rows.push(Row::blank());
        let title = format!("query {} {}", cx.glyphs.dot, words::count(http.query.0.len(), "parameter"));
        rows.push(Row::heading(cx.glyphs, 0, title));
        rows.extend(params(cx, &http.query, chosen.notes, Pointer::Query));
    }
    rows.extend(body(cx, http, chosen.notes));
    if let Some(attempt) = chosen.attempt {
        rows.extend(side_exchanges(cx, attempt));
    }
    wrap(rows, cx.width)
}

fn first_line(cx: &Cx, http: &HttpRequest, notes: &[(Pointer, String)]) -> Row {
    let mut bare = http.clone();
    bare.query = Params::default();
    let mut target = cx.value(&bare.target());
    let mut address = http.url.clone();
    let mut secret = None;
    if !http.query.0.is_empty() {
        let (shown, real) = encoded(cx, &http.query);
        target = format!("{target}?{shown}");
        address = http.address();
        secret = Some(real);
    }
    let copy = match (cx.copy("address", &address), secret) {
        (CopyText::Plain(_), Some(_)) if http.query.0.iter().any(|(_, value)| value.secret().is_some()) => {
            CopyText::from(crate::protocol::secret::Secret::minted("address", address))
        }
        (copy, _) => copy,
    };
    Row::new(vec![
        (Role::Strong, format!("{} ", cx.text(&http.method))),
        (Role::Link, target),
        (Role::Muted, " HTTP/1.1".to_owned()),
    ])
    .noted(note_at(cx, notes, &Pointer::Url).or_else(|| Some(format!("The whole address: {}", cx.text(&http.url)))))
    .copying(copy)
    .pointing(Pointer::Url)
}

fn browser(cx: &Cx, asked: &AuthorizeRequest) -> Vec<Row> {
    let who = match asked.login {
        Login::Open => "It goes through the user’s browser, which is opened with this address.",
        Login::Show => "It goes through the user’s browser; the address is shown and nothing is opened.",
        Login::Follow => "It goes through an HTTP client with cookies, which follows the sign-in as a browser would.",
    };
    let mut rows = vec![Row::text(Role::Muted, who)];
    if asked.login != Login::Follow {
        let says = match &cx.session.walk.deaf {
            Some(why) => format!("Nobody listens for the answer: {} Paste the address of the last page.", cx.text(why)),
            None => format!("The answer is waited for at {} for {}.", cx.text(&asked.redirect_uri), asked.patience),
        };
        rows.push(Row::text(Role::Muted, says));
    }
    rows
}

fn body(cx: &Cx, http: &HttpRequest, notes: &[(Pointer, String)]) -> Vec<Row> {
    let dot = cx.glyphs.dot;
    let length = http.body_text().map_or(0, |text| text.len() as u64);
    let mut rows = vec![Row::blank()];
    match &http.body {
        Body::Empty => rows.push(Row::text(Role::Muted, "no body")),
        Body::Form(form) => {
            let title = format!("form {dot} {} {dot} {}", words::count(form.0.len(), "parameter"), size(length));
            rows.push(Row::heading(cx.glyphs, 0, title));
            rows.extend(params(cx, form, notes, Pointer::Form));
            rows.push(Row::heading(cx.glyphs, 0, "body, encoded as it is sent").shut());
            let (shown, real) = encoded(cx, form);
            rows.push(Row::text(Role::FieldValue, shown).at_depth(1).copying(CopyText::from(real)));
        }
        Body::Text(text) if text.len() <= BODY_LIMIT && is_json(text, true) => {
            rows.push(Row::heading(cx.glyphs, 0, format!("body {dot} JSON {dot} {}", size(length))));
            rows.extend(json_rows(cx, text, 1, &|_| None));
            rows.push(Row::heading(cx.glyphs, 0, "body, as it is sent").shut());
            rows.extend(lines(cx, text, 1, Role::FieldValue, BODY_LIMIT));
        }
        Body::Text(text) => {
            rows.push(Row::heading(cx.glyphs, 0, format!("body {dot} {}", size(length))));
            rows.extend(lines(cx, text, 1, Role::FieldValue, BODY_LIMIT));
        }
    }
    rows
}

fn params(cx: &Cx, params: &Params, notes: &[(Pointer, String)], place: fn(String) -> Pointer) -> Vec<Row> {
    let names: Vec<String> = params.0.iter().map(|(name, _)| cx.value(name)).collect();
    let pad = words::pad(names.iter().map(String::as_str), cx.width);
    let mut rows = Vec::new();
    for ((name, value), shown) in params.0.iter().zip(&names) {
        let at = place(name.clone());
        let mut row = Row::pair(shown, pad, Role::FieldValue, "");
        row.spans.pop();
        row.spans.extend(value_spans(cx, value));
        let note = note_at(cx, notes, &at);
        rows.push(row.at_depth(1).noted(note).copying(copy_of(cx, name, value)).pointing(at));
        rows.extend(inside(cx, name, value));
    }
    rows
}

/// Shows what is inside a JWT that is handed over, folded; rules point into it by the parameter's name.
fn inside(cx: &Cx, name: &str, value: &Value) -> Vec<Row> {
    let Some(secret) = value.secret() else {
        return Vec::new();
    };
    let token = Token::parse(secret);
    if token.form != Form::Jws || token.header.text.is_none() {
        return Vec::new();
    }
    let title = format!("what is inside {} {}", cx.glyphs.dot, token.kind().name());
    let mut rows = vec![Row::heading(cx.glyphs, 2, title).shut()];
    rows.extend(token_rows(cx, &token, &name.replace('_', "-"), 3, &|_, _| None));
    rows
}

fn side_exchanges(cx: &Cx, attempt: &Attempt) -> Vec<Row> {
    let sides: Vec<_> = attempt.made.iter().filter(|made| made.purpose != Purpose::Main).collect();
    if sides.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![Row::blank(), Row::heading(cx.glyphs, 0, "also sent by this step")];
    for made in sides {
        let http = made.exchange.request.http();
        let (role, came) = words::came(cx, &made.exchange);
        let address = cx.value(&http.address());
        let mut row = Row::pair(made.purpose.id(), 8, Role::Text, format!("{} ", cx.text(&http.method)));
        row.spans.push((Role::Link, address));
        row.spans.push((role, format!("  {came}")));
        rows.push(row.at_depth(1).copying(cx.copy("address", &http.address())));
    }
    rows
}
