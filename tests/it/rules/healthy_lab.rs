//! The lab does everything right, so no rule may find fault with a walk through it.

use jagwalk::{
    lab::ClientKind,
    lint::{self, Past, Revision, Severity, Subject},
    profile::Profile,
    session::Session,
};

use crate::walks;

#[tokio::test]
async fn a_walk_through_the_lab_trips_nothing() {
    let (lab, profile) = walks::lab().await;
    let mut wrong = Vec::new();
    for kind in [
        ClientKind::Default,
        ClientKind::SecretBasic,
        ClientKind::SecretPost,
        ClientKind::Rs256,
    ] {
        let (session, _) = walks::walk(walks::as_client(&profile, &lab, kind)).await;
        let (looked, told) = findings(&session, &session.profile);
        assert!(looked >= 6, "{kind:?}: only {looked} steps were walked");
        wrong.extend(told.into_iter().map(|told| format!("{kind:?} {told}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Looks at the last attempt of every step; returns how many there are, and what is worse than a note.
fn findings(session: &Session, profile: &Profile) -> (usize, Vec<String>) {
    let mut past: Vec<Past<'_>> = Vec::new();
    let (mut looked, mut told) = (0, Vec::new());
    for step in session.steps() {
        let info = step.info();
        let Some(attempt) = session.step(info.id).attempts.last() else {
            continue;
        };
        let exchange = lint::subject::main(&attempt.made).expect("it was sent");
        let subject = Subject {
            flow: session.flow.id.0,
            step: Some(info),
            request: Some(&exchange.request),
            made: &attempt.made,
            tokens: &attempt.tokens,
            past: &past,
            profile,
            bag: &session.walk.bag,
            keys: &session.walk.keys,
            now: attempt.ended.expect("it ended"),
            revision: Revision::NEWEST,
        };
        let draft = Subject {
            made: &[],
            tokens: &[],
            ..subject
        };
        looked += 1;
        for subject in [draft, subject] {
            let findings = lint::findings(&subject).into_iter();
            let loud = findings.filter(|finding| finding.severity > Severity::Note);
            told.extend(loud.map(|finding| format!("{}: {finding:?}", info.id.0)));
        }
        past.push(Past {
            step: info.id,
            made: &attempt.made,
            tokens: &attempt.tokens,
        });
    }
    (looked, told)
}
