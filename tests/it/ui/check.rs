//! The page with a check of the profile: begun, waited for, stopped, read and copied.

use super::desk::{Desk, tenant};
use jagwalk::{
    flow::preflight::{Checked, Grade, Preflight},
    protocol::party::Party,
    ui::update::Msg,
};

fn found() -> Preflight {
    let check = |party, grade, says: &str| Checked {
        party,
        id: "x",
        grade,
        says: says.to_owned(),
        expected: None,
        got: None,
    };
    let mut checks = vec![
        check(
            Party::Network,
            Grade::Ok,
            "No proxy is set, in the profile or in the environment.",
        ),
        check(
            Party::Idp,
            Grade::Ok,
            "It echoed hunter2hunter2 in its metadata.",
        ),
        Checked {
            expected: Some("https://idp.example".to_owned()),
            got: Some("https://idp.example/".to_owned()),
            ..check(
                Party::Idp,
                Grade::Finding,
                "The issuer differs: only a slash at the end differs, which is enough for a client to refuse it.",
            )
        },
    ];
    checks.extend(
        (0..30).map(|number| check(Party::You, Grade::Note, &format!("Note number {number}."))),
    );
    Preflight { checks, sent: 7 }
}

#[test]
fn a_check_is_shown_by_party_scrolled_copied_and_left() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::sham(tenant(), 404, "{}", size);
        *desk.host.checked.lock().unwrap() = Some(found());
        desk.keys("C").sees_soon("▾ IdP");
        desk.sees("nothing but GET and no credential")
            .sees("  ok           No proxy is set, in the profile or in the environment.")
            .sees("  finding      The issuer differs")
            .sees("  expected     https://idp.example")
            .sees("  received     https://idp.example/")
            .sees_no("hunter2hunter2");
        desk.keys("G")
            .sees("7 requests were made, all GET, none with a credential. 2 ok, 0 unknown, 30");
        desk.keys("/slash at<enter>").sees("The issuer differs");
        desk.keys("<esc>y")
            .sees("Sent to the terminal’s clipboard: the report of the check, ");
        let copied = desk.copied.pop().unwrap();
        // Word for word what the command line prints, but for what is masked.
        let printed = found().text("acme");
        assert!(
            printed.contains("hunter2hunter2") && !copied.contains("hunter2hunter2"),
            "{copied}"
        );
        let masked = |text: &str| {
            text.lines()
                .filter(|line| !line.contains("It echoed"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(masked(&copied), masked(&printed));
        desk.keys("<esc>")
            .sees_no("nothing but GET")
            .sees("[Request]");
    }
}

#[test]
fn a_check_that_takes_long_says_so_and_is_stopped() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("C").sees("Checking acme … Esc stops.");
    let number = desk.engine.model.screen.check.number;
    let since = desk.engine.model.now;
    // The clock of this desk stands; the screen's own does not.
    desk.engine.model.now = since.plus_secs(2);
    desk.sees("Checking acme … 2 s. Esc stops.");
    desk.engine.model.now = since;
    assert!(
        desk.engine.idle().is_some_and(|wait| wait <= 1000),
        "it counts the seconds"
    );
    desk.keys("<esc>").sees("The check was stopped.");
    assert!(desk.engine.idle().is_none(), "nothing ticks any more");
    // What comes too late changes nothing, on the next page neither.
    desk.keys("C");
    desk.tell(Msg::Checked(number, Ok(found())));
    desk.sees("Checking acme").sees_no("▾ IdP");
    desk.tell(Msg::Checked(
        number + 1,
        Err("The network settings cannot be used.".to_owned()),
    ));
    desk.sees("The network settings cannot be used.")
        .sees("r again");
    *desk.host.checked.lock().unwrap() = Some(found());
    desk.keys("r").sees_soon("▾ IdP");
}

#[test]
fn nothing_is_checked_while_a_step_is_in_flight() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let step = jagwalk::flow::StepId("authorize");
    desk.engine.model.place_mut().go(step);
    desk.keys("r").sees("waiting for you");
    desk.keys("C")
        .sees("A step is in flight; Esc cancels it.")
        .sees_no("Checking");
}
