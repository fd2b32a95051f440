//! The program on networks as they are: behind proxies, with client certificates, and where something is broken.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jagwalk::profile::{fields, load};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};

use super::{
    failures::{CA, CLIENT, EXPIRED, OTHER, SERVER, tls},
    peer::{Peer, raw, read_request, refusing},
};
use crate::world::{Output, Running, World};

const USER: &str = "proxy-user";
const PASSWORD: &str = "hunter2-proxy-password";

/// A proxy for HTTP and SOCKS5 on one port: every name leads to this machine, and what is asked is written down.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts one; with `locked` it wants the user and the password above.
    async fn start(locked: bool) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let port = raw(move |socket| {
            let log = Arc::clone(&log);
            async move {
                let mut first = [0];
                if socket.peek(&mut first).await.is_ok_and(|count| count == 1) {
                    // A connection that breaks off is the client's to tell of.
                    let _ = if first == [5] {
                        socks(socket, locked, &log).await
                    } else {
                        http(socket, locked, &log).await
                    };
                }
            }
        })
        .await;
        Self { port, asked }
    }

    /// Takes out what was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn here(port: &str) -> std::io::Result<TcpStream> {
    TcpStream::connect(("127.0.0.1", port.parse().unwrap_or_default())).await
}

async fn http(
    mut socket: TcpStream,
    locked: bool,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let request = String::from_utf8(read_request(&mut socket).await).unwrap();
    let (line, rest) = request.split_once("\r\n").unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap_or_default());
    log.lock().unwrap().push(format!("{method} {target}"));
    let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let field = format!("proxy-authorization: basic {basic}").to_ascii_lowercase();
    if locked && !rest.to_ascii_lowercase().contains(&field) {
        let refused = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                       proxy-authenticate: Basic realm=\"p\"\r\ncontent-length: 0\r\n\r\n";
        socket.write_all(refused.as_bytes()).await?;
        return socket.shutdown().await;
    }
    if method == "CONNECT" {
        let (_, port) = target.rsplit_once(':').unwrap();
        let mut server = here(port).await?;
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut socket, &mut server).await?;
        return Ok(());
    }
    let url = url::Url::parse(target).expect("a proxy is asked in absolute form");
    let mut server = here(&url.port().unwrap().to_string()).await?;
    let own = rest
        .split_inclusive("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"));
    let passed = format!(
        "{method} {} HTTP/1.1\r\n{}",
        url.path(),
        own.collect::<String>()
    );
    server.write_all(passed.as_bytes()).await?;
    copy_bidirectional(&mut socket, &mut server).await?;
    Ok(())
}

/// RFC 1928, and RFC 1929 where a password is wanted.
async fn socks(
    mut socket: TcpStream,
    locked: bool,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut two = [0; 2];
    socket.read_exact(&mut two).await?;
    let methods = text(&mut socket, two[1]).await?;
    let method = if locked { 2 } else { 0 };
    if !methods.as_bytes().contains(&method) {
        log.lock()
            .unwrap()
            .push("SOCKS without a password".to_owned());
        socket.write_all(&[5, 0xff]).await?;
        return socket.shutdown().await;
    }
    socket.write_all(&[5, method]).await?;
    if locked {
        socket.read_exact(&mut two).await?;
        let user = text(&mut socket, two[1]).await?;
        let length = socket.read_u8().await?;
        let password = text(&mut socket, length).await?;
        let right = (user.as_str(), password.as_str()) == (USER, PASSWORD);
        socket.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return socket.shutdown().await;
        }
    }
    let mut head = [0; 5];
    socket.read_exact(&mut head).await?;
    assert_eq!(head[..4], [5, 1, 0, 3], "a name is handed on as a name");
    let name = text(&mut socket, head[4]).await?;
    let port = socket.read_u16().await?;
    log.lock().unwrap().push(format!("SOCKS {name}:{port}"));
    let mut server = here(&port.to_string()).await?;
    socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut socket, &mut server).await?;
    Ok(())
}

async fn text(socket: &mut TcpStream, length: u8) -> std::io::Result<String> {
    let mut bytes = vec![0; length.into()];
    socket.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A running lab, its printed profile, and the test's authority as a file.
struct Lab {
    world: World,
    profile: String,
    ca: String,
    ports: [u16; 2],
    _running: Running,
}

impl Lab {
    fn start() -> Self {
        let world = World::new();
        let mut running = world.start(&["lab"]);
        running.wait_line("method = ").unwrap();
        let profile = running.stdout();
        let (lab, _) = load("lab", &profile);
        let port = |field| {
            let url = url::Url::parse(lab.text(field).unwrap()).unwrap();
            url.port().expect("the lab has ports of its own")
        };
        let ports = [port(fields::IDP_ISSUER), port(fields::RESOURCE_AS_ISSUER)];
        let ca = world.write("ca.pem", std::str::from_utf8(CA).unwrap());
        Self {
            world,
            profile,
            ca,
            ports,
            _running: running,
        }
    }

    /// Writes the lab's profile with this in its `[network]` table.
    fn network(&self, lines: &str) {
        let text = format!(
            "{}\n[network]\nca_file = '{}'\n{lines}\n",
            self.profile, self.ca
        );
        self.world.write_config("profiles/acme.toml", &text);
    }

    /// Runs with more variables and fields.
    fn run(&self, env: &[(String, String)], sets: &[String], more: &[&str]) -> Output {
        let mut args = vec!["run", "--profile", "acme"];
        args.extend(sets.iter().flat_map(|set| ["--set", set]));
        args.extend(more);
        let mut command = self.world.command(crate::world::JAGWALK);
        command.args(args).envs(env.iter().cloned());
        Running::start(&mut command, "").wait_exit()
    }
}

/// Fails unless the walk is done, with so many steps.
#[track_caller]
fn whole(output: &Output, steps_done: usize) {
    assert_eq!(output.code, 0, "{output}");
    let report = output.json();
    let steps = report["steps"].as_array().unwrap();
    let done = steps.iter().filter(|step| step["status"] == "done").count();
    assert_eq!(
        (report["outcome"].as_str(), done),
        (Some("done"), steps_done)
    );
}

/// Where a proxy's address can be written.
fn ways(address: &str) -> [(String, Vec<(String, String)>); 3] {
    let set = |name: &str| (name.to_owned(), address.to_owned());
    [
        (format!("proxy = '{address}'"), Vec::new()),
        (String::new(), vec![set("http_proxy"), set("HTTPS_PROXY")]),
        (String::new(), vec![set("ALL_PROXY")]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_goes_through_the_proxy_of_the_profile_or_of_the_environment() {
    let lab = Lab::start();
    let [idp, resource_as] = lab.ports;
    let api = tls(OTHER, false).await;
    let sets = [
        format!("idp.token_endpoint=http://idp.corp.example:{idp}/token"),
        format!(
            "resource_as.token_endpoint=http://as.corp.example:{resource_as}/tenant/notes/token"
        ),
        format!("api.url=https://other.example:{api}/notes"),
    ];
    for locked in [false, true] {
        let proxy = Proxy::start(locked).await;
        let (user, port) = (
            if locked {
                format!("{USER}:{PASSWORD}@")
            } else {
                String::new()
            },
            proxy.port,
        );
        for (scheme, expected) in [
            (
                "http",
                [
                    format!("POST http://idp.corp.example:{idp}/token"),
                    format!("POST http://idp.corp.example:{idp}/token"),
                    format!("POST http://as.corp.example:{resource_as}/tenant/notes/token"),
                    format!("CONNECT other.example:{api}"),
                ],
            ),
            (
                "socks5h",
                [
                    format!("SOCKS idp.corp.example:{idp}"),
                    format!("SOCKS idp.corp.example:{idp}"),
                    format!("SOCKS as.corp.example:{resource_as}"),
                    format!("SOCKS other.example:{api}"),
                ],
            ),
        ] {
            for (network, env) in ways(&format!("{scheme}://{user}127.0.0.1:{port}")) {
                let what = format!("{scheme} {locked} {network:?} {env:?}");
                lab.network(&network);
                let trace = lab.world.home().join("walk.json");
                let trace = trace.to_str().unwrap();
                let report = lab.run(&env, &sets, &["--format", "json", "--trace", trace]);
                // An endpoint in the profile makes the discovery of the resource AS needless.
                whole(&report, 6);
                // One connection a request, and nothing of this machine went the long way round.
                assert_eq!(proxy.asked(), expected, "{what}");
                let narrative = lab.run(&env, &sets, &[]);
                assert_eq!(narrative.code, 0, "{what}: {narrative}");
                let shown = lab.world.run(&["profile", "show", "acme"], "");
                proxy.asked();
                let stored = fs::read_to_string(trace).unwrap();
                let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
                for text in [
                    &report.stdout,
                    &report.stderr,
                    &narrative.stdout,
                    &narrative.stderr,
                    &shown.stdout,
                    &shown.stderr,
                    &stored,
                ] {
                    assert!(!text.contains(PASSWORD) && !text.contains(&basic), "{what}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_stands_in_the_way_is_named() {
    let lab = Lab::start();
    let locked = Proxy::start(true).await.port;
    let (down, _held) = refusing();
    let wrong = format!("{USER}:hunter3-wrong-password@");
    for (scheme, port, says) in [
        ("http", locked, "did not let us through to"),
        ("socks5h", locked, "cannot be reached"),
        ("http", down, "connection refused by"),
        ("socks5h", down, "cannot be reached"),
    ] {
        for (network, env) in ways(&format!("{scheme}://{wrong}127.0.0.1:{port}")) {
            for issuer in ["http://idp.corp.example:81", "https://idp.corp.example:82"] {
                lab.network(&network);
                let sets = [format!("idp.issuer={issuer}")];
                let output = lab.run(&env, &sets, &["--through", "discover-idp"]);
                let what = format!("{scheme} {network:?} {env:?} {issuer}: {output}");
                assert_eq!(output.code, 4, "{what}");
                let from_env = format!("the proxy that the environment sets (127.0.0.1:{port})");
                let named = if env.is_empty() {
                    format!("the proxy 127.0.0.1:{port}")
                } else {
                    from_env
                };
                let text = plain(&output.stdout);
                assert!(text.contains(&named) && text.contains(says), "{what}");
                assert!(!text.contains("hunter3") && !output.stderr.contains("hunter3"));
            }
        }
    }
}

/// Undoes the wrapping of the narrative.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_a_client_certificate_gets_it_from_the_profile() {
    let lab = Lab::start();
    let api = tls(SERVER, true).await;
    let sets = [format!("api.url=https://localhost:{api}/notes")];
    lab.network("");
    let output = lab.run(&[], &sets, &[]);
    assert_eq!(output.code, 4, "{output}");
    let says = format!(
        "localhost:{api} asks for a client certificate; give one as `network.client_certificate`"
    );
    assert!(plain(&output.stdout).contains(&says), "{output}");
    let client = std::str::from_utf8(CLIENT).unwrap();
    let file = lab.world.write("client.pem", client);
    lab.network(&format!("client_certificate = {{ file = '{file}' }}"));
    whole(&lab.run(&[], &sets, &["--format", "json"]), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named_with_its_host_and_cause() {
    let lab = Lab::start();
    let (closed, _held) = refusing();
    let silent = raw(|socket| async move {
        tokio::time::sleep(Duration::from_secs(600)).await;
        drop(socket);
    })
    .await;
    let head = Peer::saying("HTTP/1.1 200 OK\r\ncontent-ty").await;
    let body = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"issuer\":").await;
    let unsafe_port = raw(|mut socket| async move {
        let _ = socket.read(&mut [0; 2048]).await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = socket.shutdown().await;
    })
    .await;
    let local = |port: u16| format!("https://localhost:{port}");
    let number = |port: u16| format!("http://127.0.0.1:{port}");
    let trusted = true;
    let [server, other, expired] = [
        tls(SERVER, false).await,
        tls(OTHER, false).await,
        tls(EXPIRED, false).await,
    ];
    // What answers, though only half, is reachable: that is 3.
    for (issuer, trusts, code, says) in [
        (
            local(expired),
            trusted,
            4,
            vec!["`localhost` has expired".to_owned()],
        ),
        (
            local(other),
            trusted,
            4,
            vec!["not for `localhost`".to_owned(), "other.example".to_owned()],
        ),
        (
            local(server),
            !trusted,
            4,
            vec![
                "`localhost` comes from an unknown issuer".to_owned(),
                "network.ca_file".to_owned(),
            ],
        ),
        (
            number(closed),
            trusted,
            4,
            vec![format!("connection refused by 127.0.0.1:{closed}")],
        ),
        (
            number(silent),
            trusted,
            4,
            vec![
                format!("127.0.0.1:{silent} took the request"),
                "within".to_owned(),
            ],
        ),
        (
            format!("https://127.0.0.1:{silent}"),
            trusted,
            4,
            vec![format!("no connection to 127.0.0.1:{silent} within")],
        ),
        (
            format!("https://127.0.0.1:{unsafe_port}"),
            trusted,
            4,
            vec![format!("127.0.0.1:{} did not answer in TLS", unsafe_port)],
        ),
        // A resolver may answer, or not at all.
        (
            "http://no-such-host.invalid".to_owned(),
            trusted,
            4,
            vec!["no-such-host.invalid".to_owned()],
        ),
        (
            number(head.port),
            trusted,
            3,
            vec![format!(
                "127.0.0.1:{} closed the connection before its header ended",
                head.port
            )],
        ),
        (
            number(body.port),
            trusted,
            3,
            vec![
                format!("http://127.0.0.1:{}/", body.port),
                "of the 50 bytes".to_owned(),
            ],
        ),
    ] {
        lab.network("timeout = '2s'");
        if !trusts {
            lab.world.write_config("profiles/acme.toml", &lab.profile);
        }
        let sets = [format!("idp.issuer={issuer}")];
        let output = lab.run(&[], &sets, &["--through", "discover-idp"]);
        assert_eq!(output.code, code, "{issuer}: {output}");
        let report = lab.run(
            &[],
            &sets,
            &["--through", "discover-idp", "--format", "json"],
        );
        assert_eq!(report.code, code, "{issuer}: {report}");
        let report = report.json();
        let step = &report["steps"][0];
        let status = if code == 4 { "unreachable" } else { "failed" };
        assert_eq!(step["status"], status, "{issuer}");
        for says in says {
            assert!(plain(&output.stdout).contains(&says), "{says}: {output}");
            let told = step["says"].as_str().unwrap();
            assert!(told.contains(&says), "{says}: {told}");
        }
    }
}
