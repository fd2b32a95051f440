//! The field table: every key of a profile, once; forms, validation, `--set` and the README come from it.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::suggest;

/// The place of a field in a profile: its table and key, such as `idp.issuer`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldPath(pub &'static str);

impl FieldPath {
    /// Finds the field of that path.
    pub fn find(path: &str) -> Option<Self> {
        FIELDS
            .iter()
            .map(|field| field.path)
            .find(|known| known.0 == path)
    }

    /// Finds the first field that a sentence names.
    pub fn named_in(text: &str) -> Option<Self> {
        let words =
            text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')));
        let mut known = words.filter_map(|word| Self::find(word.trim_matches('.')));
        known.find(|field| !field.table().is_empty())
    }

    /// Returns its entry in the table.
    pub fn field(self) -> &'static Field {
        FIELDS
            .iter()
            .find(|field| field.path == self)
            .expect("every path is made by the table")
    }

    /// Returns the table that holds it; empty at the top level.
    pub fn table(self) -> &'static str {
        self.0.split_once('.').map_or("", |(table, _)| table)
    }

    /// Returns the key inside its table.
    pub fn key(self) -> &'static str {
        self.0.split_once('.').map_or(self.0, |(_, key)| key)
    }

    /// Returns its place in the table, by which fields are ordered in a file.
    pub(crate) fn rank(self) -> usize {
        FIELDS
            .iter()
            .position(|field| field.path == self)
            .unwrap_or(FIELDS.len())
    }

    /// Finds the field of that path, or says which one was probably meant.
    ///
    /// # Errors
    ///
    /// A sentence that names the path and, where one is near, the field that was meant.
    pub fn parse(path: &str) -> Result<Self, String> {
        Self::find(path).ok_or_else(|| {
            let near = suggest::nearest(path, FIELDS.iter().map(|field| field.path.0));
            let hint = near.map_or(String::new(), |near| format!(" Did you mean `{near}`?"));
            format!("A profile has no field `{path}`.{hint}")
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for FieldPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// An absolute http or https address.
    Url,
    /// One line of text.
    Text,
    /// Text of several lines.
    LongText,
    /// A secret: where it comes from, or (noted) the text itself.
    Secret,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// True or false.
    Flag,
    /// One text or several.
    List,
    /// Names with a text each.
    Map,
    /// A whole number.
    Number,
}

impl Kind {
    /// Returns the word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::Url => "address",
            Self::Text => "text",
            Self::LongText => "long text",
            Self::Secret => "secret",
            Self::Choice(_) => "choice",
            Self::Flag => "true or false",
            Self::List => "text or list",
            Self::Map => "table of texts",
            Self::Number => "number",
        }
    }
}

/// One key of a profile.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Where it stands.
    pub path: FieldPath,
    /// What a form calls it.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it is for, in one or two sentences.
    pub help: &'static str,
    /// A value as a person would type it.
    pub example: &'static str,
    /// What holds when nobody says anything; empty for none.
    pub default: &'static str,
    /// The field it takes its value from when it has none itself.
    pub inherits: Option<FieldPath>,
}

/// Flows by id (INTERFACE §2).
pub const FLOW_IDS: &[&str] = &[
    "xaa",
    "delegation",
    "assertion-exchange",
    "instance-assertion",
    "actor-profile",
    "mcp",
];

/// Steps by id, over all flows (INTERFACE §2); ask [`is_step`], which knows the numbered ones too.
pub const STEP_IDS: &[&str] = &[
    "discover-idp",
    "discover-resource-as",
    "discover-api",
    "discover-as",
    "authorize",
    "redeem-code",
    "device-authorize",
    "device-token",
    "saml-refresh",
    "refresh",
    "id-jag",
    "jwt-bearer",
    "call-api",
    "agent-token",
    "exchange",
    "assertion",
    "instance-assertion",
    "txn-token",
    "internal-call",
    "mcp-initialize",
    "mcp-tools",
];

/// Tables of a profile, in the order in which a file has them.
pub const TABLES: &[&str] = &[
    "idp",
    "sso",
    "agent",
    "resource_as",
    "api",
    "actor_issuer",
    "instance_issuer",
    "tts",
    "service",
    "dpop",
    "step",
    "network",
];

/// Tells whether some flow has a step of that id; nested exchanges are numbered (`exchange-2`).
pub fn is_step(id: &str) -> bool {
    let numbered = ["assertion-", "exchange-"].iter().any(|prefix| {
        id.strip_prefix(prefix)
            .and_then(|number| number.parse::<u8>().ok())
            .is_some_and(|number| number >= 2)
    });
    numbered || STEP_IDS.contains(&id)
}

const VENDORS: &[&str] = &["okta", "auth0", "keycloak", "ping", "xaa-dev", "generic"];
const AUTHS: &[&str] = &[
    "none",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
];
const ALGS: &[&str] = &[
    "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
];

/// Makes the constants and the table from one entry each, so that neither can lack what the other has.
macro_rules! fields {
    ($(
        $name:ident = $path:literal, $label:literal, $kind:expr, $help:literal, eg $example:literal
        $(, default $default:literal)? $(, from $from:ident)?;
    )+) => {
        $(#[doc = $help] pub const $name: FieldPath = FieldPath($path);)+

        /// Every field, in the order of INTERFACE §5.
        pub static FIELDS: &[Field] = &[$(
            Field {
                path: $name,
                label: $label,
                kind: $kind,
                help: $help,
                example: $example,
                default: concat!("" $(, $default)?),
                inherits: fields!(@from $($from)?),
            },
        )+];
    };
    (@from) => { None };
    (@from $from:ident) => { Some($from) };
}

fields! {
    FORMAT = "format", "Format", Kind::Number, "Version of this file’s format.", eg "1", default "1";
    TITLE = "title", "Title", Kind::Text, "What people call this tenant.", eg "Acme on Okta, staging";
    FLOW = "flow", "Flow", Kind::Choice(FLOW_IDS), "The flow that opens first.", eg "xaa", default "xaa";
    VARIANT = "variant", "Variant",
        Kind::Choice(&["agent", "delegated", "nested", "delegation", "self", "sole"]),
        "Variant of a flow that has some. assertion-exchange: agent, delegated, nested; instance-assertion: delegation, self, sole.", eg "delegated";
    VENDOR = "vendor", "Vendor", Kind::Choice(VENDORS),
        "Who made the servers: switches that vendor’s notes on. Each server table may have its own.", eg "okta";
    REVISION = "revision", "Revision", Kind::Choice(&["00", "01", "02", "03", "04", "05"]),
        "The draft revision that rules speak from; the newest known when empty.", eg "03";
    ENVIRONMENT = "environment", "Environment", Kind::Choice(&["dev", "test", "prod"]),
        "Where this tenant lives. With prod, a step is sent only after a question.", eg "test", default "test";
    LAB = "lab", "Lab", Kind::Flag,
        "Whether the built-in lab fills in issuers, ids and keys; what is written here overrides it.", eg "true", default "false";

    IDP_ISSUER = "idp.issuer", "Issuer", Kind::Url,
        "The issuer of the IdP that signs the user in and mints the ID-JAG.", eg "https://acme.okta.example";
    IDP_AUTHORIZATION_ENDPOINT = "idp.authorization_endpoint", "Authorization endpoint", Kind::Url,
        "Authorization endpoint of the IdP, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/v1/authorize";
    IDP_TOKEN_ENDPOINT = "idp.token_endpoint", "Token endpoint", Kind::Url,
        "Token endpoint of the IdP, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/v1/token";
    IDP_DEVICE_AUTHORIZATION_ENDPOINT = "idp.device_authorization_endpoint", "Device endpoint", Kind::Url,
        "Device authorization endpoint of the IdP, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/v1/device/authorize";
    IDP_JWKS_URI = "idp.jwks_uri", "Key set", Kind::Url,
        "Key set of the IdP, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/v1/keys";
    IDP_VENDOR = "idp.vendor", "Vendor", Kind::Choice(VENDORS),
        "Who made the IdP.", eg "okta", from VENDOR;

    SSO_CLIENT_ID = "sso.client_id", "Client id", Kind::Text,
        "Id, at the IdP, of the client that signs the user in.", eg "0oa1sso";
    SSO_AUTH = "sso.auth", "Authentication", Kind::Choice(AUTHS),
        "How this client proves itself; follows the key or secret when empty.", eg "client_secret_basic";
    SSO_CLIENT_SECRET = "sso.client_secret", "Client secret", Kind::Secret,
        "Secret of the sign-in client.", eg "env:ACME_SSO_SECRET";
    SSO_PRIVATE_KEY = "sso.private_key", "Private key", Kind::Secret,
        "Key of the sign-in client: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:sso.pem";
    SSO_KID = "sso.kid", "Key id", Kind::Text,
        "Name of that key at the IdP; from the JWK when empty, else its thumbprint.", eg "acme-1";
    SSO_ALG = "sso.alg", "Algorithm", Kind::Choice(ALGS),
        "What the sign-in client signs its assertion with; fits the key when empty.", eg "ES256";
    SSO_ASSERTION_AUDIENCE = "sso.assertion_audience", "Assertion audience", Kind::Text,
        "The aud of the client assertion: issuer, token-endpoint, or any other text.", eg "issuer", default "issuer";
    SSO_SCOPE = "sso.scope", "Scope", Kind::Text,
        "What the sign-in asks for, separated by spaces.", eg "openid email offline_access", default "openid";
    SSO_REDIRECT_URI = "sso.redirect_uri", "Redirect URI", Kind::List,
        "Where the IdP sends the browser back to, exactly as registered; several are tried in turn, port 0 is any free port.", eg "http://127.0.0.1:8765/callback";
    SSO_LISTEN = "sso.listen", "Listen on", Kind::Text,
        "Where to wait for the browser, if not where the redirect URI says (forwarded ports).", eg "127.0.0.1:8765";
    SSO_LOGIN = "sso.login", "Login", Kind::Choice(&["open", "show", "device", "follow"]),
        "How the user signs in: open a browser, show the address and take the redirect by paste, device code, or follow the redirects of a test server that needs no person.", eg "open", default "open";
    SSO_PARAMS = "sso.params", "More parameters", Kind::Map,
        "Anything else for the authorize request.", eg "login_hint=alice";

    AGENT_CLIENT_ID = "agent.client_id", "Client id", Kind::Text,
        "Id, at the IdP, of the client that asks for the ID-JAG.", eg "0oa2agent", from SSO_CLIENT_ID;
    AGENT_AUTH = "agent.auth", "Authentication", Kind::Choice(AUTHS),
        "How the agent proves itself to the IdP; follows its own key or secret when empty.", eg "private_key_jwt", from SSO_AUTH;
    AGENT_CLIENT_SECRET = "agent.client_secret", "Client secret", Kind::Secret,
        "Secret of the agent.", eg "env:ACME_AGENT_SECRET", from SSO_CLIENT_SECRET;
    AGENT_PRIVATE_KEY = "agent.private_key", "Private key", Kind::Secret,
        "Key of the agent: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:agent.pem", from SSO_PRIVATE_KEY;
    AGENT_KID = "agent.kid", "Key id", Kind::Text,
        "Name of the agent’s key at the IdP; from the JWK when empty, else its thumbprint.", eg "agent-1", from SSO_KID;
    AGENT_ALG = "agent.alg", "Algorithm", Kind::Choice(ALGS),
        "What the agent signs its assertion with; fits the key when empty.", eg "ES256", from SSO_ALG;
    AGENT_ASSERTION_AUDIENCE = "agent.assertion_audience", "Assertion audience", Kind::Text,
        "The aud of the agent’s client assertion: issuer, token-endpoint, or any other text.", eg "issuer", from SSO_ASSERTION_AUDIENCE;
    AGENT_SUBJECT = "agent.subject", "Subject", Kind::Choice(&["id_token", "access_token", "refresh_token", "saml2", "saml2_refresh"]),
        "Which token of the user is exchanged for the ID-JAG; saml2_refresh gets a refresh token for the SAML assertion first, and that is the subject.", eg "id_token", default "id_token";
    AGENT_SAML_ASSERTION = "agent.saml_assertion", "SAML assertion", Kind::Secret,
        "The user’s SAML assertion, for the subjects saml2 and saml2_refresh: its XML, or that in base64url.", eg "file:assertion.xml";
    AGENT_AUDIENCE = "agent.audience", "Audience", Kind::Text,
        "Whom the ID-JAG is for: the issuer of the resource AS, unless the IdP knows it by another name; token-endpoint is that of the resource AS, as the Actor Profile prints it.", eg "https://acme.okta.example/oauth2/aus1", from RESOURCE_AS_ISSUER;
    AGENT_RESOURCE = "agent.resource", "Resource", Kind::List,
        "The API that the access is for (RFC 8707), as its server knows it.", eg "https://api.todo.example";
    AGENT_SCOPE = "agent.scope", "Scope", Kind::Text,
        "What the agent may do at the API, separated by spaces.", eg "todo.read";
    AGENT_ACTOR = "agent.actor", "Actor", Kind::Choice(&["none", "client_assertion", "actor_token"]),
        "Who is named as the one that acts for the user: nobody, which is impersonation (RFC 8693 §1.1); the agent by the very assertion that authenticates it; or an actor token, which in the flow delegation is that of agent-token and else agent.actor_token. What the flow is for when empty.", eg "client_assertion";
    AGENT_ACTOR_TOKEN = "agent.actor_token", "Actor token", Kind::Secret,
        "A JWT of the actor’s own, for the actor actor_token.", eg "file:actor.jwt";

    RESOURCE_AS_ISSUER = "resource_as.issuer", "Issuer", Kind::Url,
        "The issuer of the authorization server that redeems the ID-JAG.", eg "https://acme.okta.example/oauth2/aus1";
    RESOURCE_AS_AUTHORIZATION_ENDPOINT = "resource_as.authorization_endpoint", "Authorization endpoint", Kind::Url,
        "Authorization endpoint of the resource AS, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/aus1/v1/authorize";
    RESOURCE_AS_TOKEN_ENDPOINT = "resource_as.token_endpoint", "Token endpoint", Kind::Url,
        "Token endpoint of the resource AS, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/aus1/v1/token";
    RESOURCE_AS_DEVICE_AUTHORIZATION_ENDPOINT = "resource_as.device_authorization_endpoint", "Device endpoint", Kind::Url,
        "Device authorization endpoint of the resource AS, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/aus1/v1/device/authorize";
    RESOURCE_AS_JWKS_URI = "resource_as.jwks_uri", "Key set", Kind::Url,
        "Key set of the resource AS, where discovery is missing or wrong.", eg "https://acme.okta.example/oauth2/aus1/v1/keys";
    RESOURCE_AS_VENDOR = "resource_as.vendor", "Vendor", Kind::Choice(VENDORS),
        "Who made the resource AS.", eg "okta", from VENDOR;
    RESOURCE_AS_CLIENT_ID = "resource_as.client_id", "Client id", Kind::Text,
        "The client’s id at the resource AS, which is seldom its id at the IdP.", eg "0oa3here";
    RESOURCE_AS_AUTH = "resource_as.auth", "Authentication", Kind::Choice(AUTHS),
        "How the client proves itself to the resource AS; follows the key or secret when empty.", eg "private_key_jwt";
    RESOURCE_AS_CLIENT_SECRET = "resource_as.client_secret", "Client secret", Kind::Secret,
        "The client’s secret at the resource AS.", eg "env:ACME_RESOURCE_SECRET";
    RESOURCE_AS_PRIVATE_KEY = "resource_as.private_key", "Private key", Kind::Secret,
        "The client’s key at the resource AS: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:resource.pem";
    RESOURCE_AS_KID = "resource_as.kid", "Key id", Kind::Text,
        "Name of that key at the resource AS; from the JWK when empty, else its thumbprint.", eg "resource-1";
    RESOURCE_AS_ALG = "resource_as.alg", "Algorithm", Kind::Choice(ALGS),
        "What the client signs its assertion with; fits the key when empty.", eg "ES256";
    RESOURCE_AS_ASSERTION_AUDIENCE = "resource_as.assertion_audience", "Assertion audience", Kind::Text,
        "The aud of the client assertion: issuer, token-endpoint, or any other text.", eg "issuer", default "issuer";
    RESOURCE_AS_SCOPE = "resource_as.scope", "Scope", Kind::Text,
        "What is asked for when the ID-JAG is redeemed; nothing is asked for when empty.", eg "todo.read";
    RESOURCE_AS_MANAGEMENT_TOKEN = "resource_as.management_token", "Management token", Kind::Secret,
        "Token of an Okta administrator, only to list the server’s scopes.", eg "env:OKTA_API_TOKEN";

    API_KIND = "api.kind", "Kind", Kind::Choice(&["http", "mcp"]),
        "Plain HTTP, or an MCP server; in the flow mcp it is an MCP server unless this says otherwise.", eg "http", default "http";
    API_URL = "api.url", "Address", Kind::Url,
        "What to call with the access token; without it the call is skipped.", eg "https://api.todo.example/todos";
    API_METHOD = "api.method", "Method", Kind::Text,
        "The HTTP method of that call.", eg "GET", default "GET";
    API_HEADERS = "api.headers", "Headers", Kind::Map,
        "More headers for that call.", eg "accept=application/json";
    API_BODY = "api.body", "Body", Kind::LongText,
        "What that call sends; at an MCP server the arguments of the tool, a JSON object.", eg "{\"title\": \"buy milk\"}";
    API_TOOL = "api.tool", "Tool", Kind::Text,
        "The tool of an MCP server that is called once they are listed; * is the first that needs no arguments. None is called when empty.", eg "list_todos";
    API_DISCOVER = "api.discover", "Discover", Kind::Flag,
        "Whether the API is asked first, without a token, which authorization server it trusts (RFC 9728); an MCP server is, unless this is false.", eg "true", default "false";
    API_VENDOR = "api.vendor", "Vendor", Kind::Choice(VENDORS),
        "Who made the API’s gateway.", eg "generic", from VENDOR;

    ACTOR_ISSUER_ISSUER = "actor_issuer.issuer", "Issuer", Kind::Url,
        "Who says which workload it is that acts: the issuer of actor tokens.", eg "https://workloads.acme.example";
    ACTOR_ISSUER_TOKEN_ENDPOINT = "actor_issuer.token_endpoint", "Token endpoint", Kind::Url,
        "Where the agent gets its actor token.", eg "https://workloads.acme.example/token";
    ACTOR_ISSUER_JWKS_URI = "actor_issuer.jwks_uri", "Key set", Kind::Url,
        "Key set of that issuer, to check actor tokens with.", eg "https://workloads.acme.example/jwks";
    ACTOR_ISSUER_CLIENT_ID = "actor_issuer.client_id", "Client id", Kind::Text,
        "The agent’s id at that issuer.", eg "code-reviewer";
    ACTOR_ISSUER_AUTH = "actor_issuer.auth", "Authentication", Kind::Choice(AUTHS),
        "How the agent proves itself to that issuer; follows the key or secret when empty.", eg "private_key_jwt";
    ACTOR_ISSUER_CLIENT_SECRET = "actor_issuer.client_secret", "Client secret", Kind::Secret,
        "The agent’s secret at that issuer.", eg "env:ACME_WORKLOAD_SECRET";
    ACTOR_ISSUER_PRIVATE_KEY = "actor_issuer.private_key", "Private key", Kind::Secret,
        "The agent’s key at that issuer: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:workload.pem";
    ACTOR_ISSUER_KID = "actor_issuer.kid", "Key id", Kind::Text,
        "Name of that key; from the JWK when empty, else its thumbprint.", eg "workload-1";
    ACTOR_ISSUER_ALG = "actor_issuer.alg", "Algorithm", Kind::Choice(ALGS),
        "What the agent signs with there; fits the key when empty.", eg "ES256";
    ACTOR_ISSUER_ASSERTION_AUDIENCE = "actor_issuer.assertion_audience", "Assertion audience", Kind::Text,
        "The aud of the client assertion there, and of an assertion that the agent signs for an authorization server: issuer, token-endpoint, or any other text.", eg "issuer", default "issuer";
    ACTOR_ISSUER_AUDIENCE = "actor_issuer.audience", "Audience", Kind::Text,
        "Whom the actor token is for: the server that it is shown to.", eg "https://acme.okta.example", from IDP_ISSUER;

    ACTOR_ISSUER_AGENT = "actor_issuer.agent", "Agent", Kind::Text,
        "Name of the agent that signs an assertion of its own: the sub of its act, or the sub where it acts for nobody.", eg "agent:calendar-bot";
    ACTOR_ISSUER_SUBJECT = "actor_issuer.subject", "Subject", Kind::Text,
        "The person that the agent acts for: the sub of its assertion.", eg "user:alice";
    ACTOR_ISSUER_AGENT_2 = "actor_issuer.agent_2", "Second agent", Kind::Text,
        "Name of the second agent of a nested delegation.", eg "agent:worker";
    ACTOR_ISSUER_PRIVATE_KEY_2 = "actor_issuer.private_key_2", "Second private key", Kind::Secret,
        "The second agent’s key: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:worker.pem";
    ACTOR_ISSUER_KID_2 = "actor_issuer.kid_2", "Second key id", Kind::Text,
        "Name of that key; from the JWK when empty, else its thumbprint.", eg "worker-1";
    ACTOR_ISSUER_AGENT_3 = "actor_issuer.agent_3", "Third agent", Kind::Text,
        "Name of the third agent of a nested delegation.", eg "agent:summarizer";
    ACTOR_ISSUER_PRIVATE_KEY_3 = "actor_issuer.private_key_3", "Third private key", Kind::Secret,
        "The third agent’s key: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:summarizer.pem";
    ACTOR_ISSUER_KID_3 = "actor_issuer.kid_3", "Third key id", Kind::Text,
        "Name of that key; from the JWK when empty, else its thumbprint.", eg "summarizer-1";
    INSTANCE_ISSUER_ISSUER = "instance_issuer.issuer", "Issuer", Kind::Url,
        "Who says which running instance of the client it is: the issuer of instance assertions, as the client’s metadata names it.", eg "https://instances.acme.example";
    INSTANCE_ISSUER_ENDPOINT = "instance_issuer.endpoint", "Endpoint", Kind::Url,
        "Where an instance gets its assertion: a form is posted there, with a DPoP proof of the instance’s key.", eg "https://instances.acme.example/assertion";
    INSTANCE_ISSUER_JWKS_URI = "instance_issuer.jwks_uri", "Key set", Kind::Url,
        "Key set of that issuer, to check instance assertions with.", eg "https://instances.acme.example/jwks";
    INSTANCE_ISSUER_EVIDENCE = "instance_issuer.evidence", "Evidence", Kind::Secret,
        "What this process shows that issuer to be known, such as the token that its platform gives it; sent as a Bearer token.", eg "file:/var/run/secrets/platform-token";
    INSTANCE_ISSUER_WIRE = "instance_issuer.wire", "Wire version", Kind::Choice(&["00", "01"]),
        "Which version of the draft the requests speak: 00 sends actor_token, 01 sends client_instance_assertion; what the server’s metadata says when empty.", eg "01";
    TTS_ISSUER = "tts.issuer", "Issuer", Kind::Url,
        "The issuer of the Transaction Token Service.", eg "https://tts.todo.example";
    TTS_TOKEN_ENDPOINT = "tts.token_endpoint", "Token endpoint", Kind::Url,
        "Where a workload behind the API swaps the access token for a Transaction Token; without it that is left out.", eg "https://tts.todo.example/token";
    TTS_JWKS_URI = "tts.jwks_uri", "Key set", Kind::Url,
        "Key set of that service, to check Transaction Tokens with.", eg "https://tts.todo.example/jwks";
    TTS_CLIENT_ID = "tts.client_id", "Client id", Kind::Text,
        "The workload’s id at that service.", eg "booking-tool";
    TTS_AUTH = "tts.auth", "Authentication", Kind::Choice(AUTHS),
        "How the workload proves itself to that service; follows the key or secret when empty.", eg "private_key_jwt";
    TTS_CLIENT_SECRET = "tts.client_secret", "Client secret", Kind::Secret,
        "The workload’s secret at that service.", eg "env:TODO_TTS_SECRET";
    TTS_PRIVATE_KEY = "tts.private_key", "Private key", Kind::Secret,
        "The key that the workload authenticates with: PEM (PKCS#8, PKCS#1, SEC1) or JWK.", eg "file:tool.pem";
    TTS_KID = "tts.kid", "Key id", Kind::Text,
        "Name of that key; from the JWK when empty, else its thumbprint.", eg "tool-1";
    TTS_ALG = "tts.alg", "Algorithm", Kind::Choice(ALGS),
        "What the workload signs its client assertion with; fits the key when empty.", eg "ES256";
    TTS_ASSERTION_AUDIENCE = "tts.assertion_audience", "Assertion audience", Kind::Text,
        "The aud of the workload’s client assertion: issuer, token-endpoint, or any other text.", eg "issuer", default "issuer";
    TTS_AUDIENCE = "tts.audience", "Trust domain", Kind::Text,
        "The trust domain that the Transaction Token is for: a name, not an address.", eg "todo.internal";
    TTS_SCOPE = "tts.scope", "Scope", Kind::Text,
        "The purpose of the transaction, in words of the trust domain.", eg "inventory.read";
    TTS_REQUEST_CONTEXT = "tts.request_context", "Request context", Kind::LongText,
        "Where the transaction comes from: a JSON object that becomes the claim rctx.", eg "{\"channel\": \"api\"}";
    TTS_REQUEST_DETAILS = "tts.request_details", "Request details", Kind::LongText,
        "What the transaction is about: a JSON object that becomes the claim tctx.", eg "{\"action\": \"list\"}";
    TTS_CONTEXT_PARAMETER = "tts.context_parameter", "Context parameter", Kind::Choice(&["request_context", "rctx"]),
        "What the request context is called on the way: request_context in the Transaction Token draft, rctx in the example of the Actor Profile.", eg "request_context", default "request_context";
    TTS_WORKLOAD_TOKEN = "tts.workload_token", "Workload Identity Token", Kind::Secret,
        "What the workload’s platform says of it (WIMSE): the actor token here, and shown to services; without it no actor is named.", eg "cmd:spire-agent api fetch jwt";
    TTS_WORKLOAD_KEY = "tts.workload_key", "Workload key", Kind::Secret,
        "The key that the Workload Identity Token is bound to, for the proofs that go with it.", eg "file:workload.pem";

    SERVICE_URL = "service.url", "Address", Kind::Url,
        "A service inside the trust domain to call with the Transaction Token; without it that is left out.", eg "https://inventory.todo.internal/items";
    SERVICE_METHOD = "service.method", "Method", Kind::Text,
        "The HTTP method of that call.", eg "GET", default "GET";
    SERVICE_HEADERS = "service.headers", "Headers", Kind::Map,
        "More headers for that call.", eg "accept=application/json";
    SERVICE_BODY = "service.body", "Body", Kind::LongText,
        "What that call sends.", eg "{\"item\": \"milk\"}";

    DPOP_MODE = "dpop.mode", "DPoP", Kind::Choice(&["off", "on", "required"]),
        "Whether tokens are bound to a key of the walk (RFC 9449): on takes one that is not all the same, required refuses it.", eg "on", default "off";
    DPOP_ALG = "dpop.alg", "Algorithm", Kind::Choice(&["ES256", "ES384", "EdDSA"]),
        "What DPoP proofs are signed with.", eg "ES256", default "ES256";

    NETWORK_CA_FILE = "network.ca_file", "CA file", Kind::Text,
        "PEM file of certificates that are trusted besides the platform’s.", eg "company-ca.pem";
    NETWORK_CLIENT_CERTIFICATE = "network.client_certificate", "Client certificate", Kind::Secret,
        "Certificate and key for TLS with client authentication, as one PEM.", eg "file:client.pem";
    NETWORK_PROXY = "network.proxy", "Proxy", Kind::Text,
        "Proxy for every request; the environment’s when empty.", eg "http://proxy.acme.example:3128";
    NETWORK_TIMEOUT = "network.timeout", "Timeout", Kind::Text,
        "How long one request may take.", eg "30s", default "30s";
    NETWORK_INSECURE = "network.insecure", "Insecure", Kind::Flag,
        "Whether wrong certificates are accepted; never silent.", eg "true", default "false";
}

/// Returns the table as Markdown for the README.
pub fn field_table_markdown() -> String {
    let mut out =
        String::from("| field | kind | what it is | example |\n| --- | --- | --- | --- |\n");
    for field in FIELDS {
        let cell = |text: &str| text.replace('|', "\\|");
        let kind = match field.kind {
            Kind::Choice(words) => words.join(", "),
            kind => kind.word().to_owned(),
        };
        let default = match (field.inherits, field.default) {
            (Some(from), _) => format!(" Default: `{from}`."),
            (None, "") => String::new(),
            (None, default) => format!(" Default: `{default}`."),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| `{}` | {} | {}{} | `{}` |",
            field.path,
            cell(&kind),
            cell(field.help),
            default,
            cell(field.example)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_path_is_there_once_and_finds_its_entry() {
        let paths: BTreeSet<_> = FIELDS.iter().map(|field| field.path).collect();
        assert_eq!(paths.len(), FIELDS.len());
        for field in FIELDS {
            assert_eq!(FieldPath::find(field.path.0), Some(field.path));
            assert_eq!(field.path.field().label, field.label);
            let table = field.path.table();
            assert!(table.is_empty() || TABLES.contains(&table), "{table}");
            assert!(field.help.ends_with('.'), "{}", field.path);
            assert!(!field.example.is_empty(), "{}", field.path);
        }
    }

    #[test]
    fn what_inherits_is_of_the_same_kind_or_is_text() {
        for field in FIELDS {
            if let Some(from) = field.inherits {
                assert!(
                    from.field().kind == field.kind || field.kind == Kind::Text,
                    "{}",
                    field.path
                );
                assert_eq!(field.default, "", "{}", field.path);
            }
        }
    }

    #[test]
    fn a_wrong_path_names_the_near_one() {
        let says = FieldPath::parse("idp.isuer").unwrap_err();
        assert_eq!(
            says,
            "A profile has no field `idp.isuer`. Did you mean `idp.issuer`?"
        );
    }

    #[test]
    fn nested_steps_are_numbered_from_two() {
        assert!(is_step("exchange-2") && is_step("assertion-3") && is_step("id-jag"));
        assert!(!is_step("exchange-1") && !is_step("id-jag-2") && !is_step("exchange-x"));
    }

    #[test]
    fn the_readme_table_has_a_row_for_every_field() {
        let table = field_table_markdown();
        assert_eq!(table.lines().count(), FIELDS.len() + 2);
        assert!(table.contains("| `idp.issuer` | address | "), "{table}");
    }
}
