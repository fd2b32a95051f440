//! Signing a person in: sessions, requests that wait for a person, and the pages between.

use super::{Idp, authorize::Back, pages};
use crate::{
    lab::{
        clients::same_secret,
        form::Form,
        message::{Incoming, Outgoing},
        people::{User, user_named},
        refusal::Refusal,
    },
    protocol::time::Timestamp,
};

/// How long a request waits for its person, in seconds.
pub(super) const REQUEST_LIFE: i64 = 600;

/// How long a browser stays signed in, in seconds.
const SESSION_LIFE: i64 = 8 * 3600;

/// A browser that holds our cookie.
#[derive(Debug)]
pub(super) struct Session {
    /// Who is signed in, if anybody.
    pub who: Option<SignedIn>,
    /// When it ends.
    pub until: Timestamp,
}

/// Somebody signed in, and what they have agreed to.
#[derive(Debug)]
pub(super) struct SignedIn {
    /// The user.
    pub user: &'static User,
    /// When they signed in.
    pub auth_time: Timestamp,
    agreed: Vec<(String, Vec<String>)>,
}

impl SignedIn {
    /// Tells whether the user has agreed to all of that for that client.
    pub fn has_agreed(&self, client_id: &str, scope: &[String]) -> bool {
        self.agreed
            .iter()
            .any(|(client, words)| client == client_id && scope.iter().all(|w| words.contains(w)))
    }
}

/// An authorization request on its way through the pages.
#[derive(Debug)]
pub(super) struct Pending {
    /// The browser it belongs to.
    pub session: String,
    /// What a form of ours has to bring back.
    pub csrf: String,
    /// The client that asks.
    pub client_id: String,
    /// Where the answer goes.
    pub back: Back,
    /// What is asked for.
    pub scope: Vec<String>,
    /// The nonce for the ID Token.
    pub nonce: Option<String>,
    /// The PKCE challenge.
    pub challenge: String,
    /// The key that the code is to be bound to.
    pub jkt: Option<String>,
    /// Who the client thinks it is.
    pub hint: Option<&'static str>,
    /// Whether the user is asked even where they have agreed before.
    pub always_consent: bool,
    /// Whether a user still has to be picked.
    pub pick: bool,
    /// Whether the user still has to agree.
    pub consent: bool,
    /// The device that it is for, in place of an address to go back to.
    pub device: Option<String>,
    /// When it is given up.
    pub until: Timestamp,
}

impl Idp {
    /// Returns the browser's session, or begins one and returns the cookie to set.
    pub(super) fn session_for(
        &mut self,
        held: Option<String>,
        now: Timestamp,
    ) -> (String, Option<String>) {
        if let Some(id) = held.filter(|id| self.sessions.contains_key(id)) {
            return (id, None);
        }
        let id = self.chance.token(24);
        let session = Session {
            who: None,
            until: now.plus_secs(SESSION_LIFE),
        };
        self.sessions.insert(id.clone(), session);
        let cookie = format!("{}={id}; Path=/; HttpOnly; SameSite=Lax", self.cookie);
        (id, Some(cookie))
    }

    /// Signs a user in; what somebody else agreed to in this browser is forgotten.
    pub(super) fn sign_in(&mut self, session: &str, user: &'static User, now: Timestamp) {
        let Some(session) = self.sessions.get_mut(session) else {
            return;
        };
        let before = session.who.take().filter(|who| who.user == user);
        session.who = Some(SignedIn {
            user,
            auth_time: now,
            agreed: before.map(|who| who.agreed).unwrap_or_default(),
        });
    }

    /// Notes that the user has agreed.
    pub(super) fn agree(&mut self, session: &str, client_id: &str, scope: &[String]) {
        let who = self
            .sessions
            .get_mut(session)
            .and_then(|session| session.who.as_mut());
        if let Some(who) = who {
            who.agreed.push((client_id.to_owned(), scope.to_vec()));
        }
    }

    /// Shows the user picker.
    pub(super) fn show_sign_in(&self, incoming: &Incoming) -> Outgoing {
        match self.waiting(incoming, &Form::lenient(&incoming.query)) {
            Ok((id, pending)) => pages::sign_in(id, pending),
            Err(page) => page,
        }
    }

    /// Takes the picked user.
    pub(super) fn take_sign_in(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let (request, form) = match self.own_form(incoming) {
            Ok(form) => form,
            Err(page) => return page,
        };
        let Some(user) = form.get("user").and_then(user_named) else {
            return pages::problem(400, "Expected a user of the lab, received another name.");
        };
        let Some(pending) = self.pending.get_mut(&request) else {
            return pages::gone();
        };
        pending.pick = false;
        let (session, client_id) = (pending.session.clone(), pending.client_id.clone());
        let (scope, always) = (pending.scope.clone(), pending.always_consent);
        self.sign_in(&session, user, now);
        let agreed = self
            .sessions
            .get(&session)
            .and_then(|session| session.who.as_ref())
            .is_some_and(|who| who.has_agreed(&client_id, &scope));
        let consent = always || !agreed;
        if let Some(pending) = self.pending.get_mut(&request) {
            pending.consent = consent;
        }
        let next = if consent { "/consent" } else { "/continue" };
        Outgoing::redirect(&format!("{}{next}?request={request}", self.issuer))
    }

    /// Shows the consent page.
    pub(super) fn show_consent(&self, incoming: &Incoming) -> Outgoing {
        let (id, pending) = match self.waiting(incoming, &Form::lenient(&incoming.query)) {
            Ok(found) => found,
            Err(page) => return page,
        };
        match self.user_of(pending) {
            Some(user) if !pending.pick => pages::consent(id, pending, user),
            _ => pages::problem(400, "Nobody is signed in yet for this request."),
        }
    }

    /// Takes the user's yes or no.
    pub(super) fn take_consent(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let (request, form) = match self.own_form(incoming) {
            Ok(form) => form,
            Err(page) => return page,
        };
        let Some(pending) = self.pending.get_mut(&request) else {
            return pages::gone();
        };
        if pending.pick {
            return pages::problem(400, "Nobody is signed in yet for this request.");
        }
        match form.get("decision") {
            Some("allow") => {
                pending.consent = false;
                let (session, client_id) = (pending.session.clone(), pending.client_id.clone());
                let scope = pending.scope.clone();
                self.agree(&session, &client_id, &scope);
                self.finish(&request, now)
            }
            Some("deny") => {
                let back = pending.back.clone();
                let device = pending.device.clone();
                self.pending.remove(&request);
                if let Some(device) = device {
                    return self.device_declined(&device);
                }
                let refusal = Refusal::new("access_denied", "The user did not agree.");
                back.refused(&refusal, &self.issuer)
            }
            _ => pages::problem(
                400,
                "Expected the decision allow or deny, received neither.",
            ),
        }
    }

    /// Goes on with a request that needs no person any more.
    pub(super) fn go_on(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let found = self.waiting(incoming, &Form::lenient(&incoming.query));
        match found.map(|(id, _)| id.to_owned()) {
            Ok(request) => self.finish(&request, now),
            Err(page) => page,
        }
    }

    fn finish(&mut self, request: &str, now: Timestamp) -> Outgoing {
        let ready = self
            .pending
            .get(request)
            .is_some_and(|pending| !pending.pick && !pending.consent);
        if !ready {
            return pages::problem(
                400,
                "This request still waits for a person to sign in or to agree.",
            );
        }
        let Some(pending) = self.pending.remove(request) else {
            return pages::gone();
        };
        let who = self
            .sessions
            .get(&pending.session)
            .and_then(|session| session.who.as_ref());
        let Some((user, auth_time)) = who.map(|who| (who.user, who.auth_time)) else {
            return pages::gone();
        };
        if let Some(device) = &pending.device {
            return self.device_approved(device, user, auth_time);
        }
        let code = self.issue_code(&pending, user, auth_time, now);
        pending.back.with_code(&code, &self.issuer)
    }

    fn user_of(&self, pending: &Pending) -> Option<&'static User> {
        let session = self.sessions.get(&pending.session)?;
        session.who.as_ref().map(|who| who.user)
    }

    /// Finds the request that a page belongs to, in the browser that it began in.
    fn waiting<'a>(
        &'a self,
        incoming: &Incoming,
        form: &Form,
    ) -> Result<(&'a str, &'a Pending), Outgoing> {
        let (id, pending) = form
            .get("request")
            .and_then(|id| self.pending.get_key_value(id))
            .ok_or_else(pages::gone)?;
        let cookie = incoming.cookie(&self.cookie).unwrap_or_default();
        if same_secret(cookie, &pending.session) {
            Ok((id, pending))
        } else {
            Err(pages::problem(
                403,
                "Expected the cookie that this browser was given with the request, received none or another. \
                 A client that follows redirects has to keep cookies.",
            ))
        }
    }

    /// Reads a form that our own page sent from the same browser.
    fn own_form(&self, incoming: &Incoming) -> Result<(String, Form), Outgoing> {
        let form = Form::read(incoming).map_err(|refusal| pages::problem(400, &refusal.says))?;
        let (id, pending) = self.waiting(incoming, &form)?;
        if same_secret(form.get("csrf").unwrap_or_default(), &pending.csrf) {
            Ok((id.to_owned(), form))
        } else {
            Err(pages::problem(
                403,
                "Expected the hidden field csrf of our own page, received none or another.",
            ))
        }
    }
}
