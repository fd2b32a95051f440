//! What the resource AS makes of agents' assertions: whose they are, and what its delegation policy lets them do.

use serde_json::{Value, json};

use super::{
    form::{Form, scope_words},
    jwt::{Kind, as_text},
    keyring::Keyring,
    people::{NOTES_SCOPES, User, user_of},
    refusal::{Refusal, must, received},
};
use crate::protocol::{
    jwt::{Claims, Token},
    oauth::urn,
    secret::Secret,
    time::Timestamp,
};

/// Acts for people, and hands nothing on.
const CALENDAR_BOT: &str = "agent:calendar-bot";
/// The agent of the ready profile: acts for itself and for people, and hands on to the worker.
pub(super) const ORCHESTRATOR: &str = "agent:orchestrator";
/// Acts only after another agent.
pub(super) const WORKER: &str = "agent:worker";
/// Acts only after the worker.
pub(super) const SUMMARIZER: &str = "agent:summarizer";
/// Acts for itself alone.
const NIGHT_WATCH: &str = "agent:night-watch";

/// What the ready profile asks for: every agent and alice may have it.
pub(super) const SCOPE: &str = "notes.read";

/// How long an assertion may live from `iat` to `exp`, in seconds.
const LIFE: i64 = 600;

/// How many actors a chain may have; the actor profile wants four at least.
const DEPTH: usize = 4;

/// What policy lets an agent do.
struct Policy {
    agent: &'static str,
    /// What it may get for itself.
    alone: &'static [&'static str],
    /// Whether it may act for people who let agents act for them.
    for_people: bool,
    /// The agents that it may take over from.
    after: &'static [&'static str],
}

/// The delegation policy: which agent may act for whom, and after whom.
const POLICY: &[Policy] = &[
    Policy {
        agent: CALENDAR_BOT,
        alone: &[],
        for_people: true,
        after: &[],
    },
    Policy {
        agent: ORCHESTRATOR,
        alone: &["notes.read"],
        for_people: true,
        after: &[SUMMARIZER],
    },
    Policy {
        agent: WORKER,
        alone: &[],
        for_people: false,
        after: &[ORCHESTRATOR],
    },
    Policy {
        agent: SUMMARIZER,
        alone: &[],
        for_people: false,
        after: &[WORKER],
    },
    Policy {
        agent: NIGHT_WATCH,
        alone: &["notes.read"],
        for_people: false,
        after: &[],
    },
];

/// What is known of the issuer of assertions.
pub(super) struct Assertions {
    issuer: String,
    /// Its keys.
    pub keys: Keyring,
}

/// What an exchange grants.
pub(super) struct Granted {
    /// Whom the token is about.
    pub sub: String,
    /// Who acts, and who acted before; none for an agent that speaks for itself.
    pub act: Option<Value>,
    /// What it is good for.
    pub scope: String,
}

/// A refused subject or actor token, by whatever check, policy included (RFC 8693 §2.2.2).
const REFUSED: &str = "invalid_request";

impl Assertions {
    /// Trusts one issuer.
    pub fn new(issuer: String) -> Self {
        Self {
            keys: Keyring::new(format!("{issuer}/jwks")),
            issuer,
        }
    }

    /// Returns the address of the keys to fetch before a form can be judged: only for a token that claims to be from
    /// there.
    pub fn wants(&self, form: &Form) -> Option<String> {
        let tokens = ["subject_token", "actor_token"].into_iter();
        let mut ours = tokens.filter_map(|name| form.get(name)).filter(|raw| {
            let token = Token::parse(&Secret::minted("token", *raw));
            let claims = token.claims.json.unwrap_or_default();
            Claims(&claims).text("iss") == Some(&self.issuer)
        });
        ours.find_map(|raw| self.keys.wants(raw))
    }

    /// Judges an assertion as such: whose it is, for whom it was made, and when.
    pub fn open(&self, raw: &str, audiences: &[&str], now: Timestamp) -> Result<Value, Refusal> {
        let kind = Kind {
            name: "assertion",
            error: REFUSED,
            types: &["", "jwt"],
            algs: &["RS256", "ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.issuer)?;
        kind.only_audience(&claims, audiences)?;
        kind.in_time(&claims, now)?;
        kind.lives_at_most(&claims, LIFE)?;
        kind.needs(&claims, "sub")?;
        kind.needs(&claims, "jti")?;
        Ok(claims)
    }

    /// Judges what an assertion as subject says: an agent speaks for itself, or for a person.
    pub fn as_subject(&self, claims: &Value, form: &Form) -> Result<Granted, Refusal> {
        let sub = claims["sub"].as_str().unwrap_or_default();
        let Some(act) = claims.get("act") else {
            let policy = policy_of(sub)?;
            must(!policy.alone.is_empty(), REFUSED, || {
                format!(
                    "Policy lets {sub} not act for itself: expected act in the assertion, received none."
                )
            })?;
            return Ok(Granted {
                sub: sub.to_owned(),
                act: None,
                scope: granted(form, policy.alone)?,
            });
        };
        let actor = self.one_actor(act)?;
        let policy = policy_of(actor)?;
        let user = person(sub)?;
        must(policy.for_people, REFUSED, || {
            format!(
                "Policy lets {actor} act for nobody, received an assertion in which it acts for {sub}."
            )
        })?;
        must(!user.agent_scope.is_empty(), REFUSED, || {
            format!("Policy lets no agent act for {}.", user.email)
        })?;
        Ok(Granted {
            sub: sub.to_owned(),
            act: Some(json!({ "sub": actor, "iss": self.issuer })),
            scope: granted(form, user.agent_scope)?,
        })
    }

    /// Puts the agent of an assertion before those who acted so far (RFC 8693 §4.1). `had` is the scope of the token
    /// that it takes over.
    pub fn as_actor(
        &self,
        actor: &Value,
        before: &Value,
        had: &[&str],
        form: &Form,
    ) -> Result<Granted, Refusal> {
        // Two chains would have to be merged, and nobody could tell who acted for whom.
        must(actor.get("act").is_none(), REFUSED, || {
            "Expected no act in the actor token, received one: an actor speaks for itself alone."
                .to_owned()
        })?;
        let name = actor["sub"].as_str().unwrap_or_default();
        let chain = chain(before);
        let (Some(last), Some(act)) = (chain.first(), before.get("act")) else {
            return Err(Refusal::new(
                REFUSED,
                "Expected act in the subject token, received none: there is nobody to take over from.",
            ));
        };
        let policy = policy_of(name)?;
        must(policy.after.contains(last), REFUSED, || {
            let after = policy.after.join(" or ");
            format!(
                "Policy lets {name} take over from {}, received a token of {last}.",
                received(
                    Some(&after)
                        .filter(|after| !after.is_empty())
                        .map(String::as_str)
                )
                .replace("nothing", "nobody")
            )
        })?;
        must(chain.len() < DEPTH, REFUSED, || {
            format!(
                "Expected at most {DEPTH} actors in a chain, received one of {}.",
                chain.len() + 1
            )
        })?;
        Ok(Granted {
            sub: before["sub"].as_str().unwrap_or_default().to_owned(),
            act: Some(json!({ "sub": name, "iss": self.issuer, "act": act })),
            scope: granted(form, had)?,
        })
    }

    /// Returns the one actor that an assertion names. A chain grows by exchanges; nobody vouches for one that an agent
    /// writes by itself.
    fn one_actor<'a>(&self, act: &'a Value) -> Result<&'a str, Refusal> {
        let refused = |says: String| Err(Refusal::new(REFUSED, says));
        if act.get("act").is_some() {
            return refused(
                "Expected one actor in the assertion, received a chain: each further actor joins by an exchange of its \
                 own."
                    .to_owned(),
            );
        }
        let Some(sub) = act["sub"].as_str().filter(|sub| !sub.is_empty()) else {
            return refused(format!(
                "Expected act with sub in the assertion, received {}.",
                as_text(Some(act))
            ));
        };
        match act.get("iss") {
            Some(iss) if *iss != json!(self.issuer) => refused(format!(
                "Expected act.iss {}, received {}.",
                self.issuer,
                as_text(Some(iss))
            )),
            _ => Ok(sub),
        }
    }
}

/// Returns the actors of a token that we issued, the one that acts now first.
fn chain(claims: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    let mut level = claims.get("act");
    while let Some(act) = level {
        names.push(act["sub"].as_str().unwrap_or_default());
        level = act.get("act");
    }
    names
}

fn policy_of(agent: &str) -> Result<&'static Policy, Refusal> {
    POLICY
        .iter()
        .find(|policy| policy.agent == agent)
        .ok_or_else(|| {
            let known: Vec<&str> = POLICY.iter().map(|policy| policy.agent).collect();
            let says = format!(
                "Expected an agent that policy knows, {}, received {}.",
                known.join(" or "),
                received(Some(agent))
            );
            Refusal::new(REFUSED, says)
        })
}

fn person(sub: &str) -> Result<&'static User, Refusal> {
    user_of(sub).ok_or_else(|| {
        let says = format!("No user {} is known here.", received(Some(sub)));
        Refusal::new(REFUSED, says)
    })
}

/// Narrows what may be had to what is asked; what may not be had is refused, not left out.
fn granted(form: &Form, may: &[&str]) -> Result<String, Refusal> {
    let Some(asked) = form.get("scope") else {
        return Ok(may.join(" "));
    };
    let asked = scope_words(asked)?;
    let beyond = asked.iter().find(|word| !may.contains(&word.as_str()));
    must(beyond.is_none(), "invalid_scope", || {
        let beyond = beyond.map_or("", String::as_str);
        let what = if NOTES_SCOPES.contains(&beyond) {
            "policy grants"
        } else {
            "there is"
        };
        format!(
            "Expected no more scope than {what}, {}, received {}.",
            may.join(" "),
            received(Some(beyond))
        )
    })?;
    Ok(asked.join(" "))
}

/// Returns the type that a token of an exchange is declared as, where it is the expected one.
pub(super) fn typed<'a>(form: &'a Form, name: &str, expected: &[&str]) -> Result<&'a str, Refusal> {
    let field = format!("{name}_type");
    let declared = form.need(&field)?;
    must(expected.contains(&declared), REFUSED, || {
        format!(
            "Expected {field} {}, received {}.",
            expected.join(" or "),
            received(Some(declared))
        )
    })?;
    Ok(declared)
}

/// What an exchange may be asked for here: an access token, or nothing said.
pub(super) fn wanted(form: &Form) -> Result<(), Refusal> {
    let wanted = form.get("requested_token_type");
    must(
        wanted.is_none_or(|wanted| wanted == urn::ACCESS_TOKEN),
        REFUSED,
        || {
            format!(
                "Expected requested_token_type {} or none, received {}.",
                urn::ACCESS_TOKEN,
                received(wanted)
            )
        },
    )
}
