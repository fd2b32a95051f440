//! The form of a step: what is said of its fields, and how they are filled in.

use super::desk::{Desk, tenant};

/// Opens the inputs of the step that redeems the ID-JAG, its Authentication under the cursor.
fn at_the_authentication(desk: &mut Desk<super::desk::Sham>) {
    desk.keys("6").sees("step 6 of 7");
    desk.keys("'i/Authent<enter>").sees("Authentication");
}

#[test]
fn a_client_that_is_not_told_how_proves_itself_with_what_it_has() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    at_the_authentication(&mut desk);
    desk.sees("none, having neither secret nor key")
        .sees("only with a private key")
        .sees_no("not used with none");
    desk.keys("j<enter>").keys("hunter3hunter3<enter>");
    desk.sees("client_secret_basic, having a secret")
        .sees_no("not used with none");
    // Who is told is held to it.
    desk.keys("k<enter>none<enter>").sees("not used with none");
    desk.keys("<enter>private_key_jwt<enter>")
        .sees("Private key         needed")
        .sees("[Inputs 1 needed]");
}

#[test]
fn a_choice_is_made_by_typing_its_name_or_a_part_of_it() {
    for (typed, chosen) in [
        ("client_secret_basic", "client_secret_basic"),
        ("client_secret_p", "client_secret_post"),
        ("post", "client_secret_post"),
        ("PRIV", "private_key_jwt"),
        // What leads nowhere begins anew; the same letter again goes on.
        ("nop", "private_key_jwt"),
        ("cc", "client_secret_post"),
    ] {
        let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
        at_the_authentication(&mut desk);
        desk.keys("<enter>").keys(typed).keys("<enter>");
        let has = |line: &&str| line.contains("Authentication") && line.contains(chosen);
        let screen = desk.screen();
        assert!(screen.lines().any(|line| has(&line)), "{typed}: {screen}");
    }
}

#[test]
fn two_fields_of_one_name_are_told_apart() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("5'i")
        .sees("Algorithm (agent)")
        .sees("Algorithm (dpop)");
    desk.keys("6").sees("Algorithm").sees_no("Algorithm (");
}

#[test]
fn an_edit_is_taken_back_to_what_was_saved() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("U").sees("on no field that was edited");
    desk.keys("2'i/Issuer<enter>").sees("https://as.example");
    desk.keys("<enter>/other<enter>")
        .sees("https://as.example/other")
        .sees("not saved");
    desk.keys("U")
        .sees("resource_as.issuer is as it was saved.")
        .sees_no("/other")
        .sees_no("not saved");
    // On the page with every field too, and a secret without being shown.
    desk.keys("P/sso.client_secret<enter>")
        .keys("<enter>hunter4hunter4<enter>")
        .keys("<esc>")
        .sees("not saved");
    desk.keys("U").sees("sso.client_secret is as it was saved.");
    let profile = &desk.engine.model.session().profile;
    let secret = profile.secret(jagwalk::profile::fields::SSO_CLIENT_SECRET);
    assert!(secret == tenant().secret(jagwalk::profile::fields::SSO_CLIENT_SECRET));
}

#[test]
fn a_value_from_elsewhere_is_there_to_be_changed_a_little() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let audience = |desk: &Desk<_>| {
        let profile = &desk.engine.model.session().profile;
        profile
            .own(jagwalk::profile::fields::AGENT_AUDIENCE)
            .is_some()
    };
    desk.keys("5e").sees("from resource_as.issuer");
    desk.keys("/Audience<enter><enter>")
        .sees("https://as.example");
    // As it is, it stays what it follows.
    desk.keys("<enter>").sees("from resource_as.issuer");
    assert!(!audience(&desk));
    desk.keys("<enter>/<enter>").sees("https://as.example/");
    assert!(audience(&desk));
    desk.sees_no("from resource_as.issuer");
}
