//! The parties around the three servers: issuers and services of their own, each below a path of one origin.

use super::{
    message::{Incoming, Outgoing},
    serve::Server,
};
use crate::protocol::{party::Party, time::Timestamp};

/// One of them.
pub(super) struct Part {
    /// The path that everything of it lives below: `/agents`.
    pub path: &'static str,
    /// Who it is.
    pub party: Party,
    /// What it does.
    pub server: Box<dyn Server>,
}

/// All of them, behind one listener.
pub(super) struct Outskirts(pub Vec<Part>);

impl Outskirts {
    fn part(&self, incoming: &Incoming) -> Option<&Part> {
        self.0.iter().find(|part| part.owns(&incoming.path))
    }
}

impl Part {
    /// Tells whether a path is its own: below it, or metadata of an issuer there (RFC 8414 §3.1).
    fn owns(&self, path: &str) -> bool {
        let below = |path: &str| {
            path.strip_prefix(self.path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let described = path
            .strip_prefix("/.well-known/")
            .and_then(|rest| rest.find('/').map(|at| &rest[at..]));
        below(path) || described.is_some_and(below)
    }
}

impl Server for Outskirts {
    fn party(&self, incoming: &Incoming) -> Option<Party> {
        self.part(incoming).map(|part| part.party)
    }

    fn wants(&self, incoming: &Incoming) -> Option<String> {
        self.part(incoming)?.server.wants(incoming)
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        for part in &mut self.0 {
            part.server.learn(url, fetched);
        }
    }

    fn forget_keys(&mut self) {
        for part in &mut self.0 {
            part.server.forget_keys();
        }
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let mut parts = self.0.iter_mut();
        match parts.find(|part| part.owns(&incoming.path)) {
            Some(part) => part.server.answer(incoming, now),
            None => {
                let paths: Vec<&str> = self.0.iter().map(|part| part.path).collect();
                Outgoing::not_found(incoming, &paths.join(", "))
            }
        }
    }
}
