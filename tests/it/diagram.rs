//! The walk as messages: which there are, what each carries, and where what was found stands.

use jagwalk::{
    export::trace,
    flow::StepId,
    protocol::{exchange::Purpose, party::Party},
    session::{
        Command, Session,
        diagram::{Diagram, Message, State, Way, diagram},
    },
};

use crate::scripted;

fn of<'a>(drawn: &'a Diagram<'_>, step: &str, way: Way) -> &'a Message<'a> {
    drawn
        .messages
        .iter()
        .rfind(|message| message.step.0 == step && message.way == way && message.side.is_none())
        .expect("the step has such a message")
}

fn carried(message: &Message<'_>) -> Vec<(&'static str, String, bool)> {
    let mark = |mark: &Option<String>| mark.clone().unwrap_or_default();
    let all = message.carries.iter();
    all.map(|carried| (carried.name, mark(&carried.fingerprint), carried.born))
        .collect()
}

fn shape(session: &Session) -> Vec<String> {
    let drawn = diagram(session);
    let told = |message: &Message<'_>| {
        let Message {
            label,
            way,
            state,
            place,
            ..
        } = message;
        format!("{place:?} {way:?} {state:?} {label} {:?}", carried(message))
    };
    drawn.messages.iter().map(told).collect()
}

#[test]
fn a_token_is_born_in_an_answer_and_travels_in_the_next_request() {
    let session = scripted::happy();
    let drawn = diagram(&session);
    let lanes = [
        Party::User,
        Party::Client,
        Party::Idp,
        Party::ResourceAs,
        Party::Api,
    ];
    assert_eq!(drawn.lanes, lanes);
    for (birth, travel, name) in [
        ("redeem-code", "id-jag", "ID Token"),
        ("id-jag", "jwt-bearer", "ID-JAG"),
        ("jwt-bearer", "call-api", "access token"),
    ] {
        let born = carried(of(&drawn, birth, Way::Answer));
        let sent = carried(of(&drawn, travel, Way::Request));
        assert_eq!((born[0].0, born[0].2), (name, true), "{born:?}");
        assert_eq!(sent, [(name, born[0].1.clone(), false)]);
        assert_eq!(born[0].1.len(), 8);
    }
    assert_eq!(of(&drawn, "id-jag", Way::Request).label, "token-exchange");
    let code = carried(of(&drawn, "redeem-code", Way::Request));
    assert_eq!((code[0].0, code[0].2), ("code", false), "{code:?}");
}

#[test]
fn messages_are_counted_without_what_is_aside_or_planned() {
    let session = scripted::refused();
    let drawn = diagram(&session);
    let places: Vec<usize> = drawn
        .messages
        .iter()
        .filter_map(|message| message.place)
        .collect();
    assert_eq!(places, (1..=drawn.count).collect::<Vec<_>>());
    let refused = of(&drawn, "id-jag", Way::Answer);
    assert_eq!(
        (refused.state, refused.place),
        (State::Refused, Some(drawn.count))
    );
    assert_eq!(refused.label, "400 access_denied");
    assert_eq!(of(&drawn, "call-api", Way::Request).state, State::Planned);
    assert_eq!(of(&drawn, "call-api", Way::Request).place, None);
    let keys = drawn
        .messages
        .iter()
        .find(|message| message.side == Some(Purpose::Keys));
    assert_eq!(keys.expect("keys were fetched").place, None);

    let session = scripted::unreachable();
    let drawn = diagram(&session);
    assert_eq!(
        of(&drawn, "discover-resource-as", Way::Answer).state,
        State::Lost
    );
    let session = scripted::html();
    let drawn = diagram(&session);
    assert_eq!(
        of(&drawn, "id-jag", Way::Answer).label,
        "200 rejected by us"
    );
}

#[test]
fn what_was_found_stands_at_its_message_and_nowhere_else() {
    let session = scripted::happy();
    let drawn = diagram(&session);
    let mut some = 0;
    for step in session.steps() {
        let id = step.info().id;
        let found = session
            .step(id)
            .last()
            .map_or(0, |attempt| attempt.findings.len());
        let shown: usize = drawn
            .messages
            .iter()
            .filter(|message| message.step == id)
            .map(|message| message.findings.len())
            .sum();
        assert_eq!(found, shown, "{id}");
        some += found;
        for way in [Way::Request, Way::Answer] {
            for finding in &of(&drawn, id.0, way).findings {
                let at = finding.at.to_string();
                assert!(!at.starts_with("form:") || way == Way::Request, "{at}");
                assert!(!at.starts_with("json:") || way == Way::Answer, "{at}");
            }
        }
    }
    assert!(some > 0, "a walk without any finding shows nothing here");
}

#[test]
fn a_stored_walk_has_the_same_diagram() {
    let session = scripted::happy();
    let stored = trace::read(&trace::write(&session)).expect("a trace reads back");
    assert_eq!(shape(&session), shape(&stored));
}

#[test]
fn a_step_that_ran_again_marks_what_came_after_it() {
    let mut session = scripted::happy();
    scripted::drive(&mut session, Command::Send(StepId("redeem-code")), |_| None);
    scripted::drive(&mut session, Command::Send(StepId("authorize")), |_| None);
    let drawn = diagram(&session);
    assert!(of(&drawn, "id-jag", Way::Answer).stale);
    assert!(!of(&drawn, "discover-idp", Way::Answer).stale);
}
