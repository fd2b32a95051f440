//! Sign-in on another device (RFC 8628): codes for a client that has no browser, the page to enter one, and the polls.

use serde_json::{Value, json};

use super::{
    Idp,
    authorize::Back,
    pages,
    sign_in::{Pending, REQUEST_LIFE},
    token::Grant,
};
use crate::{
    lab::{
        clients::Client,
        form::{Form, known_scope, scope_words},
        message::{Incoming, Outgoing},
        people::{IDP_SCOPES, User, user_named},
        refusal::{Refusal, must, received, uncached},
    },
    protocol::{http::form_encode, oauth::urn, time::Timestamp},
};

/// How long the codes live, in seconds.
const CODES_LIFE: i64 = 600;

/// How long they are remembered after that, so that what came of them can be said, in seconds.
const CODES_MEMORY: i64 = 600;

/// How many seconds a client has to leave between polls; short, because whoever tries the lab waits for it.
const INTERVAL: i64 = 1;

/// What a poll that comes too early adds to that (RFC 8628 §3.5).
const SLOWER: i64 = 5;

/// The letters of a user code: no vowels, so that no word comes of it (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A device that waits for its person.
#[derive(Debug)]
pub(super) struct Device {
    client_id: String,
    scope: Vec<String>,
    user_code: String,
    until: Timestamp,
    interval: i64,
    polled: Option<Timestamp>,
    fate: Fate,
}

/// What came of a device.
#[derive(Debug)]
enum Fate {
    Waits,
    Approved(&'static User, Timestamp),
    Declined,
    Served,
}

impl Device {
    /// Returns when it may be forgotten.
    pub fn remembered_until(&self) -> Timestamp {
        self.until.plus_secs(CODES_MEMORY)
    }
}

impl Idp {
    /// Answers a device authorization request (RFC 8628 §3.1).
    pub(super) fn device_authorization(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.codes_for_device(incoming, now) {
            Ok(body) => uncached(Outgoing::json(200, &body)),
            Err(refusal) => refusal.token_answer("lab IdP"),
        }
    }

    fn codes_for_device(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let (form, client) = self.gate.authenticated(incoming, now)?;
        must(
            client.grants.contains(&urn::DEVICE_CODE),
            "unauthorized_client",
            || format!("The client {} may not use the device grant.", client.id),
        )?;
        let scope = scope_words(form.get("scope").unwrap_or_default())?;
        known_scope(&scope, &IDP_SCOPES)?;
        must(
            scope.iter().any(|word| word == "openid"),
            "invalid_scope",
            || {
                format!(
                    "Expected a scope with openid in it, received {}.",
                    received(form.get("scope"))
                )
            },
        )?;
        let device_code = self.chance.token(32);
        let user_code = self.user_code();
        let address = format!("{}/device", self.issuer);
        let complete = format!("{address}?user_code={user_code}");
        self.devices.insert(
            device_code.clone(),
            Device {
                client_id: client.id.clone(),
                scope,
                user_code: user_code.clone(),
                until: now.plus_secs(CODES_LIFE),
                interval: INTERVAL,
                polled: None,
                fate: Fate::Waits,
            },
        );
        Ok(json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": address,
            "verification_uri_complete": complete,
            "expires_in": CODES_LIFE,
            "interval": INTERVAL,
        }))
    }

    /// Draws a code that no other device has.
    fn user_code(&self) -> String {
        loop {
            let mut bytes = [0; 8];
            (self.chance.0)(&mut bytes);
            let letters: String = bytes
                .iter()
                .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
                .collect();
            let code = format!("{}-{}", &letters[..4], &letters[4..]);
            if self.devices.values().all(|other| other.user_code != code) {
                return code;
            }
        }
    }

    /// Shows the page for the code. With a code and a hint it goes on by itself: the lab's shortcut, as at the
    /// authorization endpoint.
    pub(super) fn show_device(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let form = Form::lenient(&incoming.query);
        let code = form.get("user_code").unwrap_or_default();
        match form.get("login_hint").and_then(user_named) {
            Some(user) => self.begin_device(incoming, code, Some(user), now),
            None => pages::device(code),
        }
    }

    /// Takes the code that a person entered.
    pub(super) fn take_device(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match Form::read(incoming) {
            Ok(form) => {
                let code = form.get("user_code").unwrap_or_default();
                self.begin_device(incoming, code, None, now)
            }
            Err(refusal) => pages::problem(400, &refusal.says),
        }
    }

    fn begin_device(
        &mut self,
        incoming: &Incoming,
        code: &str,
        user: Option<&'static User>,
        now: Timestamp,
    ) -> Outgoing {
        let wanted = plain(code);
        let found = self.devices.iter().find(|(_, device)| {
            plain(&device.user_code) == wanted
                && device.until > now
                && matches!(device.fate, Fate::Waits)
        });
        let Some((id, device)) = found else {
            return pages::problem(
                400,
                "No device waits with that code: it is mistyped, was used, or has expired.",
            );
        };
        let (id, client_id, scope) = (id.clone(), device.client_id.clone(), device.scope.clone());
        let held = incoming.cookie(&self.cookie).map(str::to_owned);
        let (session, set_cookie) = self.session_for(held, now);
        if let Some(user) = user {
            self.sign_in(&session, user, now);
            self.agree(&session, &client_id, &scope);
        }
        let request = self.chance.token(16);
        let pending = Pending {
            session,
            csrf: self.chance.token(16),
            client_id,
            back: Back {
                redirect_uri: "the device that shows the code".to_owned(),
                state: None,
            },
            scope,
            nonce: None,
            challenge: String::new(),
            jkt: None,
            hint: None,
            // Who approves a device sees what for, every time: the code may be somebody else's (RFC 8628 §5.4).
            always_consent: true,
            pick: user.is_none(),
            consent: user.is_none(),
            device: Some(id),
            until: now.plus_secs(REQUEST_LIFE),
        };
        self.pending.insert(request.clone(), pending);
        let next = if user.is_some() {
            "continue"
        } else {
            "sign-in"
        };
        let to = format!("{}/{next}?request={}", self.issuer, form_encode(&request));
        let answer = Outgoing::redirect(&to);
        match set_cookie {
            Some(cookie) => answer.with("set-cookie", cookie),
            None => answer,
        }
    }

    /// Notes that the person has agreed.
    pub(super) fn device_approved(
        &mut self,
        id: &str,
        user: &'static User,
        auth_time: Timestamp,
    ) -> Outgoing {
        self.decide(
            id,
            Fate::Approved(user, auth_time),
            "The device is signed in.",
        )
    }

    /// Notes that the person has not.
    pub(super) fn device_declined(&mut self, id: &str) -> Outgoing {
        self.decide(id, Fate::Declined, "The device is not signed in.")
    }

    fn decide(&mut self, id: &str, fate: Fate, says: &str) -> Outgoing {
        match self.devices.get_mut(id) {
            Some(device) if matches!(device.fate, Fate::Waits) => {
                device.fate = fate;
                pages::device_done(says)
            }
            _ => pages::gone(),
        }
    }

    /// Answers a poll (RFC 8628 §3.4, §3.5).
    pub(super) fn poll(
        &mut self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = form.need("device_code")?;
        let device = self.devices.get_mut(id).ok_or_else(|| {
            Refusal::new(
                "invalid_grant",
                "The device_code is not known: it was never issued, or it is long past.",
            )
        })?;
        must(device.client_id == client.id, "invalid_grant", || {
            format!(
                "The device_code was issued to another client, received it from {}.",
                client.id
            )
        })?;
        must(
            !matches!(device.fate, Fate::Served),
            "invalid_grant",
            || "The device_code was used before.".to_owned(),
        )?;
        must(now < device.until, "expired_token", || {
            format!("The device_code has expired: it lives {CODES_LIFE} s.")
        })?;
        let early = device
            .polled
            .is_some_and(|before| now < before.plus_secs(device.interval));
        device.polled = Some(now);
        if early {
            device.interval += SLOWER;
            return Err(Refusal::new(
                "slow_down",
                format!(
                    "Expected {} s between polls from now on, received one earlier.",
                    device.interval
                ),
            ));
        }
        match device.fate {
            Fate::Approved(user, auth_time) => {
                device.fate = Fate::Served;
                let grant = Grant {
                    client_id: device.client_id.clone(),
                    user,
                    scope: device.scope.clone(),
                    auth_time,
                    instance: None,
                };
                self.first_tokens(grant, None, jkt, now)
                    .map(|(body, _)| body)
            }
            Fate::Declined => Err(Refusal::new("access_denied", "The user did not agree.")),
            Fate::Waits | Fate::Served => Err(Refusal::new(
                "authorization_pending",
                "Nobody has signed in with the user_code yet.",
            )),
        }
    }
}

/// What of a code counts: its letters, in any case.
fn plain(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .collect()
}
