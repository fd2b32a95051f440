//! A flow or a step in words: what it does, why, who, with what, where it is written, and what comes next.

use super::{Artifact, Flow, Step, flows::FLOWS, glossary, tour};
use crate::protocol::{jwt::TokenKind, pointer::Pointer};

/// One part of an explanation: its label, and what it says.
pub type Part = (&'static str, String);

/// Explains a step as it stands in a flow.
pub fn step(flow: &Flow, step: &dyn Step) -> Vec<Part> {
    let info = step.info();
    let mut parts = vec![
        ("What", format!("{}.", info.title)),
        ("Why", info.why.to_owned()),
    ];
    parts.push((
        "Who",
        format!(
            "The {} sends, the {} answers.",
            info.from.name(),
            info.to.name()
        ),
    ));
    if let Some(stage) = flow.stage_of(info.id) {
        parts.push(("Stage", format!("{}. {}", stage.title, stage.about)));
    }
    parts.push(("Needs", names(info.needs, "nothing of an earlier step")));
    parts.push((
        "Gives",
        names(info.gives, "nothing that a later step needs"),
    ));
    if let Some(when) = step.when() {
        parts.push(("There when", when.replace('`', "")));
    }
    if !info.fields.is_empty() {
        let fields: Vec<&str> = info.fields.iter().map(|field| field.0).collect();
        parts.push(("Fields", fields.join(", ")));
    }
    parts.push(("Written in", info.spec.join(", ")));
    let mut after = flow
        .steps()
        .skip_while(|other| other.info().id != info.id)
        .skip(1)
        .filter(|other| other.when().is_none());
    parts.push((
        "Next",
        match after.next() {
            Some(next) => format!("{}: {}.", next.info().id, next.info().title),
            None => "It is the last step.".to_owned(),
        },
    ));
    for artifact in info.gives {
        parts.extend(looks(*artifact));
    }
    parts
}

/// Explains a flow.
pub fn flow(flow: &Flow) -> Vec<Part> {
    let mut parts = vec![
        ("What", format!("{}.", flow.title)),
        ("Why", flow.about.to_owned()),
    ];
    for stage in flow.stages {
        let steps: Vec<&str> = stage.steps.iter().map(|step| step.info().id.0).collect();
        let says = format!(
            "{}. {} Steps: {}.",
            stage.title,
            stage.about,
            steps.join(", ")
        );
        parts.push(("Stage", says));
    }
    parts.push(("Written in", flow.spec.join(", ")));
    parts
}

/// Explains a claim or header member of a kind of token, or a parameter or header field of a request, by its pointer:
/// `claim:id-jag:/aud`, `jose:id-jag:/typ`, `form:audience`, `query:state`, `header:request:dpop`.
pub fn place(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, ':');
    let (place, name, rest) = (parts.next()?, parts.next()?, parts.next());
    let kind = |name: &str| kinds().find(|kind| kind.id() == name);
    let member = |rest: &str| rest.trim_start_matches('/').to_owned();
    let (known, at) = match (place, rest) {
        ("claim", Some(rest)) => (
            glossary::of_claim(kind(name)?, &member(rest)),
            Pointer::Claim(name.to_owned(), format!("/{}", member(rest))),
        ),
        ("jose", Some(rest)) => (
            glossary::of_header(&member(rest)),
            Pointer::Jose(name.to_owned(), format!("/{}", member(rest))),
        ),
        ("form", None) => by_place(Pointer::Form(name.to_owned())),
        ("query", None) => by_place(Pointer::Query(name.to_owned())),
        ("header", Some(field)) => by_place(Pointer::Header(
            crate::protocol::pointer::Side::Request,
            field.to_owned(),
        )),
        _ => return None,
    };
    let look = tour::of(&at, kind).map(|(_, says)| says.to_owned());
    let told: Vec<String> = known
        .map(|says| format!("{says}."))
        .into_iter()
        .chain(look)
        .collect();
    (!told.is_empty()).then(|| told.join(" "))
}

fn by_place(at: Pointer) -> (Option<String>, Pointer) {
    (glossary::of_place(&at), at)
}

/// Returns every flow that has a step of that id, with the step.
pub fn steps(id: &str) -> impl Iterator<Item = (&'static Flow, &'static dyn Step)> {
    FLOWS.iter().filter_map(move |flow| {
        let step = flow.steps().find(|step| step.info().id.0 == id)?;
        Some((*flow, step))
    })
}

/// Says what to look at in a token that a step gives.
fn looks(artifact: Artifact) -> Vec<Part> {
    let Some(kind) = kind_of(artifact) else {
        return Vec::new();
    };
    let stops = tour::of_kind(kind).iter();
    stops
        .map(|(place, says)| {
            let place = place.trim_start_matches("jose:").trim_start_matches('/');
            (
                "Look at",
                format!("{}, {}: {says}", artifact.name(), place.replace('/', ".")),
            )
        })
        .collect()
}

/// Returns what kind of token an artifact is.
fn kind_of(artifact: Artifact) -> Option<TokenKind> {
    Some(match artifact {
        Artifact::IdToken => TokenKind::IdToken,
        Artifact::IdJag => TokenKind::IdJag,
        Artifact::AccessToken => TokenKind::AccessToken,
        Artifact::ActorToken => TokenKind::Jwt,
        Artifact::InstanceAssertion => TokenKind::InstanceAssertion,
        Artifact::TxnToken => TokenKind::TxnToken,
        _ => return None,
    })
}

fn kinds() -> impl Iterator<Item = TokenKind> {
    [
        TokenKind::IdToken,
        TokenKind::IdJag,
        TokenKind::AccessToken,
        TokenKind::InstanceAssertion,
        TokenKind::TxnToken,
        TokenKind::DpopProof,
        TokenKind::ClientAssertion,
        TokenKind::Jwt,
    ]
    .into_iter()
}

fn names(artifacts: &[Artifact], none: &str) -> String {
    if artifacts.is_empty() {
        return format!("{}.", upper(none));
    }
    let names: Vec<&str> = artifacts.iter().map(|artifact| artifact.name()).collect();
    format!("{}.", upper(&names.join(", ")))
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}
