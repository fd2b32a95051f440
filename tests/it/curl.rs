//! The cURL is true: whole walks in which every request is sent by our own cURL text, through `sh` and the real `curl`.

use std::{fs, process::Command as Process};

use jagwalk::{
    cli::world::World,
    export::curl::curl,
    flow::Want,
    lab::ClientKind,
    profile::Profile,
    protocol::{
        exchange::{Answer, Exchange, Failure, Purpose, Redirect, Request, Timings},
        http::{Bytes, HttpRequest, Response},
        time::Timestamp,
    },
    session::{Had, Transport, Vault, headless::End},
    transport::clock,
};
use tokio::sync::oneshot;

use crate::{peer, walks, world};

/// Sends HTTP by the cURL of the request; the browser's part is followed as ever.
struct ByCurl {
    world: World,
    masked: bool,
}

impl Transport for ByCurl {
    async fn prepare(&self, wants: Vec<Want>) -> Vec<Had> {
        self.world.prepare(wants).await
    }

    async fn send(
        &self,
        purpose: Purpose,
        request: Request,
        pasted: oneshot::Receiver<Redirect>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> Exchange {
        let Request::Http(http) = &request else {
            return self.world.send(purpose, request, pasted, noted).await;
        };
        let times = Timings {
            start: clock::now(),
            first_byte: None,
            end: 0,
        };
        let (http, masked) = (http.clone(), self.masked);
        let outcome = tokio::task::spawn_blocking(move || run(&http, masked))
            .await
            .expect("the shell runs");
        Exchange {
            request,
            outcome: outcome.map(Answer::Http),
            times,
        }
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }
}

fn run(request: &HttpRequest, masked: bool) -> Result<Response, Failure> {
    let folder = tempfile::tempdir().expect("a folder for the answer");
    let (head, body) = (folder.path().join("head"), folder.path().join("body"));
    let made = curl(request, &Vault::new(b"salt"), masked);
    let script = format!(
        "curl() {{ command curl -D \"$HEAD_FILE\" -o \"$BODY_FILE\" \"$@\"; }}\n{}\n",
        made.text
    );
    let mut shell = Process::new("sh");
    shell
        .arg("-c")
        .arg(&script)
        .env("HEAD_FILE", &head)
        .env("BODY_FILE", &body)
        .env_remove("http_proxy");
    if masked {
        for (name, secret) in &made.vars {
            assert!(
                !script.contains(secret.reveal()),
                "the masked cURL shows {name}"
            );
            shell.env(name, secret.reveal());
        }
    }
    let output = shell.output().expect("sh is there");
    if !output.status.success() {
        return Err(Failure::Broken(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    let head =
        String::from_utf8(fs::read(head).expect("curl wrote the head")).expect("heads are ASCII");
    let body = fs::read(body).unwrap_or_default();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.into(), value.into()));
    Ok(Response {
        status: status.expect("a status line"),
        headers: headers.collect(),
        body_size: body.len() as u64,
        body: Bytes(body),
        cut: None,
    })
}

async fn walk(profile: Profile, masked: bool) -> (jagwalk::session::Session, End) {
    let world = World::new(&profile, false).expect("the network settings are fine");
    let mut session = walks::session(profile);
    let end = walks::drive(&mut session, ByCurl { world, masked }).await;
    (session, end)
}

#[tokio::test]
async fn the_lab_is_walked_by_curl_with_every_client_authentication() {
    let (lab, profile) = walks::lab().await;
    for kind in ClientKind::ALL {
        for masked in [false, true] {
            let (session, end) = walk(walks::as_client(&profile, &lab, kind), masked).await;
            let expected = if kind == ClientKind::Public {
                End::Refused
            } else {
                End::Done
            };
            assert!(
                end == expected,
                "{kind:?}, masked {masked}: {end:?}\n{}",
                walks::story(&session)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peer_is_walked_by_curl() {
    if !peer::ready() {
        return;
    }
    let world = world::World::new();
    let peer = peer::Peer::start(&world, &[]);
    for auth in [peer::Auth::PrivateKeyJwt, peer::Auth::ClientSecretBasic] {
        let path = peer.profile_toml(auth, "alice");
        let text = fs::read_to_string(path).expect("the rig wrote a profile");
        let (profile, problems) = jagwalk::profile::load::load("peer", &text);
        assert!(
            problems.iter().all(|problem| !problem.fatal),
            "{problems:?}"
        );
        for masked in [false, true] {
            let (session, end) = walk(profile.clone(), masked).await;
            assert!(
                end == End::Done,
                "masked {masked}: {end:?}\n{}",
                walks::story(&session)
            );
        }
    }
}
