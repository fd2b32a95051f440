//! A walk as a fixture tells it, made into what rules look at.

use std::{fs, path::PathBuf, sync::Arc};

use base64::Engine as _;
use jagwalk::{
    flow::{Artifact, Bag, KeySet, KeySets, Made, StepId, StepInfo, TokenRecord, flows::FLOWS},
    lint::{
        Past, Revision, Subject,
        ledger::{Ledger, ledger},
    },
    profile::{self, Profile},
    protocol::{
        exchange::{
            Answer, AuthorizeRequest, Exchange, Failure, Login, Purpose, Redirect, Request,
            Timings, Via,
        },
        http::{Body, Bytes, HttpRequest, Params, Response, Value as Wire},
        jwt::{Signature, Token},
        metadata::{Jwks, ServerMetadata},
        party::Party,
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
};
use serde_json::{Map, Value, json};

/// Where the fixtures are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/rules")
}

/// Every base that there is.
pub fn bases() -> Vec<Scene> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the folder of fixtures")
        .filter_map(Result::ok)
        .filter_map(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .strip_suffix(".json")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names.into_iter().map(Scene::base).collect()
}

/// A walk, and where in it we stand.
#[derive(Clone, Debug)]
pub struct Scene {
    name: String,
    walk: Value,
    step: String,
    sent: bool,
    again: Vec<String>,
}

impl Scene {
    fn base(name: String) -> Self {
        Self {
            walk: read(&folder().join(format!("{name}.json"))),
            name,
            step: String::new(),
            sent: true,
            again: Vec::new(),
        }
    }

    /// Reads a rule's fixture.
    pub fn of(code: &str, which: &str) -> Self {
        let file = folder().join(code).join(format!("{which}.json"));
        Self::told(file.display().to_string(), &read(&file))
    }

    /// Reads a rule's further fixtures, each with what the rule is to say of it.
    pub fn more(code: &str) -> Vec<(String, Self)> {
        let file = folder().join(code).join("more.json");
        if !file.is_file() {
            return Vec::new();
        }
        let told = read(&file);
        let cases = told
            .as_array()
            .expect("a list of fixtures")
            .iter()
            .enumerate();
        cases
            .map(|(index, fixture)| {
                let says = fixture["is"].as_str().expect("what the rule says");
                let name = format!("{} {index}", file.display());
                (says.to_owned(), Self::told(name, fixture))
            })
            .collect()
    }

    /// Reads a fixture that is at hand.
    pub fn told(name: String, fixture: &Value) -> Self {
        let known = ["base", "step", "sent", "set", "remove", "again", "is"];
        for key in fixture.as_object().expect("an object").keys() {
            assert!(known.contains(&key.as_str()), "{name}: {key}?");
        }
        let base = fixture["base"].as_str().unwrap_or("healthy");
        let mut scene = Self::base(base.to_owned());
        scene.name = name;
        fixture["step"]
            .as_str()
            .expect("a step")
            .clone_into(&mut scene.step);
        scene.sent = fixture["sent"].as_bool().unwrap_or(true);
        for step in fixture["again"].as_array().into_iter().flatten() {
            scene
                .again
                .push(step.as_str().expect("a step's id").to_owned());
        }
        for (pointer, value) in fixture["set"].as_object().into_iter().flatten() {
            set(&mut scene.walk, pointer, value.clone());
        }
        for pointer in fixture["remove"].as_array().into_iter().flatten() {
            let pointer = pointer.as_str().expect("a pointer");
            assert!(
                remove(&mut scene.walk, pointer),
                "{}: {pointer} is not there",
                scene.name
            );
        }
        scene
    }

    /// Stands at a step.
    pub fn at(mut self, step: &str, sent: bool) -> Self {
        step.clone_into(&mut self.step);
        self.sent = sent;
        self
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The flow that it walks.
    pub fn flow(&self) -> &str {
        self.walk["flow"].as_str().unwrap_or("xaa")
    }

    /// Its steps, in order.
    pub fn steps(&self) -> Vec<String> {
        self.walk["steps"]
            .as_object()
            .expect("steps")
            .keys()
            .cloned()
            .collect()
    }

    /// Shows it to a rule.
    pub fn look<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> T {
        self.held().look(look)
    }

    /// Makes everything that a rule looks at.
    pub fn held(&self) -> Held {
        let now = Timestamp::from_secs(self.walk["now"].as_i64().expect("now"));
        let profile = self.profile();
        let order = self.steps();
        let here = order.iter().position(|step| *step == self.step);
        let before = &order[..here.unwrap_or(order.len())];
        let mut attempts: Vec<(StepId, Vec<Made>, Vec<TokenRecord>)> = Vec::new();
        let mut bag = Bag::default();
        for step in before {
            let made = self.made(step, now);
            if let Some(json) = made
                .last()
                .and_then(|made| made.exchange.response()?.json().ok())
            {
                match step.as_str() {
                    "discover-idp" => bag.put_metadata(Party::Idp, ServerMetadata(json)),
                    "discover-resource-as" | "discover-as" => {
                        bag.put_metadata(Party::ResourceAs, ServerMetadata(json));
                    }
                    "discover-api" => bag.put_metadata(Party::Api, ServerMetadata(json)),
                    _ => {}
                }
            }
            attempts.push((info(step, &self.walk).id, made, self.tokens(step, now)));
        }
        for step in &self.again {
            attempts.push((
                info(step, &self.walk).id,
                self.made(step, now),
                self.tokens(step, now),
            ));
        }
        let decode = self.step == "decode";
        let made = if decode {
            Vec::new()
        } else {
            self.made(&self.step, now)
        };
        let tokens = if decode {
            let names: Vec<String> = self.walk["decode"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect();
            names
                .iter()
                .map(|name| self.record(name, &self.walk["decode"][name], now))
                .collect()
        } else {
            self.tokens(&self.step, now)
        };
        let request = made.last().map(|made| made.exchange.request.clone());
        Held {
            flow: self.flow().to_owned(),
            step: (!decode).then(|| info(&self.step, &self.walk)),
            request,
            made: if self.sent { made } else { Vec::new() },
            tokens: if self.sent { tokens } else { Vec::new() },
            attempts,
            profile,
            bag,
            keys: self.keys(),
            now,
        }
    }

    /// JSON texts, numbers, truths and lists are TOML, too.
    fn profile(&self) -> Profile {
        let mut text = String::from("format = 1\n");
        for (path, value) in self.walk["profile"].as_object().into_iter().flatten() {
            text.extend([path.as_str(), " = ", &value.to_string(), "\n"]);
        }
        let (profile, problems) = profile::load("fixture", &text);
        assert!(problems.is_empty(), "{}: {problems:?}", self.name);
        profile
    }

    fn keys(&self) -> KeySets {
        let mut sets = KeySets::new();
        for (party, set) in self.walk["keys"].as_object().into_iter().flatten() {
            let party: Party = serde_json::from_value(json!(party)).expect("a party");
            let url = set["url"].as_str().unwrap_or_default().to_owned();
            sets.insert(
                party,
                KeySet {
                    url,
                    jwks: Jwks(set["jwks"].clone()),
                },
            );
        }
        sets
    }

    fn made(&self, step: &str, now: Timestamp) -> Vec<Made> {
        let told = self.filled(&self.walk["steps"][step]);
        let request = request(&told["request"]);
        let outcome = if let Some(to) = told["redirect"]["to"].as_str() {
            let query = params(&told["redirect"]["query"]).encode();
            Ok(Answer::Redirect(Redirect {
                url: Secret::minted("redirect", format!("{to}?{query}")),
                via: Via::Listener,
                hops: Vec::new(),
            }))
        } else {
            Ok(Answer::Http(response(&told["response"])))
        };
        let request = if step == "authorize" {
            Request::Browser(AuthorizeRequest {
                redirect_uri: request
                    .query
                    .get("redirect_uri")
                    .map(Wire::wire)
                    .unwrap_or_default(),
                state: request
                    .query
                    .get("state")
                    .map(Wire::wire)
                    .unwrap_or_default(),
                http: request,
                login: Login::Open,
                patience: Lifetime::from_secs(300),
            })
        } else {
            Request::Http(request)
        };
        // `first`: exchanges of this step before its own, such as a fetch of the client's metadata.
        let first = told["first"].as_array().into_iter().flatten();
        let mut made: Vec<Made> = first
            .map(|told| Made {
                purpose: serde_json::from_value(told["purpose"].clone())
                    .unwrap_or(Purpose::Metadata),
                exchange: exchange(
                    Request::Http(self::request(&told["request"])),
                    Ok(Answer::Http(response(&told["response"]))),
                    now,
                ),
            })
            .collect();
        made.push(Made {
            purpose: Purpose::Main,
            exchange: exchange(request, outcome, now),
        });
        made
    }

    fn tokens(&self, step: &str, now: Timestamp) -> Vec<TokenRecord> {
        let told = self.walk["steps"][step]["tokens"].as_object();
        told.into_iter()
            .flatten()
            .map(|(name, raw)| self.record(name, raw, now))
            .collect()
    }

    /// A token by the name of its artifact; its signature is what `/tokens/NAME/signature` says.
    fn record(&self, name: &str, raw: &Value, now: Timestamp) -> TokenRecord {
        let raw = Secret::minted(name, self.filled(raw).as_str().expect("a token's text"));
        let token = Token::parse(&raw);
        let signature = match &self.walk["tokens"][name]["signature"] {
            Value::Null => Signature::not_checked("opaque"),
            Value::String(word) if word == "verified" => Signature::Verified {
                alg: "ES256".to_owned(),
                kid: None,
                from: "the fixture".to_owned(),
            },
            told if told["failed"].is_string() => Signature::Failed {
                why: told["failed"].as_str().unwrap_or_default().to_owned(),
            },
            told => Signature::not_checked(told["not-checked"].as_str().expect("a reason")),
        };
        TokenRecord {
            name: name.to_owned(),
            artifact: serde_json::from_value::<Artifact>(json!(name)).expect("an artifact's name"),
            fingerprint: raw.fingerprint(&[]),
            expires: token
                .claims
                .json
                .as_ref()
                .and_then(|claims| claims["exp"].as_i64())
                .map(Timestamp::from_secs),
            token,
            signature,
            parent: None,
            gained: now,
        }
    }

    /// Puts tokens where their names stand in double braces.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.contains("{{") => {
                Value::String(self.walk["tokens"].as_object().into_iter().flatten().fold(
                    text.clone(),
                    |text, (name, token)| match token["raw"].as_str() {
                        Some(raw) => text.replace(&format!("{{{{{name}}}}}"), raw),
                        None => text.replace(&format!("{{{{{name}}}}}"), &compact(token)),
                    },
                ))
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.filled(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

/// Everything that a rule looks at, with somebody who owns it.
pub struct Held {
    flow: String,
    step: Option<&'static StepInfo>,
    request: Option<Request>,
    made: Vec<Made>,
    tokens: Vec<TokenRecord>,
    attempts: Vec<(StepId, Vec<Made>, Vec<TokenRecord>)>,
    profile: Profile,
    bag: Bag,
    keys: KeySets,
    now: Timestamp,
}

impl Held {
    /// Shows it to a rule.
    pub fn look<T>(&self, look: impl FnOnce(&Subject<'_>) -> T) -> T {
        let past: Vec<Past<'_>> = self
            .attempts
            .iter()
            .map(|(step, made, tokens)| Past {
                step: *step,
                made,
                tokens,
            })
            .collect();
        look(&Subject {
            flow: &self.flow,
            step: self.step,
            request: self.request.as_ref(),
            made: &self.made,
            tokens: &self.tokens,
            past: &past,
            profile: &self.profile,
            bag: &self.bag,
            keys: &self.keys,
            now: self.now,
            revision: Revision::of(&self.profile),
        })
    }
}

impl Held {
    /// Lays out the ledger of the walk, the step looked at included.
    pub fn ledger(&self) -> Ledger {
        let here = self.step.map(|step| Past {
            step: step.id,
            made: &self.made,
            tokens: &self.tokens,
        });
        let past: Vec<Past<'_>> = self
            .attempts
            .iter()
            .map(|(step, made, tokens)| Past {
                step: *step,
                made,
                tokens,
            })
            .chain(here)
            .collect();
        ledger(&past, &self.profile, &self.bag)
    }
}

/// A step of a flow of today, else one made for the fixture.
fn info(step: &str, walk: &Value) -> &'static StepInfo {
    let known = FLOWS
        .iter()
        .flat_map(|flow| flow.steps())
        .map(jagwalk::flow::Step::info);
    known
        .into_iter()
        .find(|info| info.id.0 == step)
        .unwrap_or_else(|| {
            let to = walk["steps"][step]["to"].clone();
            Box::leak(Box::new(StepInfo {
                id: StepId(Box::leak(step.to_owned().into_boxed_str())),
                title: "",
                short: "",
                from: Party::Client,
                to: serde_json::from_value(to).expect("`to` of a step that no flow has yet"),
                needs: &[],
                gives: &[],
                fields: &[],
                spec: &[],
                why: "",
                optional: false,
            }))
        })
}

fn exchange(request: Request, outcome: Result<Answer, Failure>, now: Timestamp) -> Arc<Exchange> {
    Arc::new(Exchange {
        request,
        outcome,
        times: Timings {
            start: now,
            first_byte: Some(1_000),
            end: 1_000,
        },
    })
}

fn request(told: &Value) -> HttpRequest {
    HttpRequest {
        method: told["method"].as_str().unwrap_or("GET").to_owned(),
        url: told["url"].as_str().expect("an address").to_owned(),
        query: params(&told["query"]),
        headers: params(&told["headers"]).0,
        body: match (&told["form"], &told["body"]) {
            (Value::Object(_), _) => Body::Form(params(&told["form"])),
            (_, Value::String(text)) => Body::Text(text.clone()),
            _ => Body::Empty,
        },
    }
}

fn response(told: &Value) -> Response {
    let body = match (&told["json"], told["body"].as_str()) {
        (Value::Null, text) => text.unwrap_or_default().as_bytes().to_vec(),
        (json, _) => serde_json::to_vec(json).expect("JSON"),
    };
    Response {
        status: u16::try_from(told["status"].as_u64().expect("a status")).expect("a status"),
        headers: params(&told["headers"])
            .0
            .into_iter()
            .map(|(name, value)| (name, value.wire()))
            .collect(),
        body_size: body.len() as u64,
        body: Bytes(body),
        cut: None,
    }
}

/// A list stands for a parameter that comes several times.
fn params(told: &Value) -> Params {
    let mut params = Params::default();
    for (name, value) in told.as_object().into_iter().flatten() {
        match value {
            Value::Array(many) => many
                .iter()
                .for_each(|one| params.push(name, one.as_str().expect("a text"))),
            one => params.push(name, one.as_str().expect("a text")),
        }
    }
    params
}

fn compact(token: &Value) -> String {
    let part =
        |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmF0dXJl",
        part(&token["header"]),
        part(&token["claims"])
    )
}

fn read(file: &std::path::Path) -> Value {
    let text =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Sets a place, making the objects on the way.
fn set(walk: &mut Value, pointer: &str, value: Value) {
    let mut place = walk;
    for part in pointer.split('/').skip(1) {
        let name = part.replace("~1", "/").replace("~0", "~");
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Array(items) => items
                .get_mut(name.parse::<usize>().expect("an index"))
                .expect("an item"),
            Value::Object(members) => members.entry(name).or_insert(Value::Null),
            other => panic!("{pointer} goes through {other}"),
        };
    }
    *place = value;
}

fn remove(walk: &mut Value, pointer: &str) -> bool {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let name = name.replace("~1", "/").replace("~0", "~");
    match walk.pointer_mut(parent) {
        Some(Value::Object(members)) => members.remove(&name).is_some(),
        Some(Value::Array(items)) => name.parse::<usize>().is_ok_and(|at| {
            at < items.len() && {
                items.remove(at);
                true
            }
        }),
        _ => false,
    }
}
