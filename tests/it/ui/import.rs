//! A profile made of what somebody has already: pasted or named, shown masked, kept under a name only.

use super::desk::{Desk, tenant};
use jagwalk::profile::{fields, import::understand};
use jagwalk::ui::update::Msg;

const CURL: &str = "curl -x socks5://ada:hunter2@proxy.example:1080 -u 0oa1:hunter2 \\\n  \
                    -d grant_type=authorization_code -d code=hunter2 \\\n  -d redirect_uri=http://127.0.0.1:8765/cb \\\n  \
                    https://acme.okta.example/oauth2/v1/token";

#[test]
fn a_paste_is_read_shown_and_kept() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("pi")
        .sees("Make a profile of")
        .sees("or paste the text itself");
    desk.paste(CURL).sees("Understood of the cURL command:");
    desk.sees("nothing is kept yet")
        .sees("idp.token_endpoint")
        .sees("‹sso.client_secret›")
        .sees("socks5://ada:masked@proxy.example:1080")
        .sees_no("hunter2");
    assert!(desk.host.files.lock().unwrap().is_empty());
    desk.keys("<enter>").sees("Name of the new profile");
    desk.keys("<enter>").sees("A name is needed.");
    desk.keys("peer<enter>")
        .sees("Opened peer.")
        .sees("· peer ·");
    let files = desk.host.files.lock().unwrap();
    let kept = &files["peer"];
    assert_eq!(
        kept.text(fields::IDP_TOKEN_ENDPOINT),
        Some("https://acme.okta.example/oauth2/v1/token")
    );
    assert_eq!(kept.text(fields::SSO_CLIENT_ID), Some("0oa1"));
}

#[test]
fn what_is_left_is_gone_and_what_is_taken_stays_in_the_box() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("pi")
        .paste("A=1\nB=2\n")
        .sees("Nothing in this .env file is known here.");
    desk.keys("<enter>")
        .sees("A file, an address or a paste is needed.");
    desk.paste("nowhere.env")
        .keys("<enter>")
        .sees("nowhere.env cannot be read.");
    desk.keys("<ctrl-u>acme.env<enter>")
        .sees("Understood of the .env file:")
        .sees("from OKTA_DOMAIN");
    desk.keys("<esc>").sees_no("Understood");
    assert!(desk.engine.model.screen.import.is_none());
    desk.keys("piacme.env<enter><enter>one<enter>")
        .sees("Opened one.");
    desk.keys("piacme.env<enter><enter>one<enter>")
        .sees("There is a profile one already.");
    desk.keys("2<enter>").sees("Opened one2.");
}

#[test]
fn a_source_that_is_read_too_late_is_not_shown() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let late = || Msg::Imported("acme.env".to_owned(), understand("CLIENT_ID=x\n"));
    desk.tell(late());
    desk.sees_no("Understood");
    desk.keys("piother");
    desk.tell(late());
    desk.sees_no("Understood").sees("Make a profile of");
}

#[test]
fn what_follows_a_name_in_the_box_is_veiled() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("picurl<space>-u<space>0oaABC:s3cr3tvalue")
        .sees("curl ")
        .sees_no("s3cr3t");
    desk.keys("<esc>i");
    desk.paste(
        "https://idp.example.invalid/?login_hint=bob@corp.example&client_secret=s3cr3tvalue",
    )
    .sees("https://idp.example.invalid/?")
    .sees_no("s3cr3t")
    .sees_no("bob@corp");
    desk.keys("<esc>i./some/file.env").sees("./some/file.env");
}

#[test]
fn a_profile_is_taken_as_it_stands() {
    let text = "# Acme\nformat = 1\nflow = \"xaa\"\n\n[idp]\nissuer = \"https://idp.example\" # theirs\n\n\
                [agent]\nclient_id = \"a\"\nauth = \"private_key_jwt\"\nprivate_key = { file = \"k.pem\" }\n";
    let import = understand(text).expect("it is a profile");
    assert_eq!(import.heading(), "Understood of the profile:");
    assert!(!import.has_secrets(), "the key stands in a file");
    let kept = import.profile("acme").expect("it can be kept");
    assert_eq!(kept.text(), text, "comments and all");
    let broken = text.replace("issuer =", "isuer =");
    let says = understand(&broken).expect_err("it cannot be read");
    assert!(says.contains("line 6") && says.contains("issuer"), "{says}");
    // A .env with such a name is no profile.
    let env = "format=json\nOKTA_DOMAIN=acme.okta.example\n";
    let import = understand(env).expect("it is a .env");
    assert_eq!(import.heading(), "Understood of the .env file:");
}
