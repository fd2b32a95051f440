//! `jagwalk --plain`: lines in, lines out, through a pipe and in a terminal.

use crate::{
    pty::Pty,
    signin_pty::{asked, on_one_line, over_ssh, sign_in},
    world::{Output, World},
};

/// A lab profile with these settings of the sign-in.
fn profile(head: &str, sso: &str) -> String {
    format!(
        "format = 1\nlab = true\n{head}\n[sso]\nredirect_uri = \"http://127.0.0.1:0/callback\"\n{sso}\n"
    )
}

/// Types these lines; whatever comes, it is nothing that a terminal would obey.
#[track_caller]
fn typed(world: &World, args: &[&str], lines: &[&str]) -> Output {
    let stdin: String = lines.iter().flat_map(|line| [*line, "\n"]).collect();
    let output = world.run(&[&["--plain"], args].concat(), &stdin);
    let obeyed = |c: char| c.is_control() && c != '\n' || ('\u{2500}'..='\u{259f}').contains(&c);
    assert!(!output.stdout.contains(obeyed), "{output}");
    assert!(!output.stderr.contains(obeyed), "{output}");
    assert!(!crate::world::shows_jwt(&output.stdout), "{output}");
    output
}

#[track_caller]
fn says(output: &Output, texts: &[&str]) {
    let mut rest = output.stdout.as_str();
    for text in texts {
        let at = rest.find(text);
        rest = &rest[at.unwrap_or_else(|| panic!("no {text:?}, or not there\n{output}"))..];
    }
}

#[test]
fn the_lab_is_walked_step_by_step_to_the_end() {
    let world = World::new();
    let output = typed(
        &world,
        &[],
        &["", "send", "s", "all", "tokens", "show curl"],
    );
    says(
        &output,
        &[
            "Cross App Access (xaa), profile lab.\n1. discover-idp, ",
            "Next: 1. discover-idp, ",
            "\n1. discover-idp, Ask the IdP for its metadata and keys: done in ",
            "Next: 2. discover-resource-as, ",
            "\n3. authorize, ",
            "Next: 4. redeem-code, ",
            "\n7. call-api, Call the API with the access token: done in ",
            "Every step that is needed is done.",
            "Tokens of step 7, call-api:\n",
            "cURL of step 7, call-api:\n",
            "curl -sS",
        ],
    );
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(output.stderr.matches("> ").count(), 7, "{output}");
}

#[test]
fn what_is_shown_is_masked_and_plain_text() {
    let world = World::new();
    let lines = [
        "all",
        "step id-jag",
        "tokens",
        "tokens all",
        "request",
        "answer",
        "log",
        "findings",
    ];
    let output = typed(&world, &[], &lines);
    says(
        &output,
        &[
            "Tokens of step 5, id-jag:\n",
            "  token        ‹id-jag:",
            "  claims\n    iss  ",
            "More, with a note on each value: tokens all.",
            "  token        ‹id-jag:",
            "(The IdP that vouches for the user (JAG §3.1).)",
            "Request of step 5, id-jag:\n",
            "what is inside | an ID Token (folded)",
            "Answer of step 5, id-jag:\n",
            "\n  \"access_token\": \"‹id-jag:",
            "Log of this walk:\n9 requests",
            "The rules found nothing at this step.",
        ],
    );
}

#[test]
fn a_refused_step_says_whose_side_it_is_on() {
    let world = World::new();
    let sso = "login = \"follow\"\nparams = { login_hint = \"bob\" }";
    let path = world.write("bob.toml", &profile("", sso));
    let output = typed(
        &world,
        &["--profile", &path],
        &["all", "verdict", "hand-off"],
    );
    says(
        &output,
        &[
            "5. id-jag, Exchange the user’s token for an ID-JAG: refused.\n",
            "Whose side: IdP, ",
            "Next: 5. id-jag, ",
            "Verdict: IdP, ",
            "\nWhat to do: ",
            "For the administrator of the IdP (",
        ],
    );
    assert_eq!(output.code, 3, "{output}");
    assert!(
        !output
            .stdout
            .contains("6. jwt-bearer, Redeem the ID-JAG for an access token: done")
    );
}

#[test]
fn faults_of_the_lab_are_listed_and_switched() {
    let world = World::new();
    let output = typed(
        &world,
        &[],
        &[
            "fault",
            "f idp-idjag-aud-slsh",
            "f idp-idjag-aud-slash",
            "all",
            "f idp-idjag-aud-slash",
            "new",
            "all",
        ],
    );
    says(
        &output,
        &[
            "Off: idp-idjag-aud-slash, ",
            "The lab has no fault \"idp-idjag-aud-slsh\". Did you mean idp-idjag-aud-slash?",
            "idp-idjag-aud-slash is on. The command new",
            "\n5. id-jag, ",
            "\n6. jwt-bearer, ",
            "Whose side: IdP, certain, at step 5. The commands",
            "idp-idjag-aud-slash is off.",
            "\n7. call-api, Call the API with the access token: done in ",
        ],
    );
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn where_others_read_along_people_are_masked() {
    let world = World::new();
    let keys = [
        "all",
        "show tokens all",
        "show answer",
        "step 4",
        "answer",
        "tokens all",
        "step 3",
        "request",
    ];
    let open = typed(&world, &[], &keys);
    assert!(open.stdout.contains("u-1001-alice"), "{open}");
    world.write_config("config.toml", "share = true\n");
    let masked = typed(&world, &[], &keys);
    for person in ["alice", "u-1001"] {
        assert!(!masked.stdout.contains(person), "{person}\n{masked}");
    }
    says(&masked, &["‹sub:"]);
}

#[test]
fn what_is_not_understood_is_named_with_what_was_perhaps_meant() {
    let world = World::new();
    let output = typed(
        &world,
        &[],
        &[
            "sned",
            "step 8",
            "step id-jga",
            "set api.ulr x",
            "eyJhbGciOi.eyJz",
            "no",
        ],
    );
    says(
        &output,
        &[
            "There is no command sned; did you mean send?",
            "There is no step 8; expected 1 to 7 or one of discover-idp, ",
            "There is no step id-jga; did you mean id-jag; ",
            "Did you mean `api.url`?",
            "This is no command; help lists them.",
            "Nothing was asked.",
        ],
    );
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn help_lists_every_command_and_the_end_of_the_input_leaves() {
    let world = World::new();
    let help = typed(&world, &[], &["help", "quit", "all"]);
    says(
        &help,
        &["send [STEP], or s: ", "verdict, or v: ", "quit, or q: "],
    );
    assert!(!help.stdout.contains("done in"), "it had left\n{help}");
    let end = typed(&world, &[], &[]);
    assert_eq!((end.code, end.stdout.lines().count()), (0, 10), "{end}");
}

#[test]
fn production_is_asked_for_once() {
    let world = World::new();
    let sso = "login = \"follow\"\nparams = { login_hint = \"alice\" }";
    let path = world.write("prod.toml", &profile("environment = \"prod\"", sso));
    let asks = "Send to it in this walk? Answer yes or no.";
    let no = typed(&world, &["--profile", &path], &["all", "no"]);
    says(
        &no,
        &["The profile is marked as production.", asks, "Not sent."],
    );
    assert!(!no.stdout.contains("done in"), "{no}");
    let yes = typed(&world, &["--profile", &path], &["all", "y"]);
    says(&yes, &[asks, "Every step that is needed is done."]);
    assert_eq!(yes.stdout.matches(asks).count(), 1, "{yes}");
}

#[test]
fn fields_are_set_and_secrets_only_from_where_they_are_named() {
    let world = World::new().with_env("SSO", "hunter2-hunter2");
    let lines = [
        "set sso.client_secret hunter2-hunter2",
        "set sso.client_secret -",
        "set sso.client_secret env:SSO",
        "set flow mcp",
        "set title a\u{1b}[31mb",
        "set idp.issuer no address",
        "all",
        "set api.url=http://127.0.0.1:1/gone",
        "send",
        "verdict",
    ];
    let output = typed(&world, &[], &lines);
    says(
        &output,
        &[
            "never taken from a plain argument",
            "sso.client_secret cannot be read from standard input",
            "sso.client_secret is now set",
            "flow is chosen at the start.",
            "title is now a␛[31mb.",
            "Every step that is needed is done.",
            "api.url is now http://127.0.0.1:1/gone.",
            "Next: 7. call-api, Call the API with the access token: stale",
            "7. call-api, Call the API with the access token: not reachable.",
            "Verdict: ",
        ],
    );
    assert!(!output.to_string().contains("hunter2"), "{output}");
    let wrong = output
        .stdout
        .lines()
        .find(|line| line.contains("`no address`"));
    let wrong = wrong.unwrap_or_else(|| panic!("nothing is said of it\n{output}"));
    assert_eq!(wrong.matches("idp.issuer").count(), 1, "{wrong}");
    assert_eq!(output.code, 4, "{output}");
}

#[test]
fn a_walk_is_stored_opened_and_begun_again() {
    let world = World::new();
    let output = typed(&world, &[], &["all", "trace walk.json", "new"]);
    says(
        &output,
        &[
            "The walk is stored in walk.json.",
            "A new walk: ",
            "Next: 1. discover-idp, ",
        ],
    );
    let opened = typed(
        &world,
        &["--open", "walk.json"],
        &["send", "step 5", "tokens"],
    );
    says(
        &opened,
        &[
            "nothing is sent from it",
            "Tokens of step 5, id-jag:",
            "‹id-jag:",
        ],
    );
    assert_eq!(opened.code, 0, "{opened}");
}

#[test]
fn a_sign_in_takes_a_wrapped_paste_and_other_lines_meanwhile() {
    let world = over_ssh();
    let sso = "login = \"open\"\nparams = { login_hint = \"alice\" }";
    let path = world.write("mine.toml", &profile("", sso));
    let mut pty = Pty::start(&world, &["--plain", "--profile", &path], 200, 1000);
    pty.wait_for("Enter alone sends the next step.");
    pty.send_raw(b"all\n");
    pty.wait_for("and press Enter");
    let last = sign_in(&asked(&on_one_line(&pty.screen())));
    pty.send_raw(b"\n");
    pty.wait_for("still waited for");
    pty.send_raw(b"list\n");
    pty.wait_for("3. authorize, Send the user to the IdP to sign in: waiting for you.");
    let (one, other) = last.split_at(last.len() / 2);
    pty.send_raw(format!("{one}\n{other}\n").as_bytes());
    pty.wait_for("Every step that is needed is done.");
    // What comes late is known for an address, not for a command.
    pty.send_raw(format!("{last}\n").as_bytes());
    pty.wait_for("this paste is not needed.");
    pty.send_raw(b"quit\n");
    assert_eq!(pty.wait_exit(), 0);
    assert!(!pty.raw().contains(&0x1b), "{}", pty.screen());
    pty.assert_sane();
}

#[test]
fn ctrl_c_cancels_what_is_in_flight_and_leaves() {
    let world = over_ssh();
    let path = world.write("mine.toml", &profile("", "login = \"open\""));
    let mut pty = Pty::start(&world, &["--plain", "--profile", &path], 60, 200);
    pty.wait_for("Enter alone sends the next step.");
    pty.send_raw(b"all\n");
    pty.wait_for("and press Enter");
    pty.send_raw(b"\x03");
    pty.wait_for("sign in: cancelled.");
    assert_eq!(pty.wait_exit(), 130);
}

#[test]
fn a_dumb_terminal_is_told_of_the_ways_without_a_screen() {
    let world = World::new().with_env("TERM", "dumb");
    let mut pty = Pty::start(&world, &[], 24, 160);
    pty.wait_for("TERM is dumb.");
    pty.wait_for("`jagwalk --plain` walks line by line, `jagwalk run` without a question");
    assert_eq!(pty.wait_exit(), 2);
    assert!(!pty.raw().contains(&0x1b));
    assert_eq!(typed(&world, &[], &["all"]).code, 0);
}
