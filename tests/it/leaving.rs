//! What stays of a walk where the screen was: one line, masked, and only where something was sent.

use jagwalk::{
    flow::{Ink, StepId},
    profile::{Profile, fields},
    session::{Command, Session},
    ui::{farewell::line, theme::Glyphs},
};

use crate::{pty::Pty, scripted, world::World};

fn said(session: &Session) -> String {
    line(session, false, 200, Glyphs::UNICODE)
}

#[test]
fn the_line_says_which_walk_it_was_and_how_far_it_came() {
    assert_eq!(
        said(&scripted::happy()),
        "jagwalk: xaa · acme · 7 of 7 steps done"
    );
    assert_eq!(
        said(&scripted::refused()),
        "jagwalk: xaa · acme · refused at ID-JAG: access_denied (IdP, likely)"
    );
    assert_eq!(
        said(&scripted::fresh(scripted::profile())),
        "jagwalk: xaa · acme · 0 of 7 steps done"
    );
    let blocked = said(&scripted::fresh(Profile::named("empty")));
    assert!(
        blocked.starts_with(
            "jagwalk: xaa · empty · 0 of 7 steps done, 1 left out, blocked at IdP metadata: "
        ),
        "{blocked}"
    );
}

#[test]
fn why_it_stopped_stands_in_the_line_with_the_side_that_must_act() {
    let html = said(&scripted::html());
    assert!(
        html.starts_with("jagwalk: xaa · acme · failed at ID-JAG: ") && html.contains(" (IdP, "),
        "{html}"
    );
    let unreachable = said(&scripted::unreachable());
    assert!(
        unreachable.contains(" · unreachable at ") && unreachable.contains(", certain)"),
        "{unreachable}"
    );
}

#[test]
fn a_walk_that_waits_says_where() {
    let mut session = scripted::fresh(scripted::profile());
    let ink = Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    };
    drop(session.command(Command::Send(StepId("discover-idp")), ink));
    assert_eq!(
        said(&session),
        "jagwalk: xaa · acme · 0 of 7 steps done, waiting at IdP metadata"
    );
}

#[test]
fn the_line_is_one_line_masked_and_no_wider_than_the_terminal() {
    let mut session = scripted::happy();
    let code = scripted::CODE;
    let title = format!("{code} {}\u{1b}[31m\nAcme", scripted::SSO_SECRET);
    session.profile.edit(fields::TITLE, &title).unwrap();
    let whole = said(&session);
    assert!(!whole.contains(code), "{whole}");
    assert!(!whole.contains(scripted::SSO_SECRET), "{whole}");
    assert!(
        whole.contains('‹') && !whole.contains(char::is_control),
        "{whole}"
    );

    session.profile.edit(fields::TITLE, "Acme").unwrap();
    assert_eq!(
        line(&session, false, 30, Glyphs::UNICODE),
        "jagwalk: xaa · Acme · 7 of 7…"
    );
    assert_eq!(
        line(&session, false, 200, Glyphs::ASCII),
        "jagwalk: xaa | Acme | 7 of 7 steps done"
    );
}

/// Opens the lab, sends a step if asked to, and leaves; returns what is on the user's own screen then.
#[track_caller]
fn left(walked: bool, leave: impl FnOnce(&mut Pty) -> u32) -> String {
    let world = World::new();
    let mut pty = Pty::start(&world, &[], 24, 80);
    pty.wait_for("ready");
    if walked {
        pty.send("<enter>");
        pty.wait_for(" done in ");
    }
    leave(&mut pty);
    pty.assert_sane();
    pty.screen().trim().to_owned()
}

#[test]
fn the_line_stays_on_every_way_out() {
    let wanted = "jagwalk: xaa · Built-in lab · 1 of 7 steps done";
    let asked = left(true, |pty| {
        pty.send("q");
        pty.wait_for("Leave?");
        pty.quit("y")
    });
    assert_eq!(asked, wanted);
    assert_eq!(left(true, |pty| pty.quit("<c-c>")), wanted);
    for name in ["TERM", "HUP"] {
        let ended = left(true, |pty| {
            pty.signal(name);
            pty.wait_exit()
        });
        assert_eq!(ended, wanted, "{name}");
    }
    assert_eq!(left(false, |pty| pty.quit("q")), "");
}
