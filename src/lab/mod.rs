//! The lab: an IdP, a resource AS and an API on loopback, to walk against without any account.
//!
//! Four origins on four ports, in one process, with keys made at start and real HTTP between them: the IdP, the resource
//! AS, the API, and around them the parties of the flows that delegate (`outskirts`). Each server is a pure handler; `serve` is the only file that knows sockets. What is checked stands as
//! one sequence of sentences per token and per request, and each refusal names expected and received.
//!
//! The IdP has one habit that no real server has: a `login_hint` that names a user signs that user in, unless `prompt`
//! says to ask. So a client that follows redirects and keeps cookies needs no person.

use std::fmt;

use tokio::{net::TcpListener, task::spawn_blocking};

use crate::protocol::{
    keys::{Alg, KeyError, PrivateKey, install_crypto},
    oauth::urn,
    party::Party,
    secret::Secret,
};

mod actor;
mod actor_issuer;
mod api;
mod assertion_issuer;
mod assertions;
mod chance;
mod cimd;
mod clients;
mod dpop;
pub mod faults;
mod form;
mod gate;
mod guard;
mod idp;
mod instance_issuer;
mod jwt;
mod keyring;
mod mcp;
mod message;
mod outskirts;
mod people;
mod refusal;
mod resource_as;
mod serve;
mod service;
mod shape;
mod tls;
mod tts;
mod workload;

pub use chance::Random;
pub use clients::{ClientKind, Credentials, Registered};
pub use faults::{FAULTS, Fault, Switches};
pub use people::{IDP_SCOPES, NOTES_SCOPES, REPOS_SCOPES, USERS, User};
pub use serve::{Clock, Entry, Fetch};
pub use shape::Shape;
pub use tls::Authority;

/// The algorithms that clients are registered with.
const CLIENT_ALGS: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

/// What the lab asks of the user when it is walked with the ready profile.
const SSO_SCOPE: &str = "openid email offline_access";

/// What the lab asks of the user where the IdP guards the API, too.
const REPOS_SCOPE: &str = "openid offline_access repo.read repo.write";

/// What the ready profile asks of the resource AS; policy grants alice all of it.
const AGENT_SCOPE: &str = "notes.read notes.write";

/// Where a client's id, method, algorithm, key, secret and assertion audience stand in a profile.
const SSO_FIELDS: [&str; 6] = [
    "sso.client_id",
    "sso.auth",
    "sso.alg",
    "sso.private_key",
    "sso.client_secret",
    "sso.assertion_audience",
];

const AGENT_FIELDS: [&str; 6] = [
    "agent.client_id",
    "agent.auth",
    "agent.alg",
    "agent.private_key",
    "agent.client_secret",
    "agent.assertion_audience",
];

const RESOURCE_AS_FIELDS: [&str; 6] = [
    "resource_as.client_id",
    "resource_as.auth",
    "resource_as.alg",
    "resource_as.private_key",
    "resource_as.client_secret",
    "resource_as.assertion_audience",
];

const TTS_FIELDS: [&str; 6] = [
    "tts.client_id",
    "tts.auth",
    "tts.alg",
    "tts.private_key",
    "tts.client_secret",
    "tts.assertion_audience",
];

const ACTOR_ISSUER_FIELDS: [&str; 6] = [
    "actor_issuer.client_id",
    "actor_issuer.auth",
    "actor_issuer.alg",
    "actor_issuer.private_key",
    "actor_issuer.client_secret",
    "actor_issuer.assertion_audience",
];

/// What the lab needs from outside.
#[derive(Clone)]
pub struct Options {
    /// The first of four ports in a row; `None` for free ones.
    pub port: Option<u16>,
    /// How its servers fetch each other's keys.
    pub fetch: Fetch,
    /// The clock.
    pub now: Clock,
    /// Randomness for everything but keys.
    pub random: Random,
    /// Serves https with a certificate of this authority; plain http without one.
    pub tls: Option<Authority>,
    /// What its servers do wrong; nothing, as a rule. Whoever keeps a copy can switch while the lab runs.
    pub faults: Switches,
    /// Whose habits the servers have.
    pub shape: Shape,
}

/// A running lab; it stops when it is dropped.
pub struct Lab {
    idp: String,
    resource_as: String,
    api: String,
    mcp: String,
    repos: String,
    actor_issuer: String,
    assertion_issuer: String,
    workload: Credentials,
    agents: assertion_issuer::Agents,
    instances: String,
    evidence: Secret,
    codex: Credentials,
    codex_sole: String,
    tool: Credentials,
    identity: workload::Identity,
    tts: String,
    service: String,
    shape: Shape,
    app: Option<Credentials>,
    clients: Vec<(ClientKind, Registered)>,
    assertions: Vec<(&'static str, Secret)>,
    ledger: serve::Ledger,
    faults: Switches,
    running: Vec<serve::Running>,
}

/// A value of the ready profile.
#[derive(Clone, Debug)]
pub enum Setting {
    /// Shown as it is.
    Text(String),
    /// A secret.
    Secret(Secret),
}

/// Why the lab could not start.
#[derive(Debug)]
pub enum LabError {
    /// A port could not be had.
    Port {
        /// The port, 0 for any free one.
        port: u16,
        /// What the system said.
        error: std::io::Error,
    },
    /// There are no four ports from there on.
    PortsEnd(u16),
    /// A key could not be made.
    Key(KeyError),
}

impl LabError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Port { .. } => "Give another --port, or leave it out for free ports.",
            Self::PortsEnd(_) => "The lab takes four ports in a row: give one up to 65532.",
            Self::Key(_) => "Try again; if it stays, please report it.",
        }
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { port, error } => {
                write!(f, "The lab cannot listen on 127.0.0.1:{port}: {error}.")
            }
            Self::PortsEnd(port) => {
                write!(
                    f,
                    "Expected a port with three more after it, received {port}."
                )
            }
            Self::Key(error) => write!(f, "The lab cannot make its keys: {error}"),
        }
    }
}

impl std::error::Error for LabError {}

/// Starts the lab; when this returns, all its servers accept connections.
///
/// # Errors
/// When a port is taken or a key cannot be made.
pub async fn start(options: Options) -> Result<Lab, LabError> {
    install_crypto();
    let ports = match options.port {
        None => [0; 4],
        Some(first) => {
            let last = first.checked_add(3).ok_or(LabError::PortsEnd(first))?;
            [first, first + 1, first + 2, last]
        }
    };
    let (idp_listener, idp_port) = listen(ports[0]).await?;
    let (as_listener, as_port) = listen(ports[1]).await?;
    let (api_listener, api_port) = listen(ports[2]).await?;
    let (outer_listener, outer_port) = listen(ports[3]).await?;
    let chance = chance::Chance(options.random);
    let habits = options.shape.habits();
    let (signing, as_key, actor_key, instance_keys, tts_key, workload, tool, agents, clients) =
        spawn_blocking(move || {
            let signing = idp::SigningKeys::make()?;
            let as_key = PrivateKey::generate(Alg::ES256)?;
            let actor_key = PrivateKey::generate(Alg::ES256)?;
            let instance_keys = (
                PrivateKey::generate(Alg::ES256)?,
                PrivateKey::generate(Alg::ES256)?,
            );
            let workload = clients::workload("code-reviewer")?;
            let tts_key = PrivateKey::generate(Alg::ES256)?;
            let tool = clients::workload("note-taker")?;
            let agents = assertion_issuer::Agents::make()?;
            let clients = clients::Clients::make(chance, habits)?;
            Ok((
                signing,
                as_key,
                actor_key,
                instance_keys,
                tts_key,
                workload,
                tool,
                agents,
                clients,
            ))
        })
        .await
        .unwrap_or_else(|_| Err(KeyError("The thread that makes keys has ended.".to_owned())))
        .map_err(LabError::Key)?;

    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let idp_issuer = format!("{scheme}://127.0.0.1:{idp_port}");
    let as_origin = if habits.one_host {
        idp_issuer.clone()
    } else {
        format!("{scheme}://127.0.0.1:{as_port}")
    };
    let as_issuer = format!("{as_origin}{}", habits.tenant);
    let api_origin = format!("{scheme}://127.0.0.1:{api_port}");
    let outer_origin = format!("{scheme}://127.0.0.1:{outer_port}");
    let resource = format!("{api_origin}{}", api::NOTES);
    let mcp = format!("{api_origin}{}", mcp::MCP);
    let resources = vec![resource.clone(), mcp.clone()];
    let platform = format!("{outer_origin}{}", actor_issuer::AGENTS);
    let namespaces = vec![idp_issuer.clone(), platform.clone()];
    let faults = options.faults;
    let mut idp = idp::Idp::new(
        habits,
        idp_issuer.clone(),
        signing,
        clients.at_idp,
        idp::Target {
            issuer: as_issuer.clone(),
            endpoint: format!(
                "{as_origin}{}{}",
                habits.resource_as_path(),
                shape::here(habits.resource_as_paths, "/token")
            ),
            resources: resources.clone(),
        },
        options.random,
        faults.clone(),
    )
    .trusting(&format!("{outer_origin}{}", actor_issuer::AGENTS));
    let agent = &clients::of(&clients.registered, ClientKind::Default)
        .idp
        .client_id;
    let minted = (options.now)();
    let assertions = USERS
        .iter()
        .map(|user| (user.name, idp.mint_assertion(user, agent, minted)))
        .collect();
    let resource_as = resource_as::ResourceAs::new(
        habits,
        &as_origin,
        resource_as::Neighbours {
            idp: idp_issuer.clone(),
            assertions: assertions::Assertions::new(format!(
                "{outer_origin}{}",
                assertion_issuer::ISSUER
            )),
            namespaces: namespaces.clone(),
            resources,
        },
        as_key,
        clients.at_resource_as,
        options.random,
        faults.clone(),
    );
    let api = api::Api::new(habits, &api_origin, &as_issuer, &idp_issuer, options.random);

    let (workload, workload_client) = workload;
    let (tool, tool_client) = tool;
    let tool_client = clients::Client {
        grants: &[urn::TOKEN_EXCHANGE],
        ..(*tool_client).clone()
    };
    let identity =
        workload::provision(&platform, &actor_key, minted, chance).map_err(LabError::Key)?;
    let tts = tts::Tts::new(
        &outer_origin,
        tts_key,
        vec![tool_client.into()],
        tts::Trusted {
            resource_as: as_issuer.clone(),
            jwks: resource_as.jwks().to_owned(),
            api: resource.clone(),
            namespaces: namespaces.clone(),
            platform: platform.clone(),
        },
        options.random,
        faults.clone(),
    );
    let tts_issuer = format!("{outer_origin}{}", tts::TTS);
    let service = service::Service::new(&outer_origin, tts_issuer.clone(), namespaces, platform);
    let actor_issuer = actor_issuer::ActorIssuer::new(
        &outer_origin,
        actor_key,
        vec![workload_client],
        vec![idp_issuer.clone(), as_issuer.clone()],
        options.random,
        faults.clone(),
    );
    let rsa = clients::of(&clients.registered, ClientKind::Rs256);
    let assertion_issuer = assertion_issuer::AssertionIssuer::new(
        &agents,
        rsa.idp.private_key.as_ref(),
        faults.clone(),
    )
    .map_err(LabError::Key)?;
    let assertion_part = outskirts::Part {
        path: assertion_issuer::ISSUER,
        party: Party::ActorIssuer,
        server: Box::new(assertion_issuer),
    };
    let actor_part = outskirts::Part {
        path: actor_issuer::AGENTS,
        party: Party::ActorIssuer,
        server: Box::new(actor_issuer),
    };
    let (instance_key, codex_key) = instance_keys;
    let evidence = Secret::typed("instance_issuer.evidence", chance.token(24));
    let instances = format!("{outer_origin}{}", instance_issuer::INSTANCES);
    let client_at = |name: &str| format!("{outer_origin}{}/{name}", cimd::CLIENTS);
    let (codex, codex_sole) = (client_at(cimd::CODEX), client_at(cimd::CODEX_SOLE));
    let descriptor = serde_json::json!({
        "issuer": instances, "jwks_uri": format!("{instances}/jwks"),
        "signing_alg_values_supported": ["ES256"], "subject_syntax": "uri",
    });
    let own = codex_key.registration_jwk();
    let publisher = cimd::Publisher(vec![
        (
            cimd::CODEX,
            cimd::document(&codex, "Codex of the jagwalk lab", Some(&own), &descriptor),
        ),
        (
            cimd::CODEX_SOLE,
            cimd::document(
                &codex_sole,
                "Codex without a key of its own",
                None,
                &descriptor,
            ),
        ),
    ]);
    let instance_issuer = instance_issuer::InstanceIssuer::new(
        &outer_origin,
        instance_key,
        evidence.clone(),
        (
            vec![codex.clone(), codex_sole.clone()],
            vec![idp_issuer.clone()],
        ),
        options.random,
        faults.clone(),
    );
    let outskirts = outskirts::Outskirts(vec![
        actor_part,
        assertion_part,
        outskirts::Part {
            path: instance_issuer::INSTANCES,
            party: Party::InstanceIssuer,
            server: Box::new(instance_issuer),
        },
        outskirts::Part {
            path: cimd::CLIENTS,
            party: Party::Client,
            server: Box::new(publisher),
        },
        outskirts::Part {
            path: tts::TTS,
            party: Party::Tts,
            server: Box::new(tts),
        },
        outskirts::Part {
            path: service::INVENTORY,
            party: Party::Service,
            server: Box::new(service),
        },
    ]);

    let ledger = serve::Ledger::default();
    let around = serve::Surroundings {
        fetch: options.fetch,
        now: options.now,
        ledger: ledger.clone(),
        tls: options.tls,
        switches: faults.clone(),
    };
    let mut running = vec![
        serve::serve(api_listener, Party::Api, api, around.clone()),
        serve::serve(
            outer_listener,
            Party::ActorIssuer,
            outskirts,
            around.clone(),
        ),
    ];
    if habits.one_host {
        let org = shape::Org {
            idp,
            custom: resource_as,
        };
        running.push(serve::serve(idp_listener, Party::Idp, org, around));
    } else {
        running.push(serve::serve(idp_listener, Party::Idp, idp, around.clone()));
        running.push(serve::serve(
            as_listener,
            Party::ResourceAs,
            resource_as,
            around,
        ));
    }
    Ok(Lab {
        idp: idp_issuer,
        resource_as: as_issuer,
        api: resource,
        mcp,
        repos: format!("{api_origin}{}", api::REPOS),
        actor_issuer: format!("{outer_origin}{}", actor_issuer::AGENTS),
        assertion_issuer: format!("{outer_origin}{}", assertion_issuer::ISSUER),
        workload,
        agents,
        instances,
        evidence,
        codex: clients::keyed(&codex, &codex_key),
        codex_sole,
        tool,
        identity,
        tts: tts_issuer,
        service: format!("{outer_origin}{}", service::INVENTORY),
        shape: options.shape,
        app: clients.app,
        clients: clients.registered,
        assertions,
        ledger,
        faults,
        running,
    })
}

impl Lab {
    /// Returns the issuer of the IdP.
    pub fn idp(&self) -> &str {
        &self.idp
    }

    /// Returns the issuer of the resource AS.
    pub fn resource_as(&self) -> &str {
        &self.resource_as
    }

    /// Returns the address of the notes, which is the API's resource identifier, too.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Returns the address of the MCP server, which is its resource identifier, too.
    pub fn mcp(&self) -> &str {
        &self.mcp
    }

    /// Returns the issuer of actor tokens.
    pub fn actor_issuer(&self) -> &str {
        &self.actor_issuer
    }

    /// Returns the issuer of agents' assertions.
    pub fn assertion_issuer(&self) -> &str {
        &self.assertion_issuer
    }

    /// Returns the address of the repositories, which take tokens of the IdP.
    pub fn repos(&self) -> &str {
        &self.repos
    }

    /// Returns the values that a profile with `lab = true` gets for a flow, by their path in the profile.
    pub fn settings_for(&self, flow: &str) -> Vec<(&'static str, Setting)> {
        match flow {
            "mcp" => self.mcp_settings(),
            "delegation" => self.delegation_settings(),
            "assertion-exchange" => self.assertion_settings(),
            "instance-assertion" => self.instance_settings(),
            "actor-profile" => self.actor_profile_settings(),
            _ => self.settings(),
        }
    }

    /// Those of the flow in which agents exchange assertions of their own.
    fn assertion_settings(&self) -> Vec<(&'static str, Setting)> {
        let mut settings = self.settings();
        settings.retain(|(path, _)| !path.starts_with("actor_issuer."));
        settings.push((
            "resource_as.scope",
            Setting::Text(assertions::SCOPE.to_owned()),
        ));
        settings.extend(self.agents.settings(&self.assertion_issuer));
        settings
    }

    /// Does so for a variant of a flow.
    pub fn settings_of_variant(&self, flow: &str, variant: &str) -> Vec<(&'static str, Setting)> {
        let mut settings = self.settings_for(flow);
        if (flow, variant) == ("instance-assertion", "sole") {
            // A client whose instances' assertions are its only credential is a client of its own.
            settings.retain(|(path, _)| !path.starts_with("sso."));
            settings.extend([
                ("sso.client_id", Setting::Text(self.codex_sole.clone())),
                ("sso.auth", Setting::Text("none".to_owned())),
                ("sso.scope", Setting::Text(REPOS_SCOPE.to_owned())),
            ]);
        }
        settings
    }

    /// Those of the flow with instances: the client's id is an address, and the one server is the IdP.
    fn instance_settings(&self) -> Vec<(&'static str, Setting)> {
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = self.settings();
        settings.retain(|(path, _)| path.starts_with("idp."));
        let key = self.codex.private_key.clone().map(Setting::Secret);
        settings.extend(key.map(|key| ("sso.private_key", key)));
        settings.extend([
            ("sso.client_id", text(&self.codex.client_id)),
            ("sso.auth", text(self.codex.auth)),
            ("sso.alg", text(self.codex.alg.unwrap_or("ES256"))),
            ("sso.scope", text(REPOS_SCOPE)),
            ("instance_issuer.issuer", text(&self.instances)),
            (
                "instance_issuer.endpoint",
                Setting::Text(format!("{}/assertion", self.instances)),
            ),
            (
                "instance_issuer.jwks_uri",
                Setting::Text(format!("{}/jwks", self.instances)),
            ),
            (
                "instance_issuer.evidence",
                Setting::Secret(self.evidence.clone()),
            ),
            ("api.url", text(&self.repos)),
            ("api.method", text("GET")),
        ]);
        settings
    }

    /// Those of the flow that calls the MCP server: its address alone leads to its authorization server and to its
    /// identifier.
    fn mcp_settings(&self) -> Vec<(&'static str, Setting)> {
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = self.settings();
        settings.retain(|(path, _)| {
            !matches!(*path, "agent.resource" | "resource_as.issuer") && !path.starts_with("api.")
        });
        settings.extend([
            ("api.kind", text("mcp")),
            ("api.url", text(&self.mcp)),
            ("api.tool", text("list_notes")),
        ]);
        settings
    }

    /// Those of the flow that delegates: the IdP is its one authorization server, and the repositories are its API.
    fn delegation_settings(&self) -> Vec<(&'static str, Setting)> {
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = self.settings();
        settings.retain(|(path, _)| {
            !matches!(
                *path,
                "agent.resource" | "agent.scope" | "agent.saml_assertion"
            ) && !["resource_as.", "api."]
                .iter()
                .any(|table| path.starts_with(table))
        });
        settings.extend([
            ("agent.audience", text(api::REPOS_AUDIENCE)),
            ("agent.scope", text(&REPOS_SCOPES.join(" "))),
            ("api.url", text(&self.repos)),
            ("api.method", text("GET")),
            ("dpop.mode", text("on")),
        ]);
        settings
    }

    /// Those of the flow that goes on inside the trust domain.
    fn actor_profile_settings(&self) -> Vec<(&'static str, Setting)> {
        let text = |path, text: &str| (path, Setting::Text(text.to_owned()));
        let mut settings = self.settings();
        settings.extend([
            text("dpop.mode", "required"),
            text("agent.actor", "client_assertion"),
            text("tts.issuer", &self.tts),
            text("tts.token_endpoint", &format!("{}/token", self.tts)),
            text("tts.jwks_uri", &format!("{}/jwks", self.tts)),
            text("tts.audience", tts::DOMAIN),
            text("tts.scope", tts::PURPOSES[0]),
            text("tts.request_context", "{\"channel\": \"api\"}"),
            text("tts.request_details", "{\"action\": \"list\"}"),
            text("service.url", &self.service),
            (
                "tts.workload_token",
                Setting::Secret(self.identity.token.clone()),
            ),
            (
                "tts.workload_key",
                Setting::Secret(self.identity.key.clone()),
            ),
        ]);
        self.prove(&mut settings, TTS_FIELDS, &self.tool);
        settings
    }

    /// Returns the address of the Transaction Token Service.
    pub fn tts(&self) -> &str {
        &self.tts
    }

    /// Returns the address of the service inside the trust domain.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Returns what the tool behind the API holds at the Transaction Token Service.
    pub fn tool(&self) -> &Credentials {
        &self.tool
    }

    /// Returns the tool's Workload Identity Token, and the key that it is bound to.
    pub fn identity(&self) -> (&Secret, &Secret) {
        (&self.identity.token, &self.identity.key)
    }

    /// Fills in how a client proves itself.
    fn prove(
        &self,
        settings: &mut Vec<(&'static str, Setting)>,
        fields: [&'static str; 6],
        proof: &Credentials,
    ) {
        let text = |text: &str| Setting::Text(text.to_owned());
        let audience = "token-endpoint".to_owned();
        let for_endpoint = proof.private_key.is_some() && !self.shape.habits().assertion_for_issuer;
        let values = [
            Some(text(&proof.client_id)),
            Some(text(proof.auth)),
            proof.alg.map(text),
            proof.private_key.clone().map(Setting::Secret),
            proof.client_secret.clone().map(Setting::Secret),
            for_endpoint.then_some(Setting::Text(audience)),
        ];
        let there = fields.into_iter().zip(values);
        settings.extend(there.filter_map(|(field, value)| Some((field, value?))));
    }

    /// Returns the values that a profile with `lab = true` gets, by their path in the profile.
    pub fn settings(&self) -> Vec<(&'static str, Setting)> {
        let client = self.client(ClientKind::Default);
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = vec![
            ("idp.issuer", text(&self.idp)),
            ("sso.scope", text(SSO_SCOPE)),
            ("agent.resource", text(&self.api)),
            ("agent.scope", text(AGENT_SCOPE)),
            ("resource_as.issuer", text(&self.resource_as)),
            ("api.url", text(&self.api)),
            ("api.method", text("GET")),
        ];
        let text_of = |path, value: String| (path, Setting::Text(value));
        settings.extend([
            text_of("actor_issuer.issuer", self.actor_issuer.clone()),
            text_of(
                "actor_issuer.token_endpoint",
                format!("{}/token", self.actor_issuer),
            ),
            text_of(
                "actor_issuer.jwks_uri",
                format!("{}/jwks", self.actor_issuer),
            ),
        ]);
        let vendor = self.shape.vendor();
        settings.extend(vendor.map(|(field, word)| (field, text(word))));
        let sso = self.app.as_ref().unwrap_or(&client.idp);
        let agent = self.app.as_ref().map(|_| &client.idp);
        for (fields, credentials) in [
            (SSO_FIELDS, Some(sso)),
            (AGENT_FIELDS, agent),
            (RESOURCE_AS_FIELDS, client.resource_as.as_ref()),
            (ACTOR_ISSUER_FIELDS, Some(&self.workload)),
        ] {
            if let Some(proof) = credentials {
                self.prove(&mut settings, fields, proof);
            }
        }
        let assertion = self.saml_assertion(USERS[0].name).cloned();
        if let Some(xml) = assertion {
            settings.push(("agent.saml_assertion", Setting::Secret(xml)));
        }
        settings
    }

    /// Returns the app that signs users in for the agent, in shapes where that is another client.
    pub fn app(&self) -> Option<&Credentials> {
        self.app.as_ref()
    }

    /// Returns a registered client with its credentials at both servers.
    pub fn client(&self, which: ClientKind) -> &Registered {
        clients::of(&self.clients, which)
    }

    /// Returns the SAML assertion about a user, for the client of the ready profile; made at start, good for eight hours.
    pub fn saml_assertion(&self, user: &str) -> Option<&Secret> {
        let mut all = self.assertions.iter();
        all.find(|(name, _)| *name == user).map(|(_, xml)| xml)
    }

    /// Returns the switches of what its servers do wrong.
    pub fn faults(&self) -> &Switches {
        &self.faults
    }

    /// Returns every request that the servers have seen, oldest first.
    pub fn ledger(&self) -> Vec<Entry> {
        self.ledger.entries()
    }

    /// Stops all servers and waits until their ports are free.
    pub async fn stop(self) {
        // Nobody waits for an answer that a fault holds back.
        self.faults.release();
        for running in self.running {
            running.stop().await;
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16), LabError> {
    let trouble = |error| LabError::Port { port, error };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(trouble)?;
    let port = listener.local_addr().map_err(trouble)?.port();
    Ok((listener, port))
}
