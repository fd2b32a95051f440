//! Which faults are on: one list that all servers of a running lab look at, so that switching needs no restart.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::Notify, time::timeout};

use super::{Do, Draft, Fault, Minted, Place, Scene, Wire, does::Seal};
use crate::{
    lab::{
        idp::signed,
        message::{Incoming, Outgoing},
        refusal::Refusal,
    },
    protocol::{
        digest::{b64url, hmac_sha256, sha256},
        keys::{Alg, PrivateKey, alg_name},
        party::Party,
        time::Timestamp,
    },
};

/// The faults that are on, shared by the servers of a lab.
#[derive(Clone)]
pub struct Switches {
    board: Arc<Mutex<Board>>,
    /// Says that the switches were turned: what is held back goes on.
    turned: Arc<Notify>,
    delay: Duration,
}

#[derive(Default)]
struct Board {
    on: Vec<&'static Fault>,
    before: HashMap<Party, Place>,
    seen: HashSet<String>,
    /// The servers that still hold keys from before the last switch.
    stale: Vec<Party>,
    /// Whether the issuer of assertions has rotated its keys.
    rotated: bool,
}

/// Nothing is on, and a late answer comes eight seconds late.
impl Default for Switches {
    fn default() -> Self {
        Self {
            board: Arc::default(),
            turned: Arc::default(),
            delay: Duration::from_secs(8),
        }
    }
}

impl Switches {
    /// Makes the list with these faults on.
    pub fn new(on: Vec<&'static Fault>) -> Self {
        let switches = Self::default();
        switches.set(on);
        switches
    }

    /// Changes how long a late answer is held back.
    #[must_use]
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Returns the faults that are on.
    pub fn on(&self) -> Vec<&'static Fault> {
        self.board().on.clone()
    }

    /// Switches exactly these on, and forgets what others remembered; the servers forget each other's keys, so that a
    /// fault shows whatever was walked before.
    pub fn set(&self, on: Vec<&'static Fault>) {
        *self.board() = Board {
            on,
            stale: HOLD_KEYS.to_vec(),
            ..Board::default()
        };
        self.release();
    }

    /// Lets go on what is held back.
    pub(in crate::lab) fn release(&self) {
        self.turned.notify_waiters();
    }

    /// Holds an answer back: for the delay or for ever, but no longer than until the switches are turned.
    pub(in crate::lab) async fn hold(&self, for_ever: bool) {
        let turned = self.turned.notified();
        if for_ever {
            turned.await;
        } else {
            let _ = timeout(self.delay, turned).await;
        }
    }

    /// Tells once after each switch whether a server has to forget the keys that it holds.
    pub(in crate::lab) fn begins_anew(&self, party: Party) -> bool {
        let stale = &mut self.board().stale;
        let before = stale.len();
        stale.retain(|other| *other != party);
        stale.len() < before
    }

    /// Lets the issuer of assertions rotate its keys; that holds until the switches are turned.
    pub(in crate::lab) fn rotate(&self) {
        self.board().rotated = true;
    }

    /// Tells whether it has.
    pub(in crate::lab) fn has_rotated(&self) -> bool {
        self.board().rotated
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // Each use leaves the board whole, so one that panicked did no harm to it.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Do> {
        let board = self.board();
        board
            .on
            .iter()
            .flat_map(|fault| fault.does.iter().copied())
            .collect()
    }

    /// Mints a token for a client: healthy, unless a fault has its hand in it.
    pub(in crate::lab) fn mint(
        &self,
        what: Minted,
        client: &str,
        claims: &Value,
        key: &PrivateKey,
        alg: Alg,
    ) -> Result<String, Refusal> {
        let twists = self.all().into_iter().filter_map(|does| match does {
            Do::Token(which, twist) if which == what => Some(twist),
            _ => None,
        });
        let mut twists = twists.peekable();
        if twists.peek().is_none() {
            return signed(what.typ(), claims, key, alg);
        }
        let mut draft = Draft {
            header: json!({ "typ": what.typ(), "alg": alg_name(alg), "kid": key.kid() }),
            claims: claims.clone(),
            seal: Seal::Own,
            client: client.to_owned(),
        };
        twists.for_each(|twist| twist(&mut draft));
        sealed(draft, key, alg)
    }

    /// Changes a request before the server sees it.
    pub(in crate::lab) fn ask(&self, party: Party, incoming: &mut Incoming) {
        let place = Place::of(party, incoming);
        for does in self.all() {
            if let Do::Ask(at, change) = does
                && place == Some(at)
            {
                change(incoming);
            }
        }
    }

    /// Returns the time as a server has it.
    pub(in crate::lab) fn time(&self, party: Party, now: Timestamp) -> Timestamp {
        now.plus_secs(self.off(party).unwrap_or_default())
    }

    fn off(&self, party: Party) -> Option<i64> {
        self.all().into_iter().find_map(|does| match does {
            Do::Clock(whose, seconds) if whose == party => Some(seconds),
            _ => None,
        })
    }

    /// Changes an answer before it is sent; returns what becomes of the connection.
    pub(in crate::lab) fn answer(
        &self,
        party: Party,
        incoming: &Incoming,
        outgoing: &mut Outgoing,
        now: Timestamp,
    ) -> Option<Wire> {
        if self.off(party).is_some() {
            outgoing.headers.push(("date", http_date(now)));
        }
        if party == Party::Idp {
            self.back(incoming, outgoing);
        }
        let place = Place::of(party, incoming)?;
        let all = self.all();
        let board = &mut *self.board();
        let mut scene = Scene {
            incoming,
            outgoing,
            before: board.before.insert(party, place),
            seen: &mut board.seen,
        };
        let mut wire = None;
        for does in all {
            match does {
                Do::Body(at, change) if at == place => scene.body(change),
                Do::Refuse(at, status, error, says) if at == place => {
                    scene.refuse(status, error, says);
                }
                Do::Page(at, status) if at == place => scene.page(status),
                Do::Without(at, names) if at == place => scene.without(names),
                Do::Answer(at, change) if at == place => change(&mut scene),
                Do::Wire(at, how) if at == place => wire = Some(how),
                _ => {}
            }
        }
        wire
    }

    /// Changes the redirect back to the client, from whichever page it comes.
    fn back(&self, incoming: &Incoming, outgoing: &mut Outgoing) {
        let all = self.all();
        let board = &mut *self.board();
        let mut scene = Scene {
            incoming,
            outgoing,
            before: None,
            seen: &mut board.seen,
        };
        for does in all {
            if let Do::Back(change) = does {
                scene.back(change);
            }
        }
    }
}

/// The servers that keep keys of others.
const HOLD_KEYS: &[Party] = &[
    Party::Idp,
    Party::ResourceAs,
    Party::Api,
    Party::Tts,
    Party::Service,
];

/// Makes the token of a draft.
fn sealed(mut draft: Draft, key: &PrivateKey, alg: Alg) -> Result<String, Refusal> {
    match draft.seal {
        Seal::Own | Seal::Spoiled | Seal::Opaque => {}
        Seal::Unsigned => draft.header["alg"] = json!("none"),
        Seal::Shared => draft.header["alg"] = json!("HS256"),
    }
    let input = format!(
        "{}.{}",
        b64url(draft.header.to_string().as_bytes()),
        b64url(draft.claims.to_string().as_bytes())
    );
    let signature = key
        .sign(alg, input.as_bytes())
        .map_err(|error| Refusal::new("temporarily_unavailable", error.0))?;
    Ok(match draft.seal {
        Seal::Own => format!("{input}.{signature}"),
        Seal::Spoiled => {
            let other = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{input}.{other}{}", &signature[1..])
        }
        Seal::Unsigned => format!("{input}."),
        Seal::Shared => format!(
            "{input}.{}",
            b64url(&hmac_sha256(b"shared", input.as_bytes()))
        ),
        Seal::Opaque => format!("ref_{}", b64url(&sha256(input.as_bytes()))),
    })
}

/// Writes a time as the `Date` field has it (RFC 9110 §5.6.7).
fn http_date(at: Timestamp) -> String {
    let Ok(at) = time::OffsetDateTime::from_unix_timestamp(at.secs()) else {
        return String::new();
    };
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        &at.weekday().to_string()[..3],
        at.day(),
        &at.month().to_string()[..3],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_http_has_it() {
        // The example of RFC 9110 §5.6.7.
        let at = Timestamp::from_secs(784_111_777);
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
