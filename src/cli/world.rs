//! The world outside as the engine sees it: HTTP, the browser, secrets and the clock put together.

use std::{path::PathBuf, time::Duration};

use tokio::sync::{Mutex, mpsc, oneshot};

use super::secrets;
use crate::{
    flow::Want,
    profile::{FieldPath, Profile, fields},
    protocol::{
        exchange::{
            Answer, AuthorizeRequest, Exchange, Failure, Login, Purpose, Redirect, Request, Timings,
        },
        time::Timestamp,
    },
    session::{Had, Transport},
    transport::{
        browser::{self, Listener},
        clock, follow,
        http::{Http, Settings},
    },
};

/// Sends what the engine asks to be sent.
pub struct World {
    http: Http,
    base: Option<PathBuf>,
    /// Whether a browser may be started at all.
    browser: bool,
    /// Bound when a sign-in is prepared, used when it is sent.
    listener: Mutex<Option<Listener>>,
}

impl World {
    /// Makes the world of a profile, from its `[network]` table.
    ///
    /// # Errors
    /// A sentence on what of the network settings cannot be used.
    pub fn new(profile: &Profile, browser: bool) -> Result<Self, String> {
        let settings = settings(profile)?;
        let http = Http::new(settings).map_err(|error| format!("{error} {}", error.hint()))?;
        Ok(Self {
            http,
            base: profile.base.clone(),
            browser,
            listener: Mutex::new(None),
        })
    }

    async fn listen(&self, redirect_uris: &[String], listen: Option<&str>) -> Had {
        let mut why = String::new();
        for uri in redirect_uris {
            match Listener::bind(uri, listen).await {
                Ok(listener) => {
                    let uri = listener.redirect_uri().to_owned();
                    *self.listener.lock().await = Some(listener);
                    return Had::Listener(Ok(uri));
                }
                Err(says) => why = says,
            }
        }
        Had::Listener(Err((
            redirect_uris.first().cloned().unwrap_or_default(),
            why,
        )))
    }

    async fn sign_in(
        &self,
        asked: AuthorizeRequest,
        pasted: oneshot::Receiver<Redirect>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> Exchange {
        let start = clock::now();
        let mut listener = self
            .listener
            .lock()
            .await
            .take()
            .filter(|held| held.redirect_uri() == asked.redirect_uri);
        if listener.is_none() {
            // A second try of the same walk: the address is known, the first listener is gone.
            listener = Listener::bind(&asked.redirect_uri, None).await.ok();
        }
        if asked.login == Login::Open && self.browser {
            let environment = |name: &str| std::env::var(name).ok();
            match browser::browser_available(&environment) {
                Ok(()) => {
                    if let Err(why) = browser::open_browser(&asked.http.address()) {
                        noted(format!(
                            "No browser could be started: {why} Open the address yourself."
                        ));
                    }
                }
                Err(why) => noted(format!("No browser is started: {why}")),
            }
        }
        let patience = Duration::from_millis(u64::try_from(asked.patience.0).unwrap_or_default());
        let (strays, mut seen) = mpsc::unbounded_channel();
        let listener = listener.map(|listener| listener.with_strays(strays));
        let caught = async {
            match &listener {
                Some(listener) => listener.catch(&asked.state).await,
                None => std::future::pending().await,
            }
        };
        let pasted = async {
            match pasted.await {
                Ok(redirect) => redirect,
                Err(_) => std::future::pending().await,
            }
        };
        let watch = async {
            while let Some(stray) = seen.recv().await {
                noted(format!(
                    "An answer arrived that is not the one waited for: {} Still waiting.",
                    stray.why
                ));
            }
            std::future::pending::<Redirect>().await
        };
        let outcome = tokio::select! {
            redirect = caught => Ok(Answer::Redirect(redirect)),
            redirect = pasted => Ok(Answer::Redirect(redirect)),
            redirect = watch => Ok(Answer::Redirect(redirect)),
            () = tokio::time::sleep(patience) => {
                Err(Failure::Timeout(format!("nobody came back from the sign-in within {}", asked.patience)))
            }
        };
        if outcome.is_ok() && listener.is_some() {
            // Lets the page that says "you can close this" reach the browser before the port closes.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let end = u64::try_from(clock::now().since(start).0).unwrap_or_default() * 1000;
        Exchange {
            request: Request::Browser(asked),
            outcome,
            times: Timings {
                start,
                first_byte: None,
                end,
            },
        }
    }
}

/// Reads the `[network]` table of a profile.
///
/// # Errors
/// A sentence on what of it cannot be used.
pub fn settings(profile: &Profile) -> Result<Settings, String> {
    let read = |field: FieldPath, path: &str| {
        let path = profile
            .base
            .as_ref()
            .map_or_else(|| PathBuf::from(path), |base| base.join(path));
        std::fs::read(&path)
            .map_err(|error| format!("{field}: {} cannot be read: {error}.", path.display()))
    };
    let ca_pem = profile
        .text(fields::NETWORK_CA_FILE)
        .map(|path| read(fields::NETWORK_CA_FILE, path))
        .transpose()?;
    let client_pem = match profile.secret(fields::NETWORK_CLIENT_CERTIFICATE) {
        Some((field, crate::profile::SecretSource::File(path))) => Some(read(field, path)?.into()),
        Some((_, crate::profile::SecretSource::Inline(secret))) => {
            Some(secret.reveal().as_bytes().to_vec().into())
        }
        Some((field, _)) => return Err(format!("{field}: expected a file.")),
        None => None,
    };
    Ok(Settings {
        timeout: profile.timeout(),
        ca_pem,
        client_pem,
        proxy: profile.text(fields::NETWORK_PROXY).map(str::to_owned),
        insecure: profile.flag(fields::NETWORK_INSECURE),
    })
}

impl Transport for World {
    async fn prepare(&self, wants: Vec<Want>) -> Vec<Had> {
        let mut had = Vec::new();
        for want in wants {
            match want {
                Want::Secret(field, source) => {
                    let (secret, said) =
                        secrets::read(field.0, &source, self.base.as_deref()).await;
                    had.extend(said.map(Had::Said));
                    had.push(Had::Secret(field, secret));
                }
                Want::Listener {
                    redirect_uris,
                    listen,
                } => {
                    had.push(self.listen(&redirect_uris, listen.as_deref()).await);
                }
            }
        }
        had
    }

    async fn send(
        &self,
        _purpose: Purpose,
        request: Request,
        pasted: oneshot::Receiver<Redirect>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> Exchange {
        match request {
            Request::Http(request) => self.http.send(&request).await,
            Request::Browser(asked) if asked.login == Login::Follow => {
                follow::follow(&self.http, &asked).await
            }
            Request::Browser(asked) => self.sign_in(asked, pasted, noted).await,
        }
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }
}
