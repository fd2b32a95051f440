//! `jagwalk check`: pre-flight of a profile over the network, with nothing but GET and without any credential.

use std::io::Write as _;

use futures_util::future::join_all;
use serde_json::json;
use url::Url;

use super::{
    Failed,
    args::{Check, Format},
    print, secrets, start,
    store::Store,
    world,
};
use crate::{
    flow::preflight::{self, Around, Checked, Fetched, Grade, OwnKey, Preflight},
    profile::{Auth, FieldPath, Profile, SecretSource, Side, fields},
    protocol::{exchange::Exchange, http::HttpRequest, proxy::Environment, visible::visible},
    transport::{browser::Listener, http::Http},
};

/// Documents name others, but not without end.
const ROUNDS: usize = 4;

/// Checks a profile; the exit status says how it came out.
///
/// # Errors
/// A profile that cannot be used.
pub async fn check(options: Check) -> Result<u8, Failed> {
    let store = Store::find()?;
    let name = match &options.profile {
        Some(name) => name.as_str(),
        None => start::default_name(&store)?,
    };
    let (_, mut profile, problems) = start::open(&store, name)?;
    for problem in problems {
        let line = format!("profile {}: {problem}", profile.name);
        let _ = writeln!(std::io::stderr(), "{}", visible(&line));
    }
    let lab = start::lab_for(&mut profile).await?;
    if let Some(why) = preflight::nothing_to_check(&profile) {
        return Err(Failed::usage(why).hint(Some(
            "`jagwalk profile check` names every field that is missing.",
        )));
    }
    let (checks, fetched) = look(&profile).await?;
    drop(lab);
    let sent = fetched.len();
    let code = code(&checks);
    print(&match options.format {
        Format::Text => Preflight { checks, sent }.text(&profile.name),
        Format::Json => format!("{:#}", document(&profile, &checks, &fetched)),
    });
    Ok(code)
}

/// Fetches what is public of a profile's servers and judges it.
///
/// # Errors
/// Network settings that cannot be used.
pub async fn look(profile: &Profile) -> Result<(Vec<Checked>, Vec<Fetched>), Failed> {
    let mut settings = world::settings(profile).map_err(Failed::usage)?;
    // A client certificate is a credential.
    settings.client_pem = None;
    let http = Http::new(settings)
        .map_err(|error| Failed::usage(error.to_string()).hint(Some(error.hint())))?;
    let mut fetched: Vec<Fetched> = Vec::new();
    for _ in 0..ROUNDS {
        let wanted = preflight::wanted(profile, &fetched);
        if wanted.is_empty() {
            break;
        }
        let sent = wanted.into_iter().map(async |fetch| {
            let exchange: Exchange = http.send(&fetch.request()).await;
            Fetched { fetch, exchange }
        });
        fetched.extend(join_all(sent).await);
    }
    let (keys, secrets) = credentials(profile).await;
    let around = Around {
        proxy: proxy(profile),
        keys,
        secrets,
        listeners: listeners(profile, &http).await,
    };
    Ok((preflight::read(profile, &fetched, &around), fetched))
}

/// Loads the keys of the profile, and sees whether its secrets are where it says; they go nowhere.
async fn credentials(profile: &Profile) -> (Vec<OwnKey>, Vec<(FieldPath, String)>) {
    let (mut keys, mut secrets): (Vec<OwnKey>, Vec<(FieldPath, String)>) = Default::default();
    let base = profile.base.as_deref();
    let mut seen = Vec::new();
    for side in [Side::Sso, Side::Agent, Side::ResourceAs] {
        let client = profile.client(side);
        let field = match client.auth {
            Auth::None => continue,
            Auth::PrivateKeyJwt => client.key_field,
            Auth::SecretBasic | Auth::SecretPost => client.secret_field,
        };
        if seen.contains(&field) {
            continue;
        }
        seen.push(field);
        let Some((_, source)) = profile.secret(field) else {
            secrets.push((field, "it is empty".to_owned()));
            continue;
        };
        if client.auth == Auth::PrivateKeyJwt {
            let jwk = secrets::public_jwk(field.0, source, base, client.kid, client.alg).await;
            keys.push(OwnKey { side, field, jwk });
        } else if !matches!(source, SecretSource::Cmd(_))
            && let (Err(why), _) = secrets::read(field.0, source, base).await
        {
            secrets.push((field, why));
        }
    }
    (keys, secrets)
}

/// Names the proxy in use, without what it may be told as a password.
fn proxy(profile: &Profile) -> String {
    proxies().says(profile.text(fields::NETWORK_PROXY))
}

/// Returns what the environment says of proxies.
pub fn proxies() -> Environment {
    Environment::read(|name| std::env::var(name).ok())
}

/// Listens at each redirect URI of loopback and sends itself a request.
async fn listeners(profile: &Profile, http: &Http) -> Vec<(String, Result<String, String>)> {
    let mut out = Vec::new();
    if profile.text(fields::SSO_LOGIN) == Some("device") {
        return out;
    }
    let listen = profile.text(fields::SSO_LISTEN);
    for uri in profile.list(fields::SSO_REDIRECT_URI) {
        if !uri.starts_with("http://") {
            continue;
        }
        let result = match Listener::bind(&uri, listen).await {
            Err(why) => Err(why),
            Ok(listener) => knock(http, &listener, listen).await,
        };
        out.push((uri, result));
    }
    out
}

async fn knock(http: &Http, listener: &Listener, listen: Option<&str>) -> Result<String, String> {
    let there = listener.redirect_uri();
    let at = match listen {
        None => there.to_owned(),
        Some(listen) => {
            let path =
                Url::parse(there).map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
            let place = if listen.contains(':') {
                listen.to_owned()
            } else {
                format!("127.0.0.1:{listen}")
            };
            format!("http://{place}{path}")
        }
    };
    let exchange = http.send(&HttpRequest::get(&at, "text/html")).await;
    match (exchange.response(), &exchange.outcome) {
        (Some(_), _) => Ok(format!("A request of our own to {at} arrived.")),
        (None, Err(failure)) => Err(format!(
            "A request of our own to {at} did not arrive. {failure}"
        )),
        (None, Ok(_)) => Err(format!("A request of our own to {at} did not arrive.")),
    }
}

/// Returns the exit status.
fn code(checks: &[Checked]) -> u8 {
    match checks.iter().map(|check| check.grade).max() {
        Some(Grade::Unreachable) => 4,
        Some(Grade::Finding) => 1,
        _ => 0,
    }
}

fn outcome(checks: &[Checked]) -> &'static str {
    match code(checks) {
        4 => "unreachable",
        1 => "findings",
        _ => "clean",
    }
}

fn document(profile: &Profile, checks: &[Checked], fetched: &[Fetched]) -> serde_json::Value {
    let outcome = outcome(checks);
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            json!({
                "id": check.id, "party": check.party.id(), "result": check.grade.id(), "says": check.says,
                "expected": check.expected, "got": check.got,
            })
        })
        .collect();
    let requests: Vec<_> = fetched
        .iter()
        .map(|one| {
            json!({
                "method": "GET",
                "url": one.fetch.url,
                "status": one.exchange.response().map(|response| response.status),
                "failure": one.exchange.outcome.as_ref().err().map(ToString::to_string),
            })
        })
        .collect();
    json!({
        "schema": 1,
        "tool": concat!("jagwalk ", env!("CARGO_PKG_VERSION")),
        "profile": profile.name,
        "outcome": outcome,
        "checks": checks,
        "requests": requests,
    })
}
