//! What walks emit is judged by libraries that others wrote, in two languages: proofs of possession, client assertions,
//! ID-JAGs, thumbprints and hashes, taken from whole walks against the lab.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
    sync::OnceLock,
};

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    export::report::report,
    flow::{
        Flow,
        flows::{FLOWS, MCP, XAA},
    },
    lab::{self, ClientKind, Credentials},
    profile::{Profile, load},
    protocol::{
        http::{self, Params},
        keys::{PrivateKey, install_crypto, thumbprint},
        secret::Secret,
    },
    session::headless::End,
};
use serde_json::{Value, json};

use crate::{
    peer, walks,
    world::{Output, Running, World},
};

/// Where the Python judge has its packages, below the folder of those of npm.
const PYTHON: &str = ".venv/bin/python";

/// Whether the Python judge can run; installs its packages the first time.
fn python() -> bool {
    static READY: OnceLock<Result<(), String>> = OnceLock::new();
    let ready = READY.get_or_init(|| {
        let folder = peer::folder();
        let wanted = fs::read_to_string(folder.join("verify/requirements.txt"));
        let wanted = wanted.map_err(|error| error.to_string())?;
        let stamp = folder.join(".venv/installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        if env::var("JAGWALK_INTEROP").as_deref() != Ok("1") {
            return Err("JAGWALK_INTEROP=1 installs its packages into target/interop.".to_owned());
        }
        run("python3", &["-m", "venv", ".venv"])?;
        let install = [
            "-m",
            "pip",
            "install",
            "-q",
            "-r",
            "verify/requirements.txt",
        ];
        run(PYTHON, &install)?;
        fs::write(stamp, wanted).map_err(|error| error.to_string())
    });
    if let Err(why) = ready {
        // Nothing is lost when nobody listens.
        let _ = writeln!(io::stderr(), "skipped: the judge in Python: {why}");
    }
    ready.is_ok()
}

/// Runs a tool of this machine where the judges are.
fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let folder = peer::folder();
    let program = if program.contains('/') {
        folder.join(program)
    } else {
        program.into()
    };
    let output = Command::new(&program)
        .args(args)
        .current_dir(&folder)
        .output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Has every judge that is here judge these lines.
#[track_caller]
fn judged(lines: &[Value]) -> Vec<Output> {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    let text = text.join("\n");
    let world = World::new();
    let folder = peer::folder();
    let judge = |program: &Path, script: &str| {
        let mut command = world.command(program);
        command.current_dir(&folder).arg(script);
        Running::start(&mut command, &text).wait_exit()
    };
    let mut outputs = vec![judge(Path::new("node"), "verify/verify.mjs")];
    if python() {
        outputs.push(judge(&folder.join(PYTHON), "verify/verify.py"));
    }
    outputs
}

/// Fails unless every judge finds every line as it says it is.
#[track_caller]
fn assert_sound(lines: &[Value]) {
    for output in judged(lines) {
        assert_eq!(output.code, 0, "{output}");
        let all = format!("{} passed, 0 failed", lines.len());
        assert!(output.stdout.contains(&all), "{output}");
    }
}

/// A lab, and a profile for a flow against it.
pub async fn lab(flow: &'static Flow) -> (lab::Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    flow.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    (lab, profile)
}

/// Walks to the end and returns what was emitted, as lines for the judges.
async fn emitted(flow: &'static Flow, profile: Profile, clients: &[&Credentials]) -> Vec<Value> {
    let world = walks::world(&profile);
    let mut session = walks::session_of(flow, profile);
    let end = walks::drive(&mut session, world).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    let last = flow.steps().last().unwrap().info().id;
    // In memory alone: what the judges are told is worth stealing for minutes.
    let report = report(&session, last, end, true);
    let keys: BTreeMap<&str, Value> = clients
        .iter()
        .filter_map(|held| {
            let pem = held.private_key.as_ref()?;
            let key = PrivateKey::parse(pem.reveal()).unwrap();
            let mut jwk = key.registration_jwk();
            // An RSA key serves two algorithms; the client is registered for one.
            jwk["alg"] = json!(held.alg);
            Some((held.client_id.as_str(), jwk))
        })
        .collect();
    Lines::of(&report, &keys)
}

/// The parameters that hand on who acts, or for whom.
const HANDED: [&str; 3] = ["client_instance_assertion", "actor_token", "subject_token"];

/// The lines so far, and what goes before them.
struct Lines<'a> {
    keys: &'a BTreeMap<&'a str, Value>,
    told: Vec<Value>,
    nonces: BTreeMap<String, String>,
    sets: Vec<Value>,
    challenge: Option<String>,
    bound: BTreeSet<String>,
    /// The assertions about who acts that were handed on, with their parameter.
    handed: Vec<(&'static str, String)>,
}

impl<'a> Lines<'a> {
    fn of(report: &Value, keys: &'a BTreeMap<&'a str, Value>) -> Vec<Value> {
        let mut lines = Self {
            keys,
            told: Vec::new(),
            nonces: BTreeMap::new(),
            sets: Vec::new(),
            challenge: None,
            bound: BTreeSet::new(),
            handed: Vec::new(),
        };
        for step in list(&report["steps"]) {
            for token in list(&step["tokens"]) {
                let jkt = token["claims"]["cnf"]["jkt"].as_str();
                lines.bound.extend(jkt.map(str::to_owned));
            }
        }
        for step in list(&report["steps"]) {
            for exchange in list(&step["exchanges"]) {
                lines.asked(exchange);
                lines.answered(exchange);
            }
        }
        let sets = lines.sets.clone();
        for (name, jwt) in std::mem::take(&mut lines.handed) {
            let (head, claims) = (part(&jwt, 0), part(&jwt, 1));
            // Whose keys nobody fetched, nobody here can judge.
            if !sets.iter().any(|key| key["kid"] == head["kid"]) {
                continue;
            }
            let line = json!({
                "kind": "jwt", "name": name, "jwt": jwt, "jwks": { "keys": sets }, "typ": head["typ"],
                "iss": claims["iss"], "aud": claims["aud"],
            });
            let mut wrong = line.clone();
            wrong["iss"] = json!("https://else.example");
            wrong["expect"] = json!("fail");
            lines.told.extend([line, wrong]);
        }
        for step in list(&report["steps"])
            .iter()
            .filter(|step| step["id"] == "id-jag")
        {
            let body: Value = json_of(&step["response"]["body"]);
            lines.told.push(json!({
                "kind": "id_jag", "name": "ID-JAG", "jwt": body["access_token"], "jwks": { "keys": sets },
            }));
        }
        lines.told
    }

    fn asked(&mut self, exchange: &Value) {
        let request = &exchange["request"];
        let url = request["url"].as_str().unwrap();
        let query = url.split_once('?').map(|(_, query)| Params::decode(query));
        let challenge = query.and_then(|query| Some(query.get("code_challenge")?.wire()));
        self.challenge = challenge.or(self.challenge.take());
        let form = Params::decode(request["body"].as_str().unwrap_or_default());
        let field = |name: &str| form.get(name).map(http::Value::wire);
        if let Some(verifier) = field("code_verifier") {
            let line = json!({ "kind": "pkce", "verifier": verifier, "challenge": self.challenge });
            self.told.push(line);
        }
        for name in HANDED {
            let jwt = field(name).filter(|jwt| jwt.split('.').count() == 3);
            self.handed.extend(jwt.map(|jwt| (name, jwt)));
        }
        if let Some(assertion) = field("client_assertion") {
            self.assertion(&assertion);
        }
        let Some(proof) = header(request, "dpop") else {
            return;
        };
        let (head, claims) = (part(proof, 0), part(proof, 1));
        let jkt = thumbprint(&head["jwk"]).unwrap();
        assert!(self.bound.contains(&jkt), "{url}: nothing is bound to it");
        let mut line = json!({
            "kind": "dpop", "name": url, "jwt": proof, "htm": request["method"], "htu": url, "jkt": jkt,
        });
        let nonce = self.nonces.get(url);
        assert_eq!(claims["nonce"].as_str(), nonce.map(String::as_str), "{url}");
        if let Some(nonce) = nonce {
            line["nonce"] = json!(nonce);
        }
        let field = header(request, "authorization").unwrap_or_default();
        if let Some(token) = field.strip_prefix("DPoP ") {
            line["access_token"] = json!(token);
            let ath = json!({ "kind": "ath", "access_token": token, "value": claims["ath"] });
            self.told.push(ath);
        }
        let thumbprint =
            json!({ "kind": "thumbprint", "name": "jkt", "jwk": head["jwk"], "value": jkt });
        // Each judge has to see what is wrong, too.
        for (member, other) in [
            ("htm", "PUT"),
            ("htu", "https://else.example/"),
            ("nonce", "other"),
            ("jkt", "other"),
        ] {
            let mut wrong = line.clone();
            wrong[member] = json!(other);
            wrong["expect"] = json!("fail");
            self.told.push(wrong);
        }
        self.told.extend([line, thumbprint]);
    }

    fn assertion(&mut self, assertion: &str) {
        let claims = part(assertion, 1);
        let id = claims["sub"].as_str().unwrap();
        let Some(jwk) = self.keys.get(id) else {
            return;
        };
        let line = json!({
            "kind": "client_assertion", "name": id, "jwt": assertion, "jwks": { "keys": [jwk] }, "client_id": id,
            "aud": claims["aud"],
        });
        let mut wrong = line.clone();
        wrong["client_id"] = json!("other");
        wrong["expect"] = json!("fail");
        let mut key = jwk.clone();
        for member in ["kid", "alg", "use"] {
            key.as_object_mut().unwrap().remove(member);
        }
        let kid = &part(assertion, 0)["kid"];
        let thumbprint = json!({ "kind": "thumbprint", "name": "kid", "jwk": key, "value": kid });
        self.told.extend([line, wrong, thumbprint]);
    }

    fn answered(&mut self, exchange: &Value) {
        let response = &exchange["response"];
        let url = exchange["request"]["url"].as_str().unwrap();
        if let Some(nonce) = header(response, "dpop-nonce") {
            self.nonces.insert(url.to_owned(), nonce.to_owned());
        }
        if exchange["purpose"] == "keys" {
            let set = json_of(&response["body"]);
            self.sets.extend(list(&set["keys"]).iter().cloned());
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn json_of(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap_or_default()).unwrap_or_default()
}

fn header<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    let pair = list(&message["headers"]).iter();
    let mut pair = pair.filter(|pair| {
        pair[0]
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case(name))
    });
    pair.next()?[1].as_str()
}

/// A part of a JWT: header or claims.
pub fn part(jwt: &str, at: usize) -> Value {
    let token = jagwalk::protocol::jwt::Token::parse(&Secret::minted("emitted", jwt));
    let part = if at == 0 { token.header } else { token.claims };
    part.json.expect("it is a JWT of ours")
}

pub fn proving(profile: &Profile, alg: &str) -> Profile {
    let mut profile = profile.clone();
    for (path, value) in [("dpop.mode", "required"), ("dpop.alg", alg)] {
        profile.edit_at(path, value).unwrap();
    }
    profile
}

fn kinds(lines: &[Value]) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for line in lines {
        *found.entry(line["kind"].as_str().unwrap()).or_default() += 1;
    }
    found
}

#[tokio::test]
async fn proofs_of_every_algorithm_are_sound() {
    if !peer::ready() {
        return;
    }
    install_crypto();
    let mut all = Vec::new();
    for flow in [&XAA, &MCP] {
        let (lab, profile) = lab(flow).await;
        let held = lab.client(ClientKind::Default).idp.clone();
        for alg in ["ES256", "ES384", "EdDSA"] {
            let lines = emitted(flow, proving(&profile, alg), &[&held]).await;
            let found = kinds(&lines);
            // Two token requests at the IdP, two at the AS, and the calls; each with four lines that are wrong.
            assert!(found["dpop"] >= 30 && found["ath"] >= 2, "{found:?}");
            assert!(
                found["client_assertion"] >= 4 && found["id_jag"] == 1,
                "{found:?}"
            );
            assert_eq!(found["pkce"], 1, "{found:?}");
            all.extend(lines);
        }
    }
    assert_sound(&all);
}

/// The flows where other parties prove themselves, too: tools, agents and instances, some with keys of their own.
#[tokio::test]
async fn proofs_of_every_flow_are_sound() {
    if !peer::ready() {
        return;
    }
    install_crypto();
    let mut all = Vec::new();
    for flow in FLOWS {
        let (_lab, profile) = lab(flow).await;
        let lines = emitted(flow, proving(&profile, "ES256"), &[]).await;
        let found = kinds(&lines).get("dpop").copied().unwrap_or_default();
        assert!(found > 0, "{}: no proof", flow.id.0);
        all.extend(lines);
    }
    let named = |name: &str| {
        all.iter()
            .any(|line| line["kind"] == "jwt" && line["name"] == name)
    };
    for name in HANDED {
        assert!(named(name), "no {name}");
    }
    assert_sound(&all);
}

#[tokio::test]
async fn client_assertions_of_every_algorithm_are_sound() {
    if !peer::ready() {
        return;
    }
    install_crypto();
    let (lab, profile) = lab(&XAA).await;
    let mut all = Vec::new();
    for kind in ClientKind::ALL {
        let held = lab.client(kind);
        let Some(there) = held
            .resource_as
            .as_ref()
            .filter(|it| it.private_key.is_some())
        else {
            continue;
        };
        let profile = proving(&walks::as_client(&profile, &lab, kind), "ES256");
        let lines = emitted(&XAA, profile, &[&held.idp, there]).await;
        let found = kinds(&lines);
        // Each line has one beside it that is wrong; the one at the AS is sent twice, for its nonce.
        assert_eq!(found["client_assertion"], 8, "{kind:?}: {found:?}");
        all.extend(lines);
    }
    let algs: BTreeSet<String> = all
        .iter()
        .filter(|line| line["kind"] == "client_assertion")
        .map(|line| part(line["jwt"].as_str().unwrap(), 0)["alg"].to_string())
        .collect();
    assert_eq!(algs.len(), 5, "{algs:?}");
    assert_sound(&all);
}

/// The judges hold against the RFCs' own samples, so that their word counts.
#[test]
fn the_judges_pass_the_vectors_of_the_rfcs() {
    if !peer::ready() {
        return;
    }
    let vectors = include_str!("../vectors/rfc_vectors.jsonl").lines();
    let lines: Vec<Value> = vectors
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_sound(&lines);
    let mut wrong = lines[0].clone();
    wrong["iss"] = json!("another");
    for output in judged(&[wrong]) {
        assert_eq!(output.code, 1, "{output}");
    }
}
