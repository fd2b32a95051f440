//! The DPoP proof that a rule looks at, wherever it stands.

use crate::{
    lint::prelude::*,
    protocol::{http::HttpRequest, keys::thumbprint, secret::Secret},
};

/// What the proof of a request is called in pointers.
pub const NAME: &str = "dpop-proof";

/// Every step whose request may carry a proof, and a proof looked at alone.
pub static STEPS: &[&str] = &[
    "redeem-code",
    "device-token",
    "refresh",
    "saml-refresh",
    "id-jag",
    "jwt-bearer",
    "agent-token",
    "exchange",
    "exchange-2",
    "exchange-3",
    "txn-token",
    "call-api",
    "mcp-initialize",
    "mcp-tools",
    "internal-call",
    DECODE,
];

/// The steps that call an API.
pub static CALLS: &[&str] = &["call-api", "mcp-initialize", "mcp-tools", "internal-call"];

/// A DPoP proof (RFC 9449 §4.2), taken apart.
pub struct Proof {
    /// The name for pointers.
    pub name: String,
    /// The proof.
    pub token: Token,
    /// Who made it.
    pub owner: Party,
}

impl Proof {
    /// Finds the proof of the request, or the one that was handed in.
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        if let Some(http) = subject.http() {
            return Some(Self {
                name: NAME.to_owned(),
                token: in_request(http)?,
                owner: Party::You,
            });
        }
        let alone = subject.step.is_none();
        let mut tokens = subject.tokens.iter().filter(|_| alone);
        let record = tokens.find(|record| {
            record.artifact == Artifact::DpopProof || looks_like_one(&record.token)
        })?;
        Some(Self {
            name: record.name.clone(),
            token: record.token.clone(),
            owner: Party::Client,
        })
    }

    /// Points to a claim.
    pub fn claim(&self, pointer: &str) -> Pointer {
        Pointer::Claim(self.name.clone(), pointer.to_owned())
    }

    /// Points into the header.
    pub fn jose(&self, pointer: &str) -> Pointer {
        Pointer::Jose(self.name.clone(), pointer.to_owned())
    }

    /// Returns the thumbprint of the key it was made with.
    pub fn key(&self) -> Option<String> {
        key(&self.token)
    }
}

/// Takes the proof of a request apart.
pub fn in_request(http: &HttpRequest) -> Option<Token> {
    let text = http.header("dpop")?.wire();
    (!text.is_empty()).then(|| Token::parse(&Secret::minted(NAME, text)))
}

/// Returns the thumbprint of the key in a proof's header (RFC 7638 §3).
pub fn key(token: &Token) -> Option<String> {
    thumbprint(header(token).0.get("jwk")?)
}

/// Returns the thumbprint that a token is bound to (RFC 9449 §6.1).
pub fn bound_to(token: &Token) -> Option<&str> {
    claims(token).0.get("cnf")?.get("jkt")?.as_str()
}

/// Takes the token in the `Authorization` field apart.
pub fn authorization(subject: &Subject<'_>) -> Option<(String, Token)> {
    let field = subject.sent_header("authorization")?;
    let (scheme, text) = field.split_once(' ')?;
    let token = Token::parse(&Secret::minted("authorization", text.trim()));
    Some((scheme.to_owned(), token))
}

/// A proof is told by its claims where its `typ` is wrong.
fn looks_like_one(token: &Token) -> bool {
    let claims = claims(token);
    token.kind() == TokenKind::DpopProof
        || (claims.text("htm").is_some() && claims.text("htu").is_some())
}
