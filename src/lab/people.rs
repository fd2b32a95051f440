//! Who lives in the lab, and what policy lets an agent do for them.

/// A person with an account at the IdP and at the notes service.
#[derive(Debug, PartialEq, Eq)]
pub struct User {
    /// What they sign in with.
    pub name: &'static str,
    /// Their subject identifier at the IdP.
    pub sub: &'static str,
    /// Their full name.
    pub full_name: &'static str,
    /// Their address.
    pub email: &'static str,
    /// What an agent may get for them at the notes service; empty: nothing, the exchange is refused.
    pub agent_scope: &'static [&'static str],
    /// What the sign-in page says of them.
    pub about: &'static str,
}

/// Everybody in the lab.
pub static USERS: [User; 3] = [
    User {
        name: "alice",
        sub: "u-1001-alice",
        full_name: "Alice Abel",
        email: "alice@example.com",
        agent_scope: &["notes.read", "notes.write"],
        about: "policy lets agents read and write her notes",
    },
    User {
        name: "bob",
        sub: "u-1002-bob",
        full_name: "Bob Berg",
        email: "bob@example.com",
        agent_scope: &[],
        about: "policy lets no agent act for him: the exchange is denied",
    },
    User {
        name: "carol",
        sub: "u-1003-carol",
        full_name: "Carol Cho",
        email: "carol@example.com",
        agent_scope: &["notes.read"],
        about: "policy lets agents read her notes, not write them",
    },
];

/// Scopes of the IdP itself.
pub const IDP_SCOPES: [&str; 4] = ["openid", "email", "profile", "offline_access"];

/// Scopes of the notes service. `notes.delete` exists, but policy gives it to no agent.
pub const NOTES_SCOPES: [&str; 3] = ["notes.read", "notes.write", "notes.delete"];

/// Scopes of the repositories.
pub const REPOS_SCOPES: [&str; 2] = ["repo.read", "repo.write"];

/// Returns the user of that sign-in name or address.
pub fn user_named(hint: &str) -> Option<&'static User> {
    USERS
        .iter()
        .find(|user| user.name == hint || user.email == hint)
}

/// Returns the user of that subject identifier.
pub fn user_of(sub: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.sub == sub)
}
