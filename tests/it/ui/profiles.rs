//! Profiles with keys alone.

use super::desk::{Desk, tenant};
use jagwalk::profile::fields;

#[test]
fn a_profile_is_created_filled_in_and_saved() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("p").sees("Profiles").sees("lab");
    desk.keys("c").sees("What the new profile begins with");
    desk.keys("<down>")
        .sees("okta")
        .sees("a custom server redeems");
    desk.keys("<up><enter>").sees("Name of the new profile");
    desk.keys("peer<enter>")
        .sees("peer")
        .sees("[Inputs")
        .sees("is empty");
    desk.keys("<enter>https://idp.peer.example<enter>");
    desk.sees("not saved");
    desk.keys("S").sees("Saved peer").sees_no("not saved");
    let files = desk.host.files.lock().unwrap();
    assert_eq!(
        files["peer"].text(fields::IDP_ISSUER),
        Some("https://idp.peer.example")
    );
}

#[test]
fn every_field_is_on_one_page() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("P").sees("[idp]");
    desk.keys("/insecure<enter>").sees("Insecure");
    desk.keys("<enter>").sees("[default]");
    desk.keys("<down><enter><esc><esc>")
        .sees("TLS not verified")
        .sees("not saved");
    assert!(
        desk.engine
            .model
            .session()
            .profile
            .flag(fields::NETWORK_INSECURE)
    );
}

#[test]
fn names_that_are_taken_are_said_and_stay_in_the_box() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("pc<enter>a<enter>pc<enter>b<enter>p");
    desk.sees("a").sees("b");
    desk.keys("<end>r<ctrl-u>a<enter>")
        .sees("There is a profile a already.");
    desk.keys("2<enter>").sees("b is now a2.");
    desk.keys("x").sees("Delete the file of the profile a2?");
    desk.keys("y").sees("Deleted a2.");
    assert_eq!(desk.host.files.lock().unwrap().len(), 1);
}

#[test]
fn switching_loses_nothing() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("<enter>").sees("[Answer");
    desk.keys("pc<enter>other<enter>")
        .sees("other")
        .sees("[Inputs");
    // The first profile has no file here, so it is not in the list; it is open all the same.
    desk.engine.model.current = 0;
    desk.sees("[Answer");
    desk.keys("<ctrl-c>");
    assert!(desk.left);
}
