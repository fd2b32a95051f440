//! Walking with keys alone.

use super::desk::{Desk, tenant};

#[test]
fn enter_and_enter_again_walks_the_lab_to_the_answer_of_the_api() {
    let mut desk = Desk::lab((80, 24));
    desk.sees("Ask").sees("step 1 of 7").sees("Enter send");
    for step in 1..=7 {
        desk.sees(&format!("step {step} of 7"));
        desk.keys("<enter>");
        desk.sees("done in");
        if step < 7 {
            desk.sees("Enter next step");
            desk.keys("<enter>");
        }
    }
    desk.sees("200 OK");
    desk.keys("q").sees("Leave?");
    desk.keys("n");
    assert!(!desk.left);
    desk.keys("qy");
    assert!(desk.left);
}

#[test]
fn a_run_goes_to_the_end_and_is_followed() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("R")
        .sees("Call the API with the access token")
        .sees("done in")
        .sees("ID-JAG            4 min fresh");
}

#[test]
fn what_is_copied_is_real_and_said_to_be() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("R4").sees("Redeem").sees("y copy");
    desk.keys("y").sees("the ID Token");
    let items = jagwalk::ui::copy::items(&desk.engine.model);
    let at = items.iter().position(|item| item.title == "the ID Token");
    desk.keys(&"j".repeat(at.expect("it is in the menu")));
    desk.keys("<enter>");
    desk.sees("with its secrets.");
    assert!(desk.copied[0].starts_with("eyJ"));
    desk.sees_no(&desk.copied[0][..20]);
}

#[test]
fn the_browser_is_waited_for_on_a_page_of_its_own() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("3")
        .sees("Send the user to the IdP")
        .sees("[Request]");
    desk.keys("<enter>");
    desk.sees("\nhttps://idp.example/authorize?")
        .sees("Nobody listens")
        .sees("waiting for you")
        .sees("5 min left");
    desk.keys("<enter>").sees("Paste the whole address");
    desk.keys("<esc>").sees_no("Paste the whole address");
    desk.paste("http://127.0.0.1:8765/callback?code=abc&state=wrong")
        .sees("belongs to another sign-in");
    desk.keys("<esc>").sees_soon("Cancelled.").sees("cancelled");
}

#[test]
fn a_blocked_step_shows_its_inputs_with_the_cursor_on_the_gap() {
    let mut profile = tenant();
    profile.unset(jagwalk::profile::fields::SSO_CLIENT_ID);
    let mut desk = Desk::sham(profile, 404, "{}", (80, 24));
    desk.keys("3")
        .sees("[Inputs")
        .sees("sso.client_id is empty");
    desk.keys("<enter>").sees("Enter accept");
    desk.keys("my-client<enter>")
        .sees("my-client")
        .sees("ready");
    desk.keys("r").sees("client_id=my-client");
}

#[test]
fn a_mistake_in_a_field_is_said_and_not_lost() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("e<enter><ctrl-u>idp.example<enter>");
    desk.sees("lacks `https://`").sees("idp.example");
    desk.keys("<esc>").sees_no("lacks");
}

#[test]
fn a_refusal_shows_the_answer_and_the_sentence() {
    let mut desk = Desk::sham(
        tenant(),
        400,
        "{\"error\":\"invalid_client\",\"error_description\":\"no \\u001b[31m such client\"}",
        (80, 24),
    );
    desk.keys("<enter>").sees("[Answer");
    let screen = desk.screen();
    assert!(!screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn a_huge_answer_is_shown_in_part_and_said_to_be() {
    let body = format!("{{\"a\":\"{}\"}}", "\\\"x ".repeat(2_000_000));
    let mut desk = Desk::sham(tenant(), 200, &body, (80, 24));
    desk.keys("<enter>").sees("[Answer]");
    desk.keys("Gjjj").sees("not shown");
}

#[test]
fn faults_are_switched_while_the_lab_runs() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F")
        .sees("Faults of the lab")
        .sees("idp-metadata-issuer");
    desk.keys("/idjag-typ<enter>")
        .sees("idp-idjag-typ-missing")
        .sees_no("idp-metadata-issuer");
    desk.keys("<enter>")
        .sees("idp-idjag-typ is on")
        .sees("[x] idp-idjag-typ ");
    desk.keys("<esc><esc>").sees("fault: idp-idjag-typ");
    desk.keys("R").sees("invalid_grant");
    // The cursor stays on what was switched, wherever the list has moved it.
    desk.keys("F/idjag-typ<enter>").sees("[x] idp-idjag-typ ");
    desk.keys("<enter>").sees("idp-idjag-typ is off");
    desk.keys("<enter>").sees("idp-idjag-typ is on");
    desk.keys("<enter><esc><esc>").sees_no("fault: ");
    desk.keys("nR").sees("200 OK");
}

#[test]
fn faults_are_of_the_lab_alone() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("F")
        .sees("this profile does not walk it")
        .sees_no("Faults of the lab");
}

#[test]
fn an_assertion_can_be_handed_in_where_the_profile_asks_for_one() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("5u").sees("ID Token").sees_no("SAML assertion");
    let mut profile = tenant();
    profile
        .edit_at("agent.subject", "saml2")
        .expect("it is one of the words");
    let mut desk = Desk::sham(profile, 404, "{}", (80, 24));
    desk.keys("5u").sees("SAML assertion");
}

#[test]
fn the_scopes_of_the_server_are_offered_while_one_is_typed() {
    let mut profile = tenant();
    profile.edit_at("resource_as.issuer", "").expect("it goes");
    let mut desk = Desk::sham(profile, 200, "{}", (80, 24));
    desk.keys("5/Scope<enter><enter>")
        .sees("agent.audience is empty");
    let metadata = r#"{ "issuer": "https://as.example", "token_endpoint": "https://as.example/token",
        "scopes_supported": ["todo.read", "todo.write", "todo.admin"] }"#;
    let mut desk = Desk::sham(tenant(), 200, metadata, (80, 24));
    desk.keys("5/Scope<enter><enter>")
        .sees("Send discover-resource-as, and the scopes of https://as.example");
    desk.keys("typed<esc>");
    desk.keys("1<enter><enter>").sees("200 OK");
    desk.keys("5<enter>")
        .sees("[· todo.read]")
        .sees("todo.admin")
        .sees("Tab take or leave it");
    let scope = |desk: &Desk<_>| {
        let profile = &desk.engine.model.session().profile;
        profile
            .text(jagwalk::profile::fields::AGENT_SCOPE)
            .map(str::to_owned)
    };
    desk.keys("<tab><down><tab><down> own.word<tab>")
        .sees("[✓ todo.admin]");
    desk.keys("<enter>");
    assert_eq!(
        scope(&desk).as_deref(),
        Some("todo.read todo.write own.word todo.admin")
    );
    desk.keys("<enter><up><tab><up><tab><enter>");
    assert_eq!(scope(&desk).as_deref(), Some("todo.read own.word"));
}

#[test]
fn another_flow_is_picked_and_walked() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("R").sees("200 OK");
    desk.keys("f").sees("xaa").sees("this one").sees("mcp");
    desk.keys("G<enter>").sees("jagwalk  mcp").sees("POST /mcp");
    desk.keys("R").sees("list_notes");
    // And back: the API is that of the first flow again.
    desk.keys("fg<enter>").sees("jagwalk  xaa");
    desk.keys("R").sees("▸ 7 Call the API").sees("200 OK");
}

#[test]
fn a_tool_is_picked_from_the_list_of_its_server() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("fG<enter>").sees("jagwalk  mcp");
    desk.keys("JJJJJJJJ/Tool<enter><enter>")
        .sees("Send mcp-tools");
    desk.keys("<esc>R").sees("list_notes was called");
    desk.keys("e<enter>")
        .sees("[✓ list_notes]")
        .sees("· add_note");
    // One tool is called: the other one takes its place.
    desk.keys("<down><tab>")
        .sees("· list_notes")
        .sees("[✓ add_note]");
    desk.keys("<enter>").sees("add_note");
}

#[test]
fn the_lab_fills_in_another_client_when_the_variant_is_edited() {
    use jagwalk::profile::fields;
    let mut desk = Desk::lab((120, 40));
    let flows = jagwalk::flow::flows::FLOWS;
    let at = flows
        .iter()
        .position(|flow| flow.id.0 == "instance-assertion");
    desk.keys("f")
        .keys(&"j".repeat(at.expect("there is one")))
        .keys("<enter>");
    desk.sees("jagwalk  instance-assertion");
    let client = |desk: &Desk<_>| {
        let profile = &desk.engine.model.session().profile;
        let variant = profile.text(fields::VARIANT).map(str::to_owned);
        (
            variant,
            profile
                .text(fields::SSO_CLIENT_ID)
                .expect("the lab fills it in")
                .to_owned(),
        )
    };
    let (_, first) = client(&desk);
    desk.keys("R").sees("200 OK");
    desk.keys("P/variant<enter><enter>ss").sees("[sole]");
    desk.keys("<enter><esc><esc>");
    let (variant, sole) = client(&desk);
    assert_eq!(variant.as_deref(), Some("sole"));
    assert_ne!(first, sole);
    desk.keys("R").sees("200 OK");
    desk.keys("P/variant<enter><enter>dddd")
        .sees("[delegation]");
    desk.keys("<enter><esc><esc>");
    assert_eq!(client(&desk), (Some("delegation".to_owned()), first));
    desk.keys("R").sees("200 OK");
}

#[test]
fn a_run_that_one_of_two_servers_stops_ends_at_that_server_whichever_answers_last() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F/idp-metadata-issuer-inner<enter><enter><esc><esc>");
    for _ in 0..4 {
        desk.keys("nR")
            .sees("step 1 of 7")
            .sees("rejected by us")
            .sees("names another issuer");
    }
}

#[test]
fn an_entry_of_a_list_is_gone_over_in_one_step_however_many_lines_it_takes() {
    let mut desk = Desk::lab((60, 24));
    desk.keys("F");
    let goes = |desk: &Desk<_>| {
        let model = &desk.engine.model;
        let rows = model.rows(58);
        let cursor = model.rows_state().cursor;
        (cursor, rows[cursor].goes, rows[cursor - 1].goes)
    };
    let mut seen = Vec::new();
    let mut lines = 0;
    for _ in 0..12 {
        desk.keys("j");
        let (cursor, this, above) = goes(&desk);
        assert!(
            this.is_none() || this != above,
            "the first line of {this:?}"
        );
        lines = cursor;
        seen.push(this);
    }
    assert!(lines > 14, "some take several lines");
    for before in seen.iter().rev().skip(1) {
        desk.keys("k");
        assert_eq!(goes(&desk).1, *before);
    }
}

#[test]
fn the_loop_waits_for_no_disk_that_a_transport_is_made_from() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let (read, disk) = std::sync::mpsc::channel();
    *desk.host.disk.lock().expect("nobody panicked with it") = Some(disk);
    desk.tap("enter");
    desk.tap("l");
    desk.sees("[Log]").sees("Waiting for as.example.");
    read.send(()).expect("somebody waits for it");
    desk.keys("<ctrl-l>").sees("404").sees_no("Waiting");
    // One that cannot be made is said, and the step can be sent again.
    let (read, disk) = std::sync::mpsc::channel::<()>();
    drop(read);
    *desk.host.disk.lock().expect("nobody panicked with it") = Some(disk);
    desk.keys("P/network.timeout<enter><enter><ctrl-u>9<enter><esc><esc>r")
        .sees("The disk never came back.");
    desk.keys("r").sees_no("The disk never came back.");
}
