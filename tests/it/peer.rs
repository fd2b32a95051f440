//! A peer that others wrote: an IdP, a resource AS and an API from npm packages, in `tests/interop`.
//!
//! It needs Node and installed packages, so tests that use it ask [`ready`] first and say why when they skip.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::world::{Running, World, free_ports};

/// The oldest Node that the packages run on.
const NODE: u32 = 20;

/// The redirect URI that every client of the peer has registered.
const REDIRECT: &str = "http://127.0.0.1:8765/callback";

/// How the client of a profile proves who it is; the peer knows a client for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Auth {
    /// `private_key_jwt`
    PrivateKeyJwt,
    /// `client_secret_basic`
    ClientSecretBasic,
}

impl Auth {
    /// Returns the word that profiles and metadata use.
    pub fn id(self) -> &'static str {
        match self {
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretBasic => "client_secret_basic",
        }
    }
}

/// The peer's three servers, running; they end with this value.
pub struct Peer {
    /// The issuer of the IdP.
    pub idp: String,
    /// The issuer of the resource AS.
    pub ras: String,
    /// The API, which is also the resource to ask for.
    pub api: String,
    /// Where keys and `peer.json` are.
    pub state_dir: PathBuf,
    /// Everything the peer says of itself: endpoints, client ids, secrets, key files.
    pub json: Value,
    process: Running,
}

/// Tells whether peers can be started here, and installs their packages the first time.
///
/// When not, the reason goes to standard error, past the test's own capture, and the test returns.
#[must_use]
pub fn ready() -> bool {
    static READY: OnceLock<Result<(), String>> = OnceLock::new();
    // One test installs, the others wait for it.
    match READY.get_or_init(prepare) {
        Ok(()) => true,
        Err(why) => {
            let name = std::thread::current().name().unwrap_or("a test").to_owned();
            // Nothing is lost when nobody listens.
            let _ = writeln!(io::stderr(), "skipped: {name}: {why}");
            false
        }
    }
}

impl Peer {
    /// Starts a peer on free ports; `options` are those of `peer.mjs` (`--ras-path /tenant/x`, `--dpop-nonce`).
    #[track_caller]
    pub fn start(world: &World, options: &[&str]) -> Self {
        let mut told = String::new();
        // Between finding three free ports and taking them another program may be quicker.
        for attempt in 0..5 {
            // It goes with the world.
            let state_dir = TempDir::with_prefix_in("peer-", world.root())
                .expect("a folder in the world")
                .keep();
            let port = free_ports(3).to_string();
            let mut command = world.command("node");
            command.arg(folder().join("peer/peer.mjs"));
            command.args(["--port", &port, "--state"]).arg(&state_dir);
            let mut process = Running::start(command.args(options), "");
            match process.wait_line("ready ") {
                Ok(_) => return Self::new(state_dir, process),
                Err(error) if error.contains("EADDRINUSE") && attempt < 4 => {}
                Err(error) => told = error,
            }
        }
        panic!("the peer does not start: {told}");
    }

    fn new(state_dir: PathBuf, process: Running) -> Self {
        let text = fs::read_to_string(state_dir.join("peer.json")).expect("a peer says what it is");
        let json: Value = serde_json::from_str(&text).expect("it says so in JSON");
        let word = |pointer: &str| string(&json, pointer).to_owned();
        Self {
            idp: word("/idp/issuer"),
            ras: word("/ras/issuer"),
            api: word("/rs/api"),
            state_dir,
            process,
            json,
        }
    }

    /// Writes a profile of the flow `xaa` for a user of the peer (`alice`, `bob`) and returns its path.
    pub fn profile_toml(&self, auth: Auth, user: &str) -> String {
        let client = |key: &str| string(&self.json, &format!("/clients/{}/{key}", auth.id()));
        let proof = |secret: &str| match auth {
            Auth::PrivateKeyJwt => format!(
                "private_key = {{ file = '{}' }}",
                self.file("client.jwk.json")
            ),
            Auth::ClientSecretBasic => {
                let name = format!("{secret}.txt");
                fs::write(self.state_dir.join(&name), client(secret))
                    .expect("a file of the peer's");
                format!("client_secret = {{ file = '{}' }}", self.file(&name))
            }
        };
        let profile = format!(
            r#"format = 1
title = "Peer"
flow = "xaa"

[idp]
issuer = "{idp}"

[sso]
client_id = "{sso_id}"
auth = "{auth}"
{sso_proof}
scope = "openid offline_access email"
redirect_uri = "{REDIRECT}"
login = "follow"
params = {{ login_hint = "{user}", prompt = "consent" }}

[agent]
resource = "{api}"
scope = "chat.read"

[resource_as]
issuer = "{ras}"
client_id = "{ras_id}"
auth = "{auth}"
{ras_proof}

[api]
url = "{api}/messages"
"#,
            idp = self.idp,
            ras = self.ras,
            api = self.api,
            auth = auth.id(),
            sso_id = client("idp"),
            ras_id = client("ras"),
            sso_proof = proof("idp_secret"),
            ras_proof = proof("ras_secret"),
        );
        let path = self.state_dir.join(format!("{}-{user}.toml", auth.id()));
        fs::write(&path, profile).expect("a file of the peer's");
        path.into_os_string().into_string().expect("it is UTF-8")
    }

    /// Waits until the peer has noted this of a request it had: `/api/messages 200`.
    ///
    /// It notes a line each, with method, address and status, but not always before the answer is out.
    #[track_caller]
    pub fn wait_log(&mut self, text: &str) {
        if let Err(told) = self.process.wait_stderr(text) {
            panic!("the peer: {told}");
        }
    }

    /// Returns what the peer has noted so far.
    pub fn log(&self) -> String {
        self.process.stderr()
    }

    /// Returns what no report may show: the secrets and the private keys of the clients.
    pub fn secrets(&self) -> Vec<String> {
        let key = fs::read_to_string(self.state_dir.join("client.jwk.json"))
            .expect("a key of the peer's");
        let key: Value = serde_json::from_str(&key).expect("it is a JWK");
        let mut found = vec![string(&key, "/d").to_owned()];
        for pointer in [
            "/clients/client_secret_basic/idp_secret",
            "/clients/client_secret_basic/ras_secret",
        ] {
            found.push(string(&self.json, pointer).to_owned());
        }
        found
    }

    fn file(&self, name: &str) -> String {
        self.state_dir.join(name).display().to_string()
    }
}

fn string<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("the peer does not say {pointer}"))
}

/// Returns the folder that the packages are installed in; nothing outside the checkout is read.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop")
}

fn prepare() -> Result<(), String> {
    let folder = folder();
    let wanted = env::var("JAGWALK_INTEROP").is_ok_and(|value| value == "1");
    if !wanted && !folder.join("node_modules").exists() {
        return Err(
            "it needs packages from npm; JAGWALK_INTEROP=1 installs them into target/interop."
                .to_owned(),
        );
    }
    let version =
        told("node", &["--version"]).map_err(|error| format!("Node was not found ({error})."))?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    if major
        .and_then(|text| text.parse::<u32>().ok())
        .is_none_or(|major| major < NODE)
    {
        return Err(format!(
            "Node {NODE} or newer is needed, and this is {}.",
            version.trim()
        ));
    }
    install(&folder)
        .unwrap_or_else(|error| panic!("the peer's packages cannot be installed: {error}"));
    Ok(())
}

/// What says which packages are installed: a copy of their lock, written when npm has ended well. The lock beside it says
/// only what was copied last, and npm begins by removing the folder around it.
const INSTALLED: &str = "node_modules/.installed.json";

/// Copies the project and installs its packages, unless the same ones are there already.
fn install(folder: &Path) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let told_why = |error: io::Error| error.to_string();
    let wanted = fs::read(source.join("package-lock.json")).map_err(told_why)?;
    copy(&source, folder).map_err(told_why)?;
    if fs::read(folder.join(INSTALLED)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    told("npm", &["ci", "--prefix", &folder.display().to_string()])?;
    fs::write(folder.join(INSTALLED), wanted).map_err(told_why)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if entry.file_name() != "node_modules" {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Runs a tool of this machine, in its own environment: npm has its registry and its cache there.
fn told(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!(
            "{program} ended with {}: {}",
            output.status,
            text(&output.stderr)
        ))
    }
}

mod tests {
    use super::*;

    #[test]
    fn the_packages_name_no_registry() {
        let lock = include_str!("../interop/package-lock.json");
        assert!(
            !lock.contains("\"resolved\""),
            "strip `resolved`: it names one machine's registry"
        );
        assert!(lock.contains("\"integrity\""));
    }

    #[test]
    fn a_peer_starts_says_who_it_is_and_ends() {
        if !ready() {
            return;
        }
        let world = World::new();
        let mut peer = Peer::start(&world, &["--ras-path", "/tenant/x"]);
        assert!(peer.ras.ends_with("/tenant/x"), "{}", peer.ras);
        assert!(peer.api.ends_with("/api"), "{}", peer.api);
        assert_eq!(peer.secrets().len(), 3);

        let port = |issuer: &str| issuer.split(['/', ':']).nth(4).unwrap().to_owned();
        let ask = |issuer: &str, path: &str| {
            use std::{io::Read, net::TcpStream};
            let mut stream = TcpStream::connect(format!("127.0.0.1:{}", port(issuer))).unwrap();
            write!(
                stream,
                "GET {path} HTTP/1.0\r\nhost: 127.0.0.1:{}\r\n\r\n",
                port(issuer)
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let metadata = ask(
            &peer.ras,
            "/.well-known/oauth-authorization-server/tenant/x",
        );
        assert!(
            metadata.contains(&format!(r#""issuer":"{}""#, peer.ras)),
            "{metadata}"
        );
        let answer = ask(&peer.idp, "/.well-known/openid-configuration");
        assert!(
            answer.contains(&format!(r#""issuer":"{}""#, peer.idp)),
            "{answer}"
        );
        peer.wait_log("/.well-known/openid-configuration 200");

        let idp = peer.idp.clone();
        drop(peer);
        assert!(std::net::TcpStream::connect(format!("127.0.0.1:{}", port(&idp))).is_err());
    }

    #[test]
    fn profiles_say_what_the_peer_registered() {
        if !ready() {
            return;
        }
        let world = World::new();
        let peer = Peer::start(&world, &[]);
        let read = |auth| -> toml_edit::DocumentMut {
            let path = peer.profile_toml(auth, "bob");
            fs::read_to_string(path).unwrap().parse().unwrap()
        };
        let key = read(Auth::PrivateKeyJwt);
        assert_eq!(key["sso"]["client_id"].as_str(), Some("wiki-at-idp"));
        assert_eq!(
            key["resource_as"]["client_id"].as_str(),
            Some("wiki-at-chat")
        );
        assert_eq!(key["sso"]["params"]["login_hint"].as_str(), Some("bob"));
        assert!(Path::new(key["sso"]["private_key"]["file"].as_str().unwrap()).exists());
        let secret = read(Auth::ClientSecretBasic);
        let file = |table: &str| {
            fs::read_to_string(secret[table]["client_secret"]["file"].as_str().unwrap()).unwrap()
        };
        assert!(file("sso").starts_with("wiki-secret-at-idp-"));
        assert!(file("resource_as").starts_with("wiki-secret-at-chat-"));
    }
}
