//! `jagwalk check`: what it finds, and that nothing but GET without credentials leaves it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use jagwalk::{
    cli::{
        check::look,
        start::lab_for,
        store::{LAB, LAB_TEXT},
    },
    flow::preflight::Grade,
    profile::load,
    protocol::{keys::install_crypto, party::Party},
};

use crate::{
    pty::Pty,
    world::{World, free_port},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_healthy_lab_is_clean_and_sees_nothing_but_get() {
    install_crypto();
    let (mut profile, _) = load(LAB, LAB_TEXT);
    let lab = lab_for(&mut profile)
        .await
        .unwrap()
        .expect("it says lab = true");
    let (checks, fetched) = look(&profile).await.unwrap();
    let ledger = lab.ledger();
    assert!(
        ledger.iter().all(|entry| entry.method == "GET"),
        "{ledger:#?}"
    );
    // No endpoint that takes credentials was touched, and what was asked is what was said.
    assert!(
        ledger
            .iter()
            .all(|entry| entry.path.contains("/.well-known/")
                || entry.path.ends_with("/jwks")
                || entry.party == Party::Api),
        "{ledger:#?}"
    );
    assert_eq!(ledger.len(), fetched.len());
    let bad: Vec<_> = checks
        .iter()
        .filter(|check| !matches!(check.grade, Grade::Ok))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for (party, id) in [
        (Party::Network, "proxy"),
        (Party::Idp, "clock"),
        (Party::Idp, "discovery"),
        (Party::Idp, "issuer"),
        (Party::Idp, "keys"),
        (Party::Idp, "id-jag"),
        (Party::ResourceAs, "id-jag"),
        (Party::ResourceAs, "auth-method"),
        (Party::Api, "resource-metadata"),
        (Party::Api, "authorization-server"),
        (Party::You, "redirect-uri"),
        (Party::You, "listener"),
        (Party::Client, "key"),
    ] {
        let there = checks
            .iter()
            .any(|check| check.party == party && check.id == id);
        assert!(there, "{party:?} {id}\n{checks:#?}");
    }
}

#[test]
fn the_command_says_so_in_both_forms() {
    let world = World::new();
    let text = world.run(&["check", "--profile", "lab"], "").expect_code(0);
    assert!(text.stdout.contains("none with a credential"), "{text}");
    let json = world
        .run(&["check", "--profile", "lab", "--format", "json"], "")
        .expect_code(0)
        .json();
    assert_eq!(json["outcome"], "clean");
    assert_eq!(json["requests"][0]["method"], "GET");
}

/// A server that answers everything with the same metadata and keeps what it was sent, byte for byte.
fn server(body: impl Fn(u16) -> String) -> (u16, Arc<Mutex<Vec<String>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let body = body(port);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in socket.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|count| count > 2) {}
            kept.lock().unwrap().push(head);
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nset-cookie: id=1\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, seen)
}

#[test]
fn no_credential_leaves_it_whatever_the_profile_holds() {
    let world = World::new().with_env("SECRET", "hunter2-env");
    let (port, seen) = server(|port| {
        let at = format!("http://user:hunter2-url@127.0.0.1:{port}");
        format!(
            "{{\"issuer\":\"{at}\",\"jwks_uri\":\"{at}/keys?key=hunter2-query\",\"token_endpoint\":\"{at}/token\",\
             \"authorization_servers\":[],\"keys\":[]}}"
        )
    });
    let at = format!("http://user:hunter2-url@127.0.0.1:{port}");
    let profile = world.write(
        "x.toml",
        &format!(
            "[idp]\nissuer = '{at}'\n[sso]\nclient_id = 'hunter2-id'\nclient_secret = 'hunter2'\nredirect_uri = 'http://127.0.0.1:0/cb'\n\
             [resource_as]\nissuer = '{at}'\nclient_id = 'http://127.0.0.1:{port}/client'\nclient_secret = {{ env = 'SECRET' }}\n\
             management_token = 'hunter2'\n\
             [api]\nurl = '{at}/notes?key=hunter2-query'\nmethod = 'POST'\nbody = 'hunter2'\nheaders = {{ x-key = 'hunter2' }}\n\
             [step.call-api]\nheaders = {{ authorization = 'hunter2' }}\n"
        ),
    );
    let output = world
        .run(&["check", "--profile", &profile], "")
        .expect_code(1);
    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 6, "{seen:#?}");
    for request in seen.iter() {
        let lower = request.to_lowercase();
        assert!(request.starts_with("GET /"), "{request}");
        for word in [
            "authorization:",
            "cookie:",
            "content-length",
            "transfer-encoding",
            "hunter2",
            "?",
            "x-key",
        ] {
            assert!(!lower.contains(word), "{word}\n{request}");
        }
    }
    assert!(output.stdout.contains("nothing protects it"), "{output}");
    assert!(!output.stdout.contains("hunter2-env"), "{output}");
}

#[test]
fn each_end_has_its_exit_status() {
    let world = World::new();
    let port = free_port();
    let gone = world.write(
        "gone.toml",
        &format!("[idp]\nissuer = 'http://127.0.0.1:{port}'\n[resource_as]\nissuer = 'http://127.0.0.1:{port}/x'\n"),
    );
    let output = world
        .run(&["check", "--profile", &gone, "--format", "json"], "")
        .expect_code(4);
    let json = output.json();
    assert_eq!(json["outcome"], "unreachable");
    let says = json["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["id"] == "reach");
    let says = says.unwrap()["says"].as_str().unwrap();
    assert!(says.contains(&format!("127.0.0.1:{port}")), "{says}");

    let empty = world.write("empty.toml", "[sso]\nclient_id = 'a'\n");
    let output = world
        .run(&["check", "--profile", &empty], "")
        .expect_code(2);
    assert!(output.stderr.contains("names no server"), "{output}");
    let broken = world.write("broken.toml", "[idp]\nissuer = 'idp'\n");
    let output = world
        .run(&["check", "--profile", &broken], "")
        .expect_code(2);
    assert!(output.stderr.contains("lacks `https://`"), "{output}");

    // The port of the redirect URI is taken, and that is named before the IdP is blamed.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().port();
    let lab = world.write(
        "busy.toml",
        &format!("lab = true\n[sso]\nlogin = 'open'\nredirect_uri = 'http://127.0.0.1:{at}/cb'\n"),
    );
    let output = world.run(&["check", "--profile", &lab], "").expect_code(1);
    assert!(
        output.stdout.contains("is taken by another program"),
        "{output}"
    );
}

#[test]
fn the_proxy_in_use_is_named_without_its_password() {
    let proxied = |name: &str, value: &str| {
        let world = World::new()
            .with_env(name, value)
            .with_env("no_proxy", "internal.example");
        let output = world.run(&["check", "--profile", "lab"], "").expect_code(0);
        assert!(!output.stdout.contains("hunter2"), "{output}");
        output.stdout
    };
    for value in [
        "http://ada:hunter2@proxy.example:3128",
        "https://ada:hunter2@proxy.example:3128",
        "socks5://ada:hunter2@proxy.example:3128",
        "ada:hunter2@proxy.example:3128",
    ] {
        let says = "The environment decides: HTTPS_PROXY is proxy.example:3128, no_proxy is internal.example. Loopback addresses go straight.";
        let told = proxied("HTTPS_PROXY", value);
        assert!(told.contains(says), "{told}");
    }
    let world = World::new();
    let profile = world.write(
        "p.toml",
        "lab = true\n[network]\nproxy = 'socks5h://ada:hunter2@proxy.example:1080'\ninsecure = true\n",
    );
    let output = world
        .run(&["check", "--profile", &profile], "")
        .expect_code(1);
    for says in [
        "network.proxy is used: proxy.example:1080. Loopback addresses go straight.",
        "network.insecure is on: TLS certificates are not verified.",
    ] {
        assert!(output.stdout.contains(says), "{output}");
    }
    assert!(!output.stdout.contains("hunter2"), "{output}");

    // The screen shows the same rows.
    let mut pty = Pty::start(&world, &["--profile", &profile], 40, 120);
    pty.wait_for("ready");
    pty.send("C");
    pty.wait_for("network.proxy is used: proxy.example:1080. Loopback addresses go straight.");
    pty.wait_for("network.insecure is on: TLS certificates are not verified.");
    pty.send("G");
    pty.wait_for("all GET, none with a credential");
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("hunter2"));
}
