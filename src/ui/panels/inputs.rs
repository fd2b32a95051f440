//! The form of a step: why it exists, the fields it reads, the tokens it takes, and what holds it back.

use super::Panel;
use crate::{
    flow::{Artifact, Blocked, Draft, Origin as From, Step},
    profile::{Auth, FieldPath, Kind, Origin, Profile, Side, fields},
    session::Status,
    ui::{
        rows::{Cx, Goes, Row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "inputs",
    title: "Inputs",
    rows,
    badge,
};

/// More lines than this of one field are not shown in the form.
const LINES_LIMIT: usize = 6;

fn blocked<'a>(cx: &Cx<'a>) -> &'a [Blocked] {
    match &cx.session.step(cx.step).draft {
        Some(Err(blocked)) => blocked,
        _ => &[],
    }
}

fn badge(cx: &Cx) -> Option<String> {
    let known = blocked(cx).iter().filter(|why| !matches!(why, Blocked::Needs(_)));
    let fields = cx.session.flow.step(cx.step).map_or(&[][..], |step| step.info().fields);
    // What holds the step back now may hide what will hold it back then.
    let hidden = |path: &&FieldPath| {
        let is_known = |why: &Blocked| matches!(why, Blocked::Missing(at) if concerns(at, **path));
        lacks(&cx.session.profile, **path) && !blocked(cx).iter().any(is_known)
    };
    let count = known.count() + fields.iter().filter(hidden).count();
    (count > 0).then(|| format!("{count} needed"))
}

fn rows(cx: &Cx) -> Vec<Row> {
    let Some(step) = cx.session.flow.step(cx.step) else {
        return Vec::new();
    };
    let info = step.info();
    let mut rows = vec![Row::text(Role::Muted, info.why)];
    rows.push(Row::text(Role::Muted, place(cx)));
    if let Status::Skipped(why) = cx.session.status(cx.step) {
        rows.push(Row::text(Role::StepSkipped, format!("{} Left out: {}", cx.glyphs.skipped, cx.text(&why))));
    }
    rows.push(Row::blank());
    let draft = match &cx.session.step(cx.step).draft {
        Some(Ok(draft)) => Some(draft),
        _ => None,
    };
    let labels: Vec<String> = info.fields.iter().map(|path| label(*path, info.fields)).collect();
    let pad = words::pad(labels.iter().map(String::as_str), cx.width);
    for (path, label) in info.fields.iter().zip(&labels) {
        rows.extend(field(cx, *path, (label, pad), draft));
    }
    rows.extend(overrides(cx));
    rows.extend(takes(cx, step));
    rows.extend(rest(cx, info.fields));
    wrap(rows, cx.width)
}

fn place(cx: &Cx) -> String {
    let dot = cx.glyphs.dot;
    let stage = cx.session.flow.stage_of(cx.step).map_or("", |stage| stage.title);
    let spec = cx.session.flow.step(cx.step).map(|step| step.info().spec.join(", ")).unwrap_or_default();
    let count = cx.session.steps().count();
    format!("{stage} {dot} step {} of {count} {dot} {spec}", words::number(cx.session, cx.step))
}

/// Names a field among those beside it: with its table where two are called the same.
fn label(path: FieldPath, beside: &[FieldPath]) -> String {
    let label = path.field().label;
    let twins = beside.iter().filter(|other| other.field().label == label).count();
    if twins > 1 {
        format!("{label} ({})", path.table())
    } else {
        label.to_owned()
    }
}

fn field(cx: &Cx, path: FieldPath, (label, pad): (&str, usize), draft: Option<&Draft>) -> Vec<Row> {
    let entry = path.field();
    let profile = &cx.session.profile;
    let mut spans = Vec::new();
    let mut invalid = Vec::new();
    let mut missing = lacks(profile, path);
    for why in blocked(cx) {
        match why {
            Blocked::Missing(at) if concerns(at, path) => missing = true,
            Blocked::Invalid(at, says) if concerns(at, path) => invalid.push(says.as_str()),
            _ => {}
        }
    }
    let text = profile.shown_effective(path);
    let mut lines = text.trim_end_matches('\n').split('\n');
    let role = if invalid.is_empty() { Role::FieldValue } else { Role::FieldInvalid };
    let first = lines.next().unwrap_or_default();
    if missing {
        spans.push((Role::FieldInvalid, "needed".to_owned()));
    } else if let Some(auth) = by_itself(profile, path).filter(|_| first.is_empty()) {
        spans.push((Role::Muted, auth));
    } else if first.is_empty() {
        spans.push((Role::Muted, cx.glyphs.idle.to_owned()));
    } else {
        spans.push((if entry.kind == Kind::Secret { Role::Secret } else { role }, cx.value(first)));
    }
    if let Some(says) = unused(cx, path) {
        spans.push((Role::Muted, format!("  {says}")));
    } else if let Some(says) = origin(profile, path) {
        spans.push((Role::Muted, format!("  {says}")));
    }
    let mut head = Row::pair(label, pad, Role::FieldValue, "");
    head.spans.pop();
    head.spans.extend(spans);
    let mut rows = vec![head];
    let indent = || (Role::Muted, " ".repeat(pad + 2));
    let more: Vec<&str> = lines.collect();
    for line in more.iter().take(LINES_LIMIT) {
        rows.push(Row::new(vec![indent(), (role, cx.value(line))]));
    }
    if more.len() > LINES_LIMIT {
        let says = format!("{} {} more lines", cx.glyphs.cut, more.len() - LINES_LIMIT);
        rows.push(Row::new(vec![indent(), (Role::Muted, says)]));
    }
    for says in invalid {
        let says = format!("{} {}", cx.glyphs.failed, words::sentence(&cx.text(says)));
        rows.push(Row::new(vec![indent(), (Role::FieldInvalid, says)]));
    }
    for (_, url) in draft.iter().flat_map(|draft| &draft.resolved).filter(|(at, _)| *at == path) {
        // What the field itself says need not be said twice.
        if *url != text {
            let spans = vec![indent(), (Role::Muted, format!("{} ", cx.glyphs.to)), (Role::Link, cx.value(url))];
            rows.push(Row::new(spans).copying(cx.copy("address", url)));
        }
    }
    let help = format!("{} ({}).", entry.help.trim_end_matches('.'), entry.path);
    rows.into_iter()
        .map(|row| {
            let copy = row.copy.clone().or_else(|| (!text.is_empty() && entry.kind != Kind::Secret).then(|| cx.copy("field", &text)));
            Row { field: Some(path), at: Some(crate::protocol::pointer::Pointer::Profile(path.0.to_owned())), copy, note: Some(help.clone()), ..row }
        })
        .collect()
}

/// Tells whether a reason speaks of this field, or of the one it has its value from.
fn concerns(at: &str, path: FieldPath) -> bool {
    let mut here = Some(path);
    while let Some(field) = here {
        if field.0 == at {
            return true;
        }
        here = field.field().inherits;
    }
    false
}

fn origin(profile: &Profile, path: FieldPath) -> Option<String> {
    match profile.origin(path) {
        Origin::Own | Origin::Absent => None,
        Origin::Filled if !profile.flag(fields::LAB) => Some("from the flow".to_owned()),
        Origin::Filled => Some("from the lab".to_owned()),
        Origin::Inherited(from) => Some(format!("from {from}")),
        Origin::Default => Some("default".to_owned()),
    }
}

/// The clients: the table of each, and where it says how it proves itself.
const CLIENTS: [(&str, Side, FieldPath); 5] = [
    ("sso", Side::Sso, fields::SSO_AUTH),
    ("agent", Side::Agent, fields::AGENT_AUTH),
    ("resource_as", Side::ResourceAs, fields::RESOURCE_AS_AUTH),
    ("actor_issuer", Side::ActorIssuer, fields::ACTOR_ISSUER_AUTH),
    ("tts", Side::Tts, fields::TTS_AUTH),
];

/// Says how a client proves itself where it is not told how.
fn by_itself(profile: &Profile, path: FieldPath) -> Option<String> {
    let (_, side, _) = CLIENTS.iter().find(|(.., auth)| *auth == path)?;
    Some(match profile.client(*side).auth {
        Auth::None => "none, having neither secret nor key".to_owned(),
        auth @ (Auth::SecretBasic | Auth::SecretPost) => format!("{}, having a secret", auth.id()),
        Auth::PrivateKeyJwt => format!("{}, having a key", Auth::PrivateKeyJwt.id()),
    })
}

/// Tells whether a client is told to prove itself with what this field does not hold.
fn lacks(profile: &Profile, path: FieldPath) -> bool {
    let Some((_, side, told)) = CLIENTS.iter().find(|(table, ..)| *table == path.table()) else {
        return false;
    };
    let client = profile.client(*side);
    let wanted = match client.auth {
        Auth::None => None,
        Auth::SecretBasic | Auth::SecretPost => Some(client.secret_field),
        Auth::PrivateKeyJwt => Some(client.key_field),
    };
    let said = profile.text(*told).is_some_and(|auth| !auth.is_empty());
    said && wanted == Some(path) && profile.secret(path).is_none()
}

/// Says why a field plays no part, where that follows from another one.
fn unused(cx: &Cx, path: FieldPath) -> Option<String> {
    let profile = &cx.session.profile;
    match path.key() {
        "management_token" => {
            return (profile.text(fields::RESOURCE_AS_VENDOR) != Some("okta"))
                .then(|| "not used: resource_as.vendor is not okta".to_owned());
        }
        "saml_assertion" => return (!profile.subject().is_saml()).then(|| "not used: the subject is no SAML assertion".to_owned()),
        _ => {}
    }
    let (_, side, told) = CLIENTS.iter().find(|(table, ..)| *table == path.table())?;
    // Who is not told how takes whatever it is given.
    let told = profile.text(*told).is_some_and(|auth| !auth.is_empty());
    let auth = profile.client(*side).auth;
    let used = match path.key() {
        "client_secret" => !told || matches!(auth, Auth::SecretBasic | Auth::SecretPost),
        "private_key" => !told || auth == Auth::PrivateKeyJwt,
        "kid" | "alg" | "assertion_audience" => auth == Auth::PrivateKeyJwt,
        _ => true,
    };
    (!used).then(|| match (told, auth) {
        (false, Auth::None) => "only with a private key".to_owned(),
        _ => format!("not used with {}", auth.id()),
    })
}

fn overrides(cx: &Cx) -> Vec<Row> {
    let overrides = cx.session.profile.step(cx.step.0);
    if overrides.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![Row::blank(), Row::heading(cx.glyphs, 0, format!("set by step.{} in the profile", cx.step))];
    let claims = overrides.claims.iter().map(|(name, value)| ("claim", name, value.to_string()));
    let others = [("parameter", &overrides.params), ("header", &overrides.headers)];
    let others = others.into_iter().flat_map(|(what, pairs)| pairs.iter().map(move |(name, value)| (what, name, value.clone())));
    for (what, name, value) in others.chain(claims) {
        let name = format!("{what} {}", cx.text(name));
        rows.push(Row::pair(&name, 20, Role::FieldValue, cx.value(&value)).at_depth(1));
    }
    rows
}

fn takes(cx: &Cx, step: &dyn Step) -> Vec<Row> {
    let needs = step.needs(&cx.session.profile);
    if needs.is_empty() {
        return Vec::new();
    }
    let pad = words::pad(needs.iter().map(|artifact| artifact.name()), cx.width);
    let mut rows = vec![Row::blank(), Row::text(Role::Strong, "takes from earlier steps")];
    for artifact in needs {
        let mut row = Row::pair(artifact.name(), pad, Role::Text, "");
        row.spans.pop();
        row.spans.extend(state(cx, artifact));
        if Artifact::GIVEABLE.contains(&artifact) {
            row.goes = Some(Goes::Artifact(artifact));
            row.note = Some("An existing one can be handed in instead.".to_owned());
        }
        rows.push(row.at_depth(1));
    }
    rows
}

/// Says how an artifact stands: `needs ID-JAG`, `fresh · ends in 9 min · from step 4`, `handed in`.
fn state(cx: &Cx, artifact: Artifact) -> Vec<(Role, String)> {
    let dot = (Role::Muted, format!(" {} ", cx.glyphs.dot));
    let bag = &cx.session.walk.bag;
    let Some(held) = bag.held(artifact) else {
        if artifact == Artifact::SamlAssertion && cx.session.profile.secret(fields::AGENT_SAML_ASSERTION).is_some() {
            return vec![(Role::Text, format!("from {}", fields::AGENT_SAML_ASSERTION))];
        }
        return if bag.has(artifact) {
            vec![(Role::Text, "found".to_owned())]
        } else {
            vec![(Role::StepSkipped, format!("needs {}", artifact.name()))]
        };
    };
    let mut spans = vec![if held.suspect.is_some() {
        (Role::FindingError, "suspect: its signature failed".to_owned())
    } else if held.stale {
        (Role::StepStale, "stale".to_owned())
    } else if held.expires.is_some_and(|end| end <= cx.now) {
        (Role::TimePast, "ended".to_owned())
    } else {
        (Role::Text, "fresh".to_owned())
    }];
    spans.push(dot.clone());
    if held.origin == From::Given && spans[0].1 == "fresh" {
        spans.clear();
        spans.push((Role::Accent, "handed in".to_owned()));
        spans.push(dot.clone());
    }
    if held.expires.is_some() {
        spans.push(words::ends(held.expires, cx.now));
        spans.push(dot.clone());
    }
    if let From::Step(step) = held.origin {
        spans.push((Role::Muted, format!("from step {}", words::number(cx.session, step))));
        spans.push(dot);
    }
    spans.push((Role::Secret, cx.secret(&held.value)));
    spans
}

/// Lists what holds the step back and stands in none of its fields and tokens.
fn rest(cx: &Cx, shown: &[FieldPath]) -> Vec<Row> {
    let left: Vec<Row> = blocked(cx)
        .iter()
        .filter(|why| match why {
            Blocked::Needs(_) => false,
            Blocked::Missing(at) | Blocked::Invalid(at, _) => !shown.iter().any(|path| concerns(at, *path)),
        })
        .map(|why| words::blocked_row(cx, why).at_depth(1))
        .collect();
    if left.is_empty() {
        return left;
    }
    let mut rows = vec![Row::blank(), Row::text(Role::Strong, "also needed")];
    rows.extend(left);
    rows
}
