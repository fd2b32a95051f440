//! The tokens of a step taken apart: whose, how long, signed by whom, and what is in them.

use unicode_width::UnicodeWidthStr;

use super::Panel;
use crate::{
    flow::{Artifact, Held, Origin, TokenRecord},
    profile::{Side, fields},
    protocol::{
        jwt::{Claims, Signature, TokenKind},
        party::Party,
    },
    session::Session,
    ui::{
        rows::{Cx, Row, lineage, since, token_rows, tokens::raw_row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "tokens",
    title: "Tokens",
    rows,
    badge,
};

/// The names of a token's own rows are padded to this.
const PAD: usize = 11;

/// Returns the tokens that a step's chosen attempt gained, and those handed in for it.
fn own<'a>(cx: &Cx<'a>) -> Vec<&'a TokenRecord> {
    let state = cx.session.step(cx.step);
    let attempt = match cx.attempt {
        Some(at) => state.attempts.get(at),
        // A try that brought nothing does not hide what an earlier one brought.
        None => state.attempts.iter().rev().find(|attempt| !attempt.tokens.is_empty()),
    };
    state.given.iter().chain(attempt.into_iter().flat_map(|attempt| &attempt.tokens)).collect()
}

fn badge(cx: &Cx) -> Option<String> {
    let count = own(cx).len();
    (count > 1).then(|| count.to_string())
}

fn rows(cx: &Cx) -> Vec<Row> {
    let own = own(cx);
    let mut rows = lineage::line(cx);
    for (at, record) in own.iter().enumerate() {
        if at > 0 {
            rows.push(Row::blank());
        }
        rows.extend(record_rows(cx, record, false));
    }
    if own.is_empty() {
        rows.extend(nothing(cx));
    }
    let taken = taken(cx);
    if !taken.is_empty() {
        rows.push(Row::blank());
        rows.push(Row::text(Role::Muted, "taken from earlier steps"));
    }
    for record in taken {
        rows.extend(record_rows(cx, record, true));
    }
    wrap(rows, cx.width)
}

fn nothing(cx: &Cx) -> Vec<Row> {
    let Some(step) = cx.session.flow.step(cx.step) else {
        return Vec::new();
    };
    let gives: Vec<&str> = step
        .info()
        .gives
        .iter()
        .filter(|artifact| is_token(**artifact))
        .map(|artifact| artifact.name())
        .collect();
    if gives.is_empty() {
        return vec![Row::text(Role::Muted, "This step gains no token.")];
    }
    let lead = format!("No token yet; this step gives {}", gives.join(", "));
    words::why_not(cx, &lead)
}

fn is_token(artifact: Artifact) -> bool {
    Artifact::GIVEABLE.contains(&artifact) && artifact != Artifact::Code
}

/// Returns the tokens that the step takes, as they are in the bag.
fn taken<'a>(cx: &Cx<'a>) -> Vec<&'a TokenRecord> {
    let Some(step) = cx.session.flow.step(cx.step) else {
        return Vec::new();
    };
    step.needs(&cx.session.profile)
        .into_iter()
        .filter_map(|artifact| {
            let held = cx.session.walk.bag.held(artifact)?;
            let fingerprint = held.value.fingerprint(&[]);
            cx.session
                .walk
                .steps
                .iter()
                .flat_map(|state| state.given.iter().chain(state.attempts.iter().flat_map(|attempt| &attempt.tokens)))
                .find(|record| record.artifact == artifact && record.fingerprint == fingerprint)
        })
        .collect()
}

fn record_rows(cx: &Cx, record: &TokenRecord, shut: bool) -> Vec<Row> {
    let mut rows = vec![title(cx, record)];
    rows[0].shut = shut;
    let mut add = |row: Row| rows.push(row.at_depth(1));
    add(signature(cx, &record.signature));
    add(raw_row(cx, &record.token, PAD));
    if cx.shows(&record.token.raw) {
        // Masked, the token's own row has it.
        let note = "The first eight hex digits of its SHA-256; the same token has the same everywhere.";
        add(Row::pair("fingerprint", PAD, Role::Text, cx.text(&record.fingerprint)).noted(Some(note.to_owned())));
    }
    add(Row::pair("gained", PAD, Role::Text, record.gained.in_words(cx.now)));
    if let Some(parent) = record.parent {
        add(Row::pair("made from", PAD, Role::Text, since::parent(cx.session, parent)));
    }
    if let Some(held) = kept(cx, record).filter(|held| held.stale) {
        add(Row::pair("stale", PAD, Role::StepStale, format!("{}.", since::why_stale(cx.session, held))));
    }
    let kind = record.kind();
    if !record.artifact.fits(kind, true) {
        let says = format!("It stands where {} belongs, but it looks like {kind}.", record.artifact.name());
        add(Row::text(Role::FindingWarning, format!("{} {says}", cx.glyphs.warning)));
    }
    for problem in &record.token.problems {
        add(Row::text(Role::FindingWarning, format!("{} {}", cx.glyphs.warning, cx.value(problem))));
    }
    if matches!(record.artifact.kin(), Artifact::AccessToken | Artifact::SsoAccessToken)
        && record.token.claims.text.is_some()
    {
        add(Row::text(
            Role::Muted,
            "For the eye only: it is meant for the API, and a client must not rely on what is inside (RFC 9068 §6).",
        ));
    }
    rows.extend(lineage::delegated(cx, record));
    rows.extend(lineage::changed(cx, record));
    rows.extend(token_rows(cx, &record.token, &record.name, 1, &|name, value| remark(cx, record, name, value)));
    rows
}

/// `ID Token of alice@acme.example · ends in 9 min 41 s · from step 4`.
fn title(cx: &Cx, record: &TokenRecord) -> Row {
    let dot = format!(" {} ", cx.glyphs.dot);
    let mut row = Row::heading(cx.glyphs, 0, words::upper(called(record)));
    if let Some(subject) = subject(record) {
        row.spans.push((Role::Strong, format!(" of {}", cx.value(subject))));
    }
    let (role, end) = words::ends(record.expires, cx.now);
    row.spans.push((Role::Muted, dot.clone()));
    row.spans.push((role, end));
    let (role, from) = origin(cx, record);
    row.spans.push((Role::Muted, dot.clone()));
    row.spans.push((role, from));
    if let Some(to) = goes_to(cx.session, record.artifact) {
        let says = format!("{dot}goes to step {to}");
        // It is worth a place, but not a second row.
        if row.width() + says.width() <= usize::from(cx.width) {
            row.spans.push((Role::Muted, says));
        }
    }
    row.note = record.expires.map(|end| format!("It ends {}.", end.in_words(cx.now)));
    row
}

/// What the token is called: by what it is, or, where that cannot be told, by what it is for.
fn called(record: &TokenRecord) -> &'static str {
    match record.kind() {
        TokenKind::Opaque | TokenKind::Jwt | TokenKind::Encrypted => record.artifact.name(),
        TokenKind::AccessToken if record.artifact == Artifact::SsoAccessToken => record.artifact.name(),
        kind => {
            let name = kind.name();
            name.strip_prefix("an ").or_else(|| name.strip_prefix("a ")).unwrap_or(name)
        }
    }
}

fn subject(record: &TokenRecord) -> Option<&str> {
    let claims = Claims(record.token.claims.json.as_ref()?);
    ["email", "preferred_username", "upn", "sub"]
        .into_iter()
        .find_map(|name| claims.text(name).filter(|text| !text.trim().is_empty()))
}

/// Returns what is held, if it is this very token.
fn kept<'a>(cx: &Cx<'a>, record: &TokenRecord) -> Option<&'a Held> {
    let held = cx.session.walk.bag.held(record.artifact);
    held.filter(|held| held.value.fingerprint(&[]) == record.fingerprint)
}

fn origin(cx: &Cx, record: &TokenRecord) -> (Role, String) {
    let held = cx.session.walk.bag.held(record.artifact);
    match kept(cx, record) {
        Some(held) if held.origin == Origin::Given => (Role::Accent, "handed in".to_owned()),
        Some(held) => {
            let from = match held.origin {
                Origin::Step(step) => format!("from step {}", words::number(cx.session, step)),
                Origin::Given => String::new(),
            };
            if held.suspect.is_some() {
                (Role::FindingError, format!("{from}, suspect"))
            } else if held.stale {
                (Role::StepStale, format!("{from}, stale"))
            } else if held.expires.is_some_and(|end| end <= cx.now) {
                // When it ended stands beside it.
                (Role::Text, from)
            } else {
                (Role::Text, format!("{from}, fresh"))
            }
        }
        // A trace has no raw value to compare: which token was the last is not known from it.
        None if cx.session.archived => (Role::Muted, "as stored".to_owned()),
        None if held.is_some() => (Role::StepStale, "another has taken its place".to_owned()),
        None if record.artifact == Artifact::SamlAssertion => (Role::Text, "from the profile".to_owned()),
        None => (Role::StepStale, "not kept".to_owned()),
    }
}

fn goes_to(session: &Session, artifact: Artifact) -> Option<usize> {
    session
        .steps()
        .find(|step| step.needs(&session.profile).contains(&artifact))
        .map(|step| words::number(session, step.info().id))
}

fn signature(cx: &Cx, signature: &Signature) -> Row {
    let dot = cx.glyphs.dot;
    let (role, mark, text) = match signature {
        Signature::Verified { alg, kid, from } => {
            let kid = kid.as_ref().map(|kid| format!(" {dot} kid {}", cx.value(kid))).unwrap_or_default();
            let text = format!("verified {dot} {}{kid} {dot} key from {}", cx.value(alg), cx.value(from));
            (Role::SignatureVerified, cx.glyphs.done, text)
        }
        Signature::Failed { why } => (Role::SignatureFailed, cx.glyphs.failed, format!("failed {dot} {}", cx.value(why))),
        Signature::NotChecked { why } => {
            (Role::SignatureUnchecked, cx.glyphs.idle, format!("not checked {dot} {}", cx.value(why)))
        }
    };
    Row::pair("signature", PAD, role, format!("{mark} {text}"))
}

/// Says how a claim compares with what the walk knows.
fn remark(cx: &Cx, record: &TokenRecord, name: &str, value: &str) -> Option<(Role, String)> {
    let profile = &cx.session.profile;
    let bag = &cx.session.walk.bag;
    let same = |good: bool, yes: &str, no: &str| {
        Some(if good { (Role::Muted, yes.to_owned()) } else { (Role::FindingWarning, no.to_owned()) })
    };
    match (record.artifact, name) {
        (Artifact::IdToken, "nonce") if record.parent.is_some() => {
            let sent = bag.value(Artifact::Nonce)?;
            // By fingerprint, so that the nonce need not be taken out of its wrapper.
            let good = sent.fingerprint(&[]) == sent_as(value).fingerprint(&[]);
            same(good, "matches the one that was sent", "is not the one that was sent last")
        }
        (Artifact::InstanceAssertion, "iss") => {
            let issuer = profile.text(fields::INSTANCE_ISSUER_ISSUER)?;
            same(issuer == value, "instance_issuer.issuer of the profile", "not instance_issuer.issuer of the profile")
        }
        (_, "iss") => {
            // Who signs an assertion is in the assertion itself.
            if record.artifact.kin() == Artifact::Assertion {
                return None;
            }
            let mut steps = cx.session.flow.steps();
            let party = steps.find(|step| step.info().gives.contains(&record.artifact))?.info().to;
            let named = bag.metadata(party).and_then(|metadata| metadata.text("issuer"));
            // Of an issuer that is not discovered only the profile tells.
            let own = (party == Party::ActorIssuer).then(|| profile.text(fields::ACTOR_ISSUER_ISSUER)).flatten();
            let (issuer, place) = named.map(|issuer| (issuer, "its metadata")).or(own.map(|issuer| (issuer, "the profile")))?;
            let whose = format!("the {}’s issuer", party.name());
            same(issuer == value, &format!("{whose}, as in {place}"), &format!("not {whose} in {place}"))
        }
        (Artifact::IdToken, "aud") => {
            let client = profile.client(Side::Sso).id?;
            (client == value).then(|| (Role::Muted, "the client that signed the user in".to_owned()))
        }
        (Artifact::IdJag, "aud") => {
            let issuer = bag.metadata(Party::ResourceAs)?.text("issuer")?;
            same(issuer == value, "the resource AS, as in its metadata", "not the issuer in the resource AS’s metadata")
        }
        (Artifact::IdJag, "client_id") => {
            let client = profile.client(Side::ResourceAs).id?;
            same(client == value, "resource_as.client_id of the profile", "not resource_as.client_id of the profile")
        }
        _ => None,
    }
}

fn sent_as(value: &str) -> crate::protocol::secret::Secret {
    crate::protocol::secret::Secret::minted("nonce", value)
}
