//! A token as rows: header and claims in its own order, times in words, what is nested below.

use super::{CopyText, Cx, Row, json, lines, words};
use crate::{
    flow::glossary,
    protocol::{
        jwt::{
            Claims, Part, Token,
            claims::TIMES,
            token::{Form, TokenKind},
        },
        pointer::Pointer,
        saml,
        visible::visible,
    },
    ui::theme::Role,
};

/// More members than this are not made rows of.
const MEMBERS_LIMIT: usize = 400;

/// More bytes than this of a part that is no JSON are not shown.
const TEXT_LIMIT: usize = 16 * 1024;

/// A remark on a claim, by its name and the text of its value.
pub type Remark<'a> = &'a dyn Fn(&str, &str) -> Option<(Role, String)>;

/// Returns the rows of a token's header and claims; `name` is that of its pointers.
pub fn token_rows(cx: &Cx, token: &Token, name: &str, depth: u16, remark: Remark<'_>) -> Vec<Row> {
    let kind = token.kind();
    let mut rows = Vec::new();
    match token.form {
        Form::Jwe => rows.push(said(
            "It is encrypted for somebody else: only its header can be read.",
            depth,
        )),
        Form::Saml => {
            rows.push(said(
                "A SAML assertion, which is XML; it is handed on and not taken apart here.",
                depth,
            ));
            if cx.shows(&token.raw)
                && let Some(xml) = saml::xml(&cx.secret(&token.raw))
            {
                rows.extend(lines(cx, &xml, depth, Role::Text, TEXT_LIMIT));
            }
        }
        Form::Opaque if token.header.text.is_none() => {
            rows.push(said("It is opaque: only who issued it can read it.", depth));
        }
        Form::Opaque | Form::Jws => {}
    }
    if token.header.text.is_some() {
        rows.push(Row::heading(cx.glyphs, depth, "header"));
        let at = |path: &str| Some(Pointer::Jose(name.to_owned(), path.to_owned()));
        rows.extend(part(
            cx,
            &token.header,
            depth + 1,
            &at,
            &|_, _| None,
            &glossary::of_header,
        ));
    }
    if token.claims.text.is_some() {
        rows.push(Row::heading(cx.glyphs, depth, "claims"));
        let at = |path: &str| Some(Pointer::Claim(name.to_owned(), path.to_owned()));
        rows.extend(part(cx, &token.claims, depth + 1, &at, remark, &|claim| {
            of_claim(kind, claim)
        }));
    }
    rows
}

fn said(says: &str, depth: u16) -> Row {
    Row::text(Role::Muted, says).at_depth(depth)
}

fn of_claim(kind: TokenKind, claim: &str) -> Option<String> {
    glossary::of_claim(kind, claim)
}

fn part(
    cx: &Cx,
    part: &Part,
    depth: u16,
    at: &dyn Fn(&str) -> Option<Pointer>,
    remark: Remark<'_>,
    note: &dyn Fn(&str) -> Option<String>,
) -> Vec<Row> {
    let text = part.text.as_deref().unwrap_or_default();
    if !part.json.as_ref().is_some_and(serde_json::Value::is_object) {
        return lines(cx, text, depth, Role::Text, TEXT_LIMIT);
    }
    let members = json::members(text);
    let names: Vec<String> = members
        .iter()
        .take(MEMBERS_LIMIT)
        .map(|(name, _)| json::unquoted(name.unwrap_or_default()))
        .collect();
    let shown: Vec<String> = names.iter().map(|name| cx.value(name)).collect();
    let pad = words::pad(shown.iter().map(String::as_str), cx.width);
    let mut rows = Vec::new();
    for ((name, shown), (_, raw)) in names.iter().zip(&shown).zip(&members) {
        let path = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        let place = at(&path);
        let known = note(name).map(|says| format!("{says}."));
        if raw.starts_with(['{', '[']) && !is_short(raw, cx.width) {
            let mut heading = Row::heading(cx.glyphs, depth, "").noted(known);
            heading.spans.pop();
            heading.spans.push((Role::FieldLabel, shown.clone()));
            heading.spans.push((
                Role::Muted,
                format!(
                    "  {}",
                    words::count(
                        json::members(raw).len(),
                        if raw.starts_with('{') {
                            "member"
                        } else {
                            "item"
                        }
                    )
                ),
            ));
            heading.at = place;
            rows.push(heading.copying(cx.copy(name, raw)));
            let inner = |rest: &str| at(&format!("{path}{rest}"));
            rows.extend(json::json_rows(cx, raw, depth + 1, &inner));
            continue;
        }
        let (role, value, known) = value(cx, name, raw, known);
        let mut row = Row::pair(shown, pad, role, value);
        let plain = if raw.starts_with('"') {
            json::unquoted(raw)
        } else {
            (*raw).to_owned()
        };
        if let Some((role, says)) = remark(name, &plain) {
            row.spans
                .push((role, format!("  {} {says}", cx.glyphs.note)));
        }
        row.at = place;
        rows.push(
            row.at_depth(depth)
                .noted(known)
                .copying(cx.copy(name, &plain)),
        );
    }
    if members.len() > MEMBERS_LIMIT {
        let says = format!(
            "{} {} more members are not shown.",
            cx.glyphs.cut,
            members.len() - MEMBERS_LIMIT
        );
        rows.push(Row::text(Role::FindingWarning, says).at_depth(depth));
    }
    rows
}

fn is_short(raw: &str, width: u16) -> bool {
    raw.len() <= usize::from(width / 2) && !raw.contains(['\n', '{'])
}

/// Returns the role and text of a claim's value, and its note; a time is said in words, its number is in the note.
fn value(cx: &Cx, name: &str, raw: &str, note: Option<String>) -> (Role, String, Option<String>) {
    let number = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if number
        && TIMES.contains(&name)
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(raw)
        && let Some(time) = Claims(&serde_json::json!({ "at": json })).time("at")
    {
        let role = if name == "exp" {
            time_role(cx, time)
        } else {
            Role::Text
        };
        let note = format!("As sent: {}. {}", cx.text(raw), note.unwrap_or_default());
        return (
            role,
            time.in_words(cx.now),
            Some(note.trim_end().to_owned()),
        );
    }
    if raw.starts_with('"') {
        let text = json::unquoted(raw);
        let plain = !text.is_empty() && text.trim() == text && !looks_typed(&text);
        let shown = if plain {
            cx.value(&text)
        } else {
            format!("\"{}\"", cx.value(&text))
        };
        return (Role::JsonString, shown, note);
    }
    let role = if number {
        Role::JsonNumber
    } else {
        Role::JsonLiteral
    };
    (role, cx.value(raw), note)
}

fn time_role(cx: &Cx, end: crate::protocol::time::Timestamp) -> Role {
    words::ends(Some(end), cx.now).0
}

/// Tells whether a text would be taken for a number, a literal or something nested if it stood without quotes.
fn looks_typed(text: &str) -> bool {
    text.starts_with(['{', '[', '"'])
        || (text.len() < 40 && serde_json::from_str::<serde_json::Value>(text).is_ok())
}

/// Returns the row of the token itself: its name and fingerprint, or, revealed, its parts in their colours.
pub fn raw_row(cx: &Cx, token: &Token, pad: usize) -> Row {
    let mut row = Row::pair("token", pad, Role::Secret, cx.secret(&token.raw));
    if cx.shows(&token.raw) && token.form == Form::Jws {
        row.spans.pop();
        let text = cx.secret(&token.raw);
        let roles = [Role::JwtHeader, Role::JwtClaims, Role::JwtSignature];
        for (index, piece) in text.splitn(3, '.').enumerate() {
            if index > 0 {
                row.spans.push((Role::Muted, ".".to_owned()));
            }
            row.spans.push((roles[index], visible(piece).into_owned()));
        }
    }
    row.copying(CopyText::from(token.raw.clone()))
}
