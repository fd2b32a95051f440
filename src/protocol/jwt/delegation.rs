//! Who acts for whom in a token: the chain of `act` taken apart (RFC 8693 §4.1), and what the last hop did to it.

use serde_json::Value;

use super::Claims;

/// More levels than this are counted, not told apart.
const DEEPEST: usize = 32;

/// Somebody that a token names, with the domain that the name belongs to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Named {
    /// The name, as `sub` has it.
    pub sub: Option<String>,
    /// The namespace of the name: `iss` beside it; for the subject, the token's own issuer.
    pub iss: Option<String>,
    /// What kind of party it is, where the token says so (`sub_profile`).
    pub profile: Option<String>,
}

/// What became of the chain from the token before to this one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hop {
    /// The chain begins here.
    Began,
    /// One actor was put before an unchanged chain.
    Added,
    /// The same actors.
    Kept,
    /// The history is another: somebody was dropped or changed.
    Rewritten,
}

/// The delegation that a token states.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delegation {
    /// Whom the token is about.
    pub subject: Named,
    /// The client it was made for.
    pub client: Option<String>,
    /// The actors, the current one first; those after it are history.
    pub actors: Vec<Named>,
    /// Whether the chain goes on beyond what is told apart.
    pub deeper: bool,
    /// Whether a level is no JSON object, so that the chain cannot be read on.
    pub broken: bool,
    /// Actors that occur more than once, or are the subject, by their place in `actors`.
    pub loops: Vec<usize>,
}

/// Takes the delegation of a token apart; `None` where there is no `act`.
pub fn delegation(claims: &Value) -> Option<Delegation> {
    let mut level = Some(claims.get("act")?);
    let mut actors: Vec<Named> = Vec::new();
    let mut broken = false;
    while let Some(act) = level.filter(|_| actors.len() < DEEPEST) {
        if !act.is_object() {
            broken = true;
            break;
        }
        actors.push(named(act));
        level = act.get("act");
    }
    let subject = named(claims);
    let reader = Claims(claims);
    let client = ["client_id", "cid", "azp"]
        .into_iter()
        .find_map(|name| reader.text(name));
    let loops = (0..actors.len())
        .filter(|at| {
            let actor = &actors[*at];
            // A name without a domain proves nothing about the same name elsewhere, but two such names are the same.
            let known = actor.sub.is_some();
            let again = actors[..*at].iter().any(|other| same(other, actor));
            known && (again || same(&subject, actor))
        })
        .collect();
    Some(Delegation {
        subject,
        client: client.map(str::to_owned),
        deeper: !broken && level.is_some(),
        actors,
        broken,
        loops,
    })
}

impl Delegation {
    /// Says what the last hop did: `before` are the claims of the token that this one was made from.
    pub fn hop(&self, before: &Value) -> Hop {
        let Some(before) = delegation(before) else {
            return if self.actors.len() > 1 {
                Hop::Rewritten
            } else {
                Hop::Began
            };
        };
        let kept = |now: Option<&[Named]>| now.is_some_and(|now| keeps(now, &before.actors));
        if kept(Some(&self.actors)) {
            Hop::Kept
        } else if kept(self.actors.get(1..)) {
            Hop::Added
        } else {
            Hop::Rewritten
        }
    }
}

/// Tells whether these are the actors of before; a name may have gained its domain or its kind since, and lose neither.
fn keeps(now: &[Named], before: &[Named]) -> bool {
    let gained = |now: &Option<String>, was: &Option<String>| was.is_none() || now == was;
    let pairs = now.iter().zip(before);
    now.len() == before.len()
        && pairs.into_iter().all(|(now, was)| {
            now.sub == was.sub && gained(&now.iss, &was.iss) && gained(&now.profile, &was.profile)
        })
}

fn same(one: &Named, other: &Named) -> bool {
    one.sub == other.sub && one.iss == other.iss
}

fn named(claims: &Value) -> Named {
    let reader = Claims(claims);
    let text = |name| reader.text(name).map(str::to_owned);
    Named {
        sub: text("sub"),
        iss: text("iss"),
        profile: text("sub_profile"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(delegation: &Delegation) -> Vec<&str> {
        delegation
            .actors
            .iter()
            .filter_map(|actor| actor.sub.as_deref())
            .collect()
    }

    #[test]
    fn the_outermost_actor_acts_now() {
        let claims = json!({
            "iss": "https://as", "sub": "alice", "client_id": "app",
            "act": { "sub": "worker-b", "iss": "https://b", "act": { "sub": "orchestrator-a" } },
        });
        let found = delegation(&claims).expect("there is act");
        assert_eq!(names(&found), ["worker-b", "orchestrator-a"]);
        assert_eq!(found.client.as_deref(), Some("app"));
        assert_eq!(found.actors[0].iss.as_deref(), Some("https://b"));
        assert_eq!(
            (found.loops.len(), found.broken, found.deeper),
            (0, false, false)
        );
        assert_eq!(delegation(&json!({ "sub": "alice" })), None);
    }

    #[test]
    fn a_hop_adds_one_and_leaves_the_rest() {
        let chain = |act: Value| json!({ "sub": "alice", "act": act });
        let one = chain(json!({ "sub": "a" }));
        let two = chain(json!({ "sub": "b", "act": { "sub": "a" } }));
        let hop = |now: &Value, before: &Value| delegation(now).expect("there is act").hop(before);
        assert_eq!(hop(&one, &json!({})), Hop::Began);
        assert_eq!(hop(&one, &one), Hop::Kept);
        assert_eq!(hop(&two, &one), Hop::Added);
        assert_eq!(hop(&one, &two), Hop::Rewritten);
        assert_eq!(hop(&two, &json!({})), Hop::Rewritten);
        let known = chain(json!({ "sub": "a", "iss": "https://a" }));
        assert_eq!(hop(&known, &one), Hop::Kept, "a domain came along");
        assert_eq!(hop(&one, &known), Hop::Rewritten, "the domain is lost");
    }

    #[test]
    fn loops_broken_and_bottomless_chains_are_seen() {
        let of = |act: Value| {
            delegation(&json!({ "iss": "i", "sub": "alice", "act": act })).expect("there is act")
        };
        assert_eq!(
            of(json!({ "sub": "a", "act": { "sub": "b", "act": { "sub": "a" } } })).loops,
            [2]
        );
        assert_eq!(of(json!({ "sub": "alice", "iss": "i" })).loops, [0]);
        assert!(
            of(json!({ "sub": "alice", "iss": "other" }))
                .loops
                .is_empty()
        );
        assert!(of(json!({})).loops.is_empty());
        assert!(of(json!([{ "sub": "a" }])).broken);
        let mut deep = json!({ "sub": "end" });
        for at in 0..50 {
            deep = json!({ "sub": format!("n{at}"), "act": deep });
        }
        let found = of(deep);
        assert!(found.deeper && found.actors.len() == DEEPEST);
    }
}
