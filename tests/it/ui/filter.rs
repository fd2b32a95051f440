//! The filter of the log: words that must all hold, named where they are wrong, told in the first row, gone with Esc.

use jagwalk::ui::filter::{Entry, Filter};
use jagwalk::{flow::StepId, protocol::party::Party};

use super::desk::{Desk, tenant};

#[test]
fn every_word_holds_or_leaves_out() {
    let desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let session = desk.engine.model.session();
    let entry = Entry {
        step: StepId("id-jag"),
        parties: [Party::Client, Party::Idp],
        status: Some(400),
        answered: true,
        text: "POST https://idp.example/token 400 Bad Request invalid_target",
    };
    let failed = Entry {
        status: None,
        answered: false,
        ..entry
    };
    for (text, holds, of_failed) in [
        ("", true, true),
        ("step:id-jag", true, true),
        ("step:5", true, true),
        ("step:authorize", false, false),
        ("-step:authorize", true, true),
        ("party:idp", true, true),
        ("party:client party:idp", true, true),
        ("party:api", false, false),
        ("status:400", true, false),
        ("status:4xx", true, false),
        ("status:2xx", false, false),
        ("-status:2xx", true, true),
        ("status:none", false, true),
        ("INVALID_target", true, true),
        ("-invalid_target", false, false),
        ("https://idp", true, true),
        (
            "step:id-jag party:idp status:4xx invalid_target",
            true,
            false,
        ),
        (
            "step:id-jag party:idp status:4xx invalid_grant",
            false,
            false,
        ),
        ("-", false, false),
    ] {
        let filter = Filter::parse(text, session).expect(text);
        assert_eq!(
            (filter.holds(&entry), filter.holds(&failed)),
            (holds, of_failed),
            "{text}"
        );
    }
}

#[test]
fn a_word_that_means_nothing_is_named() {
    let desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let session = desk.engine.model.session();
    for (text, named) in [
        (
            "status:4xx step:id-jgg",
            "no step `id-jgg` in this walk; did you mean `id-jag`?",
        ),
        ("step:9", "no step `9` in this walk; expected one of"),
        ("party:ipd", "did you mean `idp`?"),
        (
            "-party:bank",
            "expected one of client, user, idp, resource-as, api",
        ),
        ("status:40", "`status:40` is no status"),
        ("status:6xx", "`status:6xx` is no status"),
        ("stepp:id-jag", "`stepp:id-jag` means nothing here"),
    ] {
        let says = Filter::parse(text, session).expect_err(text);
        assert!(says.contains(named), "{text}: {says}");
    }
}

#[test]
fn the_log_shows_what_is_left_and_of_how_many() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("R").sees("200 OK");
    desk.keys("l").sees_no("only");
    desk.keys("&")
        .sees("Show of the log")
        .sees("step:… party:… status:…");
    desk.keys("step:").sees("discover-idp");
    desk.keys("id-jgg<enter>").sees("did you mean `id-jag`?");
    desk.keys("<ctrl-u>party:api status:2xx<enter>")
        .sees("only party:api status:2xx");
    desk.sees("of this walk")
        .sees("Call the API")
        .sees_no("IdP metadata");
    let all: usize = desk
        .engine
        .model
        .session()
        .walk
        .steps
        .iter()
        .flat_map(|state| &state.attempts)
        .map(|attempt| attempt.made.len())
        .sum();
    desk.sees(&format!("1 of {all} requests of this walk"));
    // It is there to be changed, it holds for other steps, and Esc takes it away in its turn.
    desk.keys("&").sees("party:api status:2xx");
    desk.keys("<esc>").sees("only party:api");
    desk.keys("/api<enter>").sees("only party:api");
    desk.keys("<esc>").sees("only party:api");
    desk.keys("3").keys("'l").sees("only party:api");
    desk.keys("<esc>").sees_no("only").sees("[Log]");
    desk.keys("&nothing-like-it<enter>")
        .sees(&format!("0 of {all} requests"));
    desk.keys("&<ctrl-u><enter>").sees_no("only");
}

#[test]
fn a_secret_that_is_looked_for_is_not_shown() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("3<enter>").sees("waiting for you");
    desk.keys("<esc>").sees_soon("ancelled");
    desk.keys("1<enter>&hunter2hunter2<enter>")
        .sees("0 of ")
        .sees_no("hunter2hunter2");
}
