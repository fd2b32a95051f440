//! The token endpoint of the IdP: a code or a refresh token for tokens; the exchange has its own file.

use serde_json::{Value, json};

use super::{
    Idp,
    instance::{Instance, same_instance},
    sign_in::Pending,
};
use crate::{
    lab::{
        api::REPOS_AUDIENCE,
        clients::{Auth, Client, same_secret},
        dpop,
        faults::Minted,
        form::{Form, scope_words},
        message::{Incoming, Outgoing},
        people::User,
        refusal::{Refusal, must, received, uncached},
        shape,
    },
    protocol::{
        digest::{b64url, pkce_s256, sha256},
        jwt::jose,
        keys::{Alg, PrivateKey, alg_name},
        oauth::urn,
        time::Timestamp,
    },
};

/// How long a code may wait to be redeemed, in seconds.
const CODE_LIFE: i64 = 60;

/// How long a code is remembered, so that its second use is noticed, in seconds.
const CODE_MEMORY: i64 = 600;

/// How long the IdP's access tokens live, in seconds.
pub(super) const TOKEN_LIFE: i64 = 3600;

/// How long a refresh token lives, in seconds.
pub(super) const REFRESH_LIFE: i64 = 8 * 3600;

/// What a user has given to a client.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The client.
    pub client_id: String,
    /// The user.
    pub user: &'static User,
    /// What was agreed to.
    pub scope: Vec<String>,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// The instance of the client that it was given to.
    pub instance: Option<Instance>,
}

/// A code, and what it is bound to.
#[derive(Debug)]
pub(super) struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: String,
    jkt: Option<String>,
    nonce: Option<String>,
    until: Timestamp,
    used: bool,
    refresh: Option<String>,
}

impl Code {
    /// Returns when it may be forgotten.
    pub fn remembered_until(&self) -> Timestamp {
        self.until.plus_secs(CODE_MEMORY)
    }
}

/// A refresh token.
#[derive(Debug)]
pub(super) struct Refresh {
    /// What it stands for.
    pub grant: Grant,
    /// The thumbprint of the key that it is bound to, where the client is public and proved one (RFC 9449 §5).
    pub jkt: Option<String>,
    /// When it ends.
    pub until: Timestamp,
}

impl Idp {
    /// Answers a token request.
    pub(super) fn token(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.token_result(incoming, now) {
            Ok(body) => uncached(Outgoing::json(200, &body)),
            Err(refusal) => shape::told(self.habits.idp_refusals, refusal).token_answer("lab IdP"),
        }
    }

    fn token_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let (form, client, grant) = self.admitted(incoming, now)?;
        let jkt = self.proofs.judge(incoming, &self.endpoint, None, now)?;
        let jkt = jkt.as_ref();
        let instance = self.instance_of(&form, &client, grant, jkt, now)?;
        match grant {
            urn::AUTHORIZATION_CODE => self.redeem(&form, &client, (jkt, instance), now),
            urn::REFRESH => self.refresh(&form, &client, (jkt, instance), now),
            urn::CLIENT_CREDENTIALS => self.for_itself(&form, &client, instance, now),
            urn::DEVICE_CODE => self.poll(&form, &client, jkt, now),
            _ => self.exchange(&form, &client, jkt, now),
        }
    }

    /// Makes a code for a request that the user has agreed to.
    pub(super) fn issue_code(
        &mut self,
        pending: &Pending,
        user: &'static User,
        auth_time: Timestamp,
        now: Timestamp,
    ) -> String {
        let id = self.chance.token(32);
        let code = Code {
            grant: Grant {
                client_id: pending.client_id.clone(),
                user,
                scope: pending.scope.clone(),
                auth_time,
                instance: None,
            },
            redirect_uri: pending.back.redirect_uri.clone(),
            challenge: pending.challenge.clone(),
            jkt: pending.jkt.clone(),
            nonce: pending.nonce.clone(),
            until: now.plus_secs(CODE_LIFE),
            used: false,
            refresh: None,
        };
        self.codes.insert(id.clone(), code);
        id
    }

    /// Redeems a code (RFC 6749 §4.1.3).
    fn redeem(
        &mut self,
        form: &Form,
        client: &Client,
        (jkt, instance): (Option<&String>, Option<Instance>),
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = form.need("code")?;
        let verifier = form.need("code_verifier")?;
        let redirect = form.need("redirect_uri")?;
        let sound = (43..=128).contains(&verifier.len())
            && verifier
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        must(sound, "invalid_request", || {
            format!(
                "Expected a code_verifier of 43 to 128 unreserved characters, received {} characters.",
                verifier.chars().count()
            )
        })?;
        let wrong = |says: String| Refusal::new("invalid_grant", says);
        let code = self.codes.get_mut(id).ok_or_else(|| {
            wrong("The code is not known: it was never issued, or it is long past.".to_owned())
        })?;
        must(code.grant.client_id == client.id, "invalid_grant", || {
            format!(
                "The code was issued to another client, received it from {}.",
                client.id
            )
        })?;
        if code.used {
            let refresh = code.refresh.take();
            if let Some(refresh) = refresh {
                self.refreshes.remove(&refresh);
            }
            return Err(wrong(
                "The code was used before; the refresh token issued for it is revoked.".to_owned(),
            ));
        }
        must(now < code.until, "invalid_grant", || {
            format!("The code has expired: it lives {CODE_LIFE} s.")
        })?;
        must(redirect == code.redirect_uri, "invalid_grant", || {
            format!(
                "Expected redirect_uri {} as in the authorization request, received {}.",
                code.redirect_uri,
                received(Some(redirect))
            )
        })?;
        must(
            same_secret(&pkce_s256(verifier), &code.challenge),
            "invalid_grant",
            || {
                "The code_verifier does not fit the code_challenge of the authorization request."
                    .to_owned()
            },
        )?;
        if let Some(bound) = &code.jkt {
            // With an instance it is one of its bindings that breaks (CIA §8.4, §8.9).
            let error = if instance.is_some() {
                "invalid_request"
            } else {
                "invalid_grant"
            };
            must(jkt == Some(bound), error, || {
                format!(
                    "Expected a DPoP proof by the key {bound} that the code is bound to by dpop_jkt, received {}.",
                    received(jkt.map(String::as_str))
                )
            })?;
        }
        code.used = true;
        code.grant.instance = instance;
        let (grant, nonce) = (code.grant.clone(), code.nonce.clone());
        let (body, refresh) = self.first_tokens(grant, nonce.as_deref(), jkt, now)?;
        if let Some(code) = self.codes.get_mut(id) {
            code.refresh = refresh;
        }
        Ok(body)
    }

    /// Makes the tokens of a sign-in, with a refresh token where that was agreed to.
    pub(super) fn first_tokens(
        &mut self,
        grant: Grant,
        nonce: Option<&str>,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<(Value, Option<String>), Refusal> {
        let mut body = self.tokens(&grant, &grant.scope, nonce, jkt, now)?;
        if !grant.scope.iter().any(|word| word == "offline_access") {
            return Ok((body, None));
        }
        // A confidential client's is bound to the client already, since it has to authenticate.
        let public = self.gate.client(&grant.client_id);
        let public = public.is_some_and(|client| matches!(client.auth, Auth::None));
        let bound = jkt.filter(|_| public).cloned();
        let refresh = self.issue_refresh(grant, bound, now);
        body["refresh_token"] = json!(refresh);
        Ok((body, Some(refresh)))
    }

    /// Makes a refresh token, bound to a key where there is one.
    pub(super) fn issue_refresh(
        &mut self,
        grant: Grant,
        jkt: Option<String>,
        now: Timestamp,
    ) -> String {
        let refresh = self.chance.token(32);
        let until = now.plus_secs(REFRESH_LIFE);
        let kept = Refresh { grant, jkt, until };
        self.refreshes.insert(refresh.clone(), kept);
        refresh
    }

    /// Refreshes (RFC 6749 §6). The refresh token stays the same.
    fn refresh(
        &mut self,
        form: &Form,
        client: &Client,
        (jkt, fresh): (Option<&String>, Option<Instance>),
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let id = form.need("refresh_token")?;
        let grant = self.refresh_of(id, client)?.clone();
        let bound = self.refreshes.get(id).and_then(|held| held.jkt.as_ref());
        must(bound.is_none() || bound == jkt, "invalid_grant", || {
            format!(
                "Expected a DPoP proof by the key {} that the refresh token is bound to, received {}.",
                received(bound.map(String::as_str)),
                received(jkt.map(String::as_str))
            )
        })?;
        same_instance(grant.instance.as_ref(), fresh.as_ref(), jkt)?;
        let scope = match form.get("scope") {
            Some(text) => scope_words(text)?,
            None => grant.scope.clone(),
        };
        must(
            scope.iter().all(|word| grant.scope.contains(word)),
            "invalid_scope",
            || {
                format!(
                    "Expected no more than the scope granted before, {}, received {}.",
                    grant.scope.join(" "),
                    scope.join(" ")
                )
            },
        )?;
        self.tokens(&grant, &scope, None, jkt, now)
    }

    /// Returns what a refresh token stands for, if it was issued to that client and still lives.
    pub(super) fn refresh_of(&self, id: &str, client: &Client) -> Result<&Grant, Refusal> {
        let refresh = self.refreshes.get(id).ok_or_else(|| {
            Refusal::new(
                "invalid_grant",
                "The refresh token is not known: it was never issued, was revoked, or has expired.",
            )
        })?;
        must(
            refresh.grant.client_id == client.id,
            "invalid_grant",
            || {
                format!(
                    "The refresh token was issued to another client, received it from {}.",
                    client.id
                )
            },
        )?;
        Ok(&refresh.grant)
    }

    fn tokens(
        &self,
        grant: &Grant,
        scope: &[String],
        nonce: Option<&str>,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let has = |word: &str| scope.iter().any(|other| other == word);
        let scope_text = scope.join(" ");
        let (iat, exp) = (now.secs(), now.plus_secs(TOKEN_LIFE).secs());
        let mut access = json!({
            "iss": self.issuer, "sub": grant.user.sub, "aud": self.issuer, "client_id": grant.client_id,
            "iat": iat, "exp": exp, "jti": self.chance.token(16), "scope": scope_text,
            "auth_time": grant.auth_time.secs(), "amr": shape::AMR,
        });
        if let Some(jkt) = jkt {
            access["cnf"] = dpop::cnf(jkt);
        }
        if let Some(instance) = &grant.instance {
            access["aud"] = json!(REPOS_AUDIENCE);
            access["act"] = instance.act();
        }
        let mint = |what, claims: &Value| {
            let (client, key) = (&grant.client_id, &self.keys.rsa);
            self.switches.mint(what, client, claims, key, Alg::RS256)
        };
        let access = mint(Minted::SsoAccessToken, &access)?;
        let mut body = json!({
            "access_token": access, "token_type": dpop::token_type(jkt), "expires_in": TOKEN_LIFE, "scope": scope_text,
        });
        if has("openid") {
            let mut claims = json!({
                "iss": self.issuer, "sub": grant.user.sub, "aud": grant.client_id,
                "iat": iat, "exp": now.plus_secs(self.habits.id_token_life).secs(), "auth_time": grant.auth_time.secs(),
                "amr": shape::AMR, "at_hash": b64url(&sha256(access.as_bytes())[..16]),
            });
            if let Some(nonce) = nonce {
                claims["nonce"] = json!(nonce);
            }
            if has("email") {
                claims["email"] = json!(grant.user.email);
                claims["email_verified"] = json!(true);
            }
            if has("profile") {
                claims["name"] = json!(grant.user.full_name);
                claims["preferred_username"] = json!(grant.user.name);
            }
            body["id_token"] = json!(mint(Minted::IdToken, &claims)?);
        }
        Ok(body)
    }
}

/// Signs a JWT of ours.
pub(in crate::lab) fn signed(
    typ: &str,
    claims: &Value,
    key: &PrivateKey,
    alg: Alg,
) -> Result<String, Refusal> {
    let header = json!({ "typ": typ, "alg": alg_name(alg), "kid": key.kid() });
    jose::sign(&header, claims, key, alg)
        .map_err(|error| Refusal::new("temporarily_unavailable", error.0))
}
