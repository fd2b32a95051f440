//! `jagwalk check`: pre-flight of a profile over the network, with nothing but GET and without any credential.

use std::{fmt::Write as _, io::Write as _};

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
    flow::preflight::{self, Around, Checked, Fetched, Grade, OwnKey},
    profile::{Auth, FieldPath, Profile, SecretSource, Side, fields},
    protocol::{exchange::Exchange, http::HttpRequest, party::Party, visible::visible},
    transport::{browser::Listener, http::Http},
};

/// Documents name others, but not without end.
const ROUNDS: usize = 4;

const LOOPBACK: &str = "Loopback addresses go straight.";

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
    if profile.text(fields::IDP_ISSUER).is_none()
        && profile.text(fields::RESOURCE_AS_ISSUER).is_none()
    {
        return Err(Failed::usage(format!(
            "The profile {} names no server: idp.issuer and resource_as.issuer are empty.",
            profile.name
        ))
        .hint(Some(
            "`jagwalk profile check` names every field that is missing.",
        )));
    }
    let (checks, fetched) = look(&profile).await?;
    drop(lab);
    print(&match options.format {
        Format::Text => text(&profile, &checks, &fetched),
        Format::Json => format!("{:#}", document(&profile, &checks, &fetched)),
    });
    Ok(code(&checks))
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
    let place = |address: &str| {
        let url = Url::parse(address)
            .or_else(|_| Url::parse(&format!("http://{address}")))
            .ok();
        url.map_or_else(
            || "an address that cannot be read".to_owned(),
            |url| {
                let host = url.host_str().unwrap_or_default();
                url.port_or_known_default()
                    .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
            },
        )
    };
    if let Some(address) = profile.text(fields::NETWORK_PROXY) {
        return format!("network.proxy is used: {}. {LOOPBACK}", place(address));
    }
    let set: Vec<String> = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
        .into_iter()
        .flat_map(|name| [name.to_owned(), name.to_uppercase()])
        .filter_map(|name| {
            let value = std::env::var(&name)
                .ok()
                .filter(|value| !value.is_empty())?;
            let shown = if name.eq_ignore_ascii_case("no_proxy") {
                value
            } else {
                place(&value)
            };
            Some(format!("{name} is {shown}"))
        })
        .collect();
    if set.is_empty() {
        "No proxy is set, in the profile or in the environment.".to_owned()
    } else {
        format!("The environment decides: {}. {LOOPBACK}", set.join(", "))
    }
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

fn text(profile: &Profile, checks: &[Checked], fetched: &[Fetched]) -> String {
    let mut out = format!("{}\n", visible(&profile.name));
    let parties = [
        Party::Network,
        Party::Idp,
        Party::ResourceAs,
        Party::Api,
        Party::You,
        Party::Client,
    ];
    for party in parties {
        let own: Vec<&Checked> = checks.iter().filter(|check| check.party == party).collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{}", heading(party));
        for check in own {
            let _ = writeln!(out, "  {:<11}  {}", check.grade.id(), visible(&check.says));
            if let (Some(expected), Some(got)) = (&check.expected, &check.got) {
                let _ = writeln!(out, "               expected  {}", visible(expected));
                let _ = writeln!(out, "               received  {}", visible(got));
            }
        }
    }
    let count = |grade: Grade| checks.iter().filter(|check| check.grade == grade).count();
    let _ = writeln!(
        out,
        "{} requests were sent, all GET, none with a credential. {} ok, {} unknown, {} notes, {} findings, {} not reachable.",
        fetched.len(),
        count(Grade::Ok),
        count(Grade::Unknown),
        count(Grade::Note),
        count(Grade::Finding),
        count(Grade::Unreachable),
    );
    out
}

fn heading(party: Party) -> &'static str {
    match party {
        Party::You => "this machine and the profile",
        Party::Client => "the clients",
        party => party.name(),
    }
}
