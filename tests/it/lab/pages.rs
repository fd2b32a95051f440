//! The sign-in pages, walked by their forms as a browser would.

use jagwalk::protocol::http::HttpRequest;

use super::{
    form_on, outcome,
    world::{Browser, REDIRECT, World, advance, authenticate, query, send},
};

const CLIENT: &str = "agent-basic";

/// Fills in the form of a page and presses a button.
fn press(at: &str, html: &str, button: &str, value: &str) -> HttpRequest {
    let (action, mut params) = form_on(at, html);
    params.push(button, value);
    HttpRequest::post_form(action, params)
}

#[tokio::test]
async fn a_person_picks_a_user_and_agrees() {
    let world = World::start().await;
    let mut browser = Browser::default();
    let (at, html) = browser.page(world.authorize(CLIENT, "")).await;
    for name in ["alice", "bob", "carol"] {
        assert!(html.contains(&format!("value=\"{name}\"")), "{html}");
    }
    assert!(!html.contains("<script"), "{html}");
    let (at, html) = browser.page(press(&at, &html, "user", "carol")).await;
    assert!(
        html.contains("carol@example.com") && html.contains(CLIENT),
        "{html}"
    );
    assert!(html.contains("offline_access"), "{html}");
    let back = browser.follow(press(&at, &html, "decision", "allow")).await;
    assert_eq!(query(&back, "state").as_deref(), Some("st at&e=1"));
    assert_eq!(query(&back, "iss").as_deref(), Some(world.lab.idp()));

    let client = world.idp_client(super::BASIC);
    let mut redeem = world.redeem(&query(&back, "code").unwrap());
    authenticate(&mut redeem, &client, "");
    let tokens = super::fine(&send(&redeem).await);
    assert_eq!(super::claims(&tokens["id_token"])["sub"], "u-1003-carol");
}

#[tokio::test]
async fn a_person_enters_the_code_of_a_device() {
    let world = World::start().await;
    let client = world.idp_client(super::BASIC);
    let poll = async |codes: &serde_json::Value| {
        let mut request = world.poll(codes);
        authenticate(&mut request, &client, "");
        let answer = send(&request).await.json().unwrap();
        answer["error"].as_str().map(str::to_owned)
    };
    for (button, error) in [("allow", None), ("deny", Some("access_denied"))] {
        let codes = world.device(super::BASIC).await;
        assert_eq!(poll(&codes).await.as_deref(), Some("authorization_pending"));
        assert_eq!(poll(&codes).await.as_deref(), Some("slow_down"));
        advance(5);
        assert_eq!(
            poll(&codes).await.as_deref(),
            Some("slow_down"),
            "6 s by now"
        );
        advance(11);
        let mut browser = Browser::default();
        let address = codes["verification_uri"].as_str().unwrap();
        let (at, html) = browser.page(HttpRequest::get(address, "text/html")).await;
        let wrong = browser
            .open(press(&at, &html, "user_code", "BBBB-BBBB"))
            .await;
        assert_eq!(wrong.status, 400);
        let (_, mut form) = form_on(&at, &html);
        let typed = codes["user_code"].as_str().unwrap().to_lowercase();
        form.set("user_code", typed.replace('-', " "));
        let entered = HttpRequest::post_form(address, form);
        let (at, html) = browser.page(entered.clone()).await;
        let (at, html) = browser.page(press(&at, &html, "user", "carol")).await;
        assert!(html.contains("the device that shows the code"), "{html}");
        let (_, html) = browser.page(press(&at, &html, "decision", button)).await;
        assert!(html.contains("You can close this page"), "{html}");
        assert_eq!(
            browser.open(entered).await.status,
            400,
            "a code is good once"
        );
        assert_eq!(poll(&codes).await.as_deref(), error);
    }
}

#[tokio::test]
async fn a_person_declines() {
    let world = World::start().await;
    let mut browser = Browser::default();
    let (at, html) = browser.page(world.authorize(CLIENT, "")).await;
    let (at, html) = browser.page(press(&at, &html, "user", "alice")).await;
    let deny = press(&at, &html, "decision", "deny");
    let back = browser.follow(deny.clone()).await;
    assert_eq!(query(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(query(&back, "state").as_deref(), Some("st at&e=1"));
    assert_eq!(query(&back, "iss").as_deref(), Some(world.lab.idp()));
    // The request is over: pressing again, or Allow instead, brings nothing back.
    assert_eq!(browser.open(deny).await.status, 400);
    assert_eq!(
        browser
            .open(press(&at, &html, "decision", "allow"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn a_session_is_remembered_as_far_as_prompt_and_max_age_let_it() {
    let world = World::start().await;
    let mut browser = Browser::default();
    browser.follow(world.authorize(CLIENT, "alice")).await;
    let with = |pairs: &[(&str, &str)]| {
        let mut request = world.authorize(CLIENT, "");
        for (name, value) in pairs {
            request.query.set(name, *value);
        }
        request
    };
    let hop = async |browser: &mut Browser, request: HttpRequest| {
        let answer = browser.open(request).await;
        let to = answer.header("location").unwrap().to_owned();
        let place = to.split('?').next().unwrap().rsplit('/').next().unwrap();
        query(&to, "error").unwrap_or_else(|| place.to_owned())
    };
    for (pairs, place) in [
        (&[][..], "continue"),
        (&[("prompt", "none")], "continue"),
        (
            &[("prompt", "none"), ("scope", "openid profile")],
            "consent_required",
        ),
        (
            &[("prompt", "none"), ("login_hint", "bob")],
            "login_required",
        ),
        (
            &[("prompt", "none"), ("client_id", "agent-post")],
            "consent_required",
        ),
        (&[("scope", "openid profile")], "consent"),
        (&[("prompt", "consent")], "consent"),
        (&[("prompt", "login")], "sign-in"),
        (&[("prompt", "login"), ("login_hint", "alice")], "sign-in"),
        (&[("prompt", "select_account")], "sign-in"),
        (&[("login_hint", "nobody")], "continue"),
        (&[("max_age", "60")], "continue"),
    ] {
        assert_eq!(hop(&mut browser, with(pairs)).await, place, "{pairs:?}");
    }
    advance(61);
    assert_eq!(
        hop(&mut browser, with(&[("max_age", "60")])).await,
        "sign-in"
    );
    assert_eq!(
        hop(&mut browser, with(&[("max_age", "60"), ("prompt", "none")])).await,
        "login_required"
    );
    advance(8 * 3600);
    assert_eq!(hop(&mut browser, with(&[])).await, "sign-in");
}

#[tokio::test]
async fn signing_in_again_skips_what_was_agreed_unless_asked() {
    let world = World::start().await;
    let mut browser = Browser::default();
    browser.follow(world.authorize(CLIENT, "alice")).await;
    let mut request = world.authorize(CLIENT, "");
    request.query.set("prompt", "login");
    let (at, html) = browser.page(request.clone()).await;
    let back = browser.follow(press(&at, &html, "user", "alice")).await;
    assert!(query(&back, "code").is_some(), "{back}");

    request.query.set("prompt", "login consent");
    let (at, html) = browser.page(request.clone()).await;
    let (_, html) = browser.page(press(&at, &html, "user", "alice")).await;
    assert!(html.contains("Allow access?"), "{html}");

    // Another user in the same browser has agreed to nothing.
    request.query.set("prompt", "login");
    let (at, html) = browser.page(request).await;
    let (_, html) = browser.page(press(&at, &html, "user", "bob")).await;
    assert!(html.contains("bob@example.com"), "{html}");
}

#[tokio::test]
async fn no_page_is_skipped_and_no_form_forged() {
    let world = World::start().await;
    let mut browser = Browser::default();
    let (at, html) = browser.page(world.authorize(CLIENT, "")).await;
    let pick = press(&at, &html, "user", "alice");
    let aside = |path: &str| HttpRequest::get(at.replace("/sign-in", path), "text/html");
    assert_eq!(browser.open(aside("/continue")).await.status, 400);
    assert_eq!(browser.open(aside("/consent")).await.status, 400);
    for decision in ["allow", "deny"] {
        let mut early = press(&at, &html, "decision", decision);
        early.url = world.at_idp("/consent");
        assert_eq!(browser.open(early).await.status, 400);
    }

    let mut forged = pick.clone();
    super::world::set(&mut forged, "csrf", "guess");
    assert_eq!(browser.open(forged).await.status, 403);
    assert_eq!(Browser::default().open(pick.clone()).await.status, 403);
    assert_eq!(Browser::default().open(aside("/sign-in")).await.status, 403);
    let mut other = Browser::default();
    other.page(world.authorize(CLIENT, "")).await;
    assert_eq!(other.open(pick.clone()).await.status, 403);
    let mut nobody = pick.clone();
    super::world::set(&mut nobody, "user", "mallory");
    assert_eq!(browser.open(nobody).await.status, 400);

    let (at, html) = browser.page(pick).await;
    assert_eq!(
        browser
            .open(HttpRequest::get(
                at.replace("/consent", "/continue"),
                "text/html"
            ))
            .await
            .status,
        400
    );
    let mut forged = press(&at, &html, "decision", "allow");
    super::world::set(&mut forged, "csrf", "guess");
    assert_eq!(browser.open(forged).await.status, 403);
    assert_eq!(
        browser
            .open(press(&at, &html, "decision", "perhaps"))
            .await
            .status,
        400
    );
    let allow = press(&at, &html, "decision", "allow");
    let back = browser.follow(allow.clone()).await;
    assert!(back.starts_with(REDIRECT) && query(&back, "code").is_some());
    assert_eq!(browser.open(allow).await.status, 400);
}

#[tokio::test]
async fn a_request_waits_ten_minutes() {
    let world = World::start().await;
    let mut browser = Browser::default();
    let (at, html) = browser.page(world.authorize(CLIENT, "")).await;
    advance(600);
    let late = browser.open(press(&at, &html, "user", "alice")).await;
    assert_eq!(late.status, 400, "{}", late.text());
}

#[tokio::test]
async fn what_comes_from_outside_is_escaped() {
    let world = World::start().await;
    let mut request = world.authorize(CLIENT, "");
    request
        .query
        .set("redirect_uri", "http://evil/\"><script>alert(1)</script>");
    let answer = send(&request).await;
    assert_eq!(outcome(&answer), (400, String::new()));
    assert!(!answer.text().contains("<script"), "{}", answer.text());
    assert!(
        answer.text().contains("&lt;script&gt;"),
        "{}",
        answer.text()
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"));
    assert_eq!(answer.header("location"), None);
}

#[tokio::test]
async fn a_posted_authorization_request_is_taken_too() {
    let world = World::start().await;
    let asked = world.authorize(CLIENT, "alice");
    let request = HttpRequest::post_form(asked.url.clone(), asked.query.clone());
    let back = Browser::default().follow(request).await;
    assert!(query(&back, "code").is_some(), "{back}");
}

#[tokio::test]
async fn a_client_that_loses_its_cookie_is_told_so() {
    let world = World::start().await;
    let answer = send(&world.authorize(CLIENT, "alice")).await;
    let to = answer.header("location").unwrap().to_owned();
    let answer = send(&HttpRequest::get(to, "text/html")).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("keep cookies"), "{}", answer.text());
}
