//! The world outside as the engine sees it: HTTP, the browser, secrets and the clock put together.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex, mpsc, oneshot};

use super::{secrets, surroundings::Surroundings};
use crate::{
    flow::Want,
    profile::{FieldPath, Profile, fields},
    protocol::{
        exchange::{
            Answer, AuthorizeRequest, Exchange, Failure, Login, Purpose, Redirect, Request, Timings,
        },
        time::Timestamp,
    },
    session::{Had, Reception, Transport},
    transport::{
        browser::{self, Listener, Stray},
        clock, follow,
        http::{Http, Settings},
    },
};

/// Sends what the engine asks to be sent.
pub struct World {
    http: Http,
    base: Option<PathBuf>,
    /// What the environment tells; a browser is started only where there is one.
    surroundings: Surroundings,
    /// Bound when a sign-in is prepared, used when it is sent.
    listener: Mutex<Option<Listener>>,
    /// Where to listen when that differs from the redirect URI; as it was when a sign-in was last prepared.
    listen: Mutex<Option<String>>,
    porch: Porch,
}

/// The listener of the last sign-in: for a while it tells whoever still arrives that the answer is there.
///
/// It gives way to the next sign-in, so worlds that sign in at the same port share one.
#[derive(Clone, Debug, Default)]
pub struct Porch(Arc<std::sync::Mutex<Option<Listener>>>);

impl Porch {
    fn put(&self, listener: Option<Listener>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }

    /// Closes the port, if it is still open.
    pub fn clear(&self) {
        self.put(None);
    }

    /// Keeps the listener, tells of late arrivals, and closes the port after a while.
    fn keep(
        &self,
        listener: Listener,
        mut seen: mpsc::UnboundedReceiver<Stray>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) {
        self.put(Some(listener));
        let porch = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let told = async {
                while let Some(stray) = seen.recv().await {
                    noted(format!("The browser arrived: {}.", stray.why));
                }
            };
            // Whoever put another listener there has closed this one, and with it the channel.
            if tokio::time::timeout(LINGER, told).await.is_err()
                && let Some(porch) = porch.upgrade()
            {
                Porch(porch).put(None);
            }
        });
    }
}

/// How long a browser that comes late is still answered.
const LINGER: Duration = Duration::from_secs(30);

impl World {
    /// Makes the world of a profile, from its `[network]` table and this process's environment; without `browser` none
    /// is ever started.
    ///
    /// # Errors
    /// A sentence on what of the network settings cannot be used.
    pub fn new(profile: &Profile, browser: bool) -> Result<Self, String> {
        let settings = settings(profile)?;
        let http = Http::new(settings).map_err(|error| format!("{error} {}", error.hint()))?;
        Ok(Self {
            http,
            base: profile.base.clone(),
            surroundings: if browser {
                Surroundings::here()
            } else {
                Surroundings {
                    no_browser: Some("--no-browser was given".to_owned()),
                    ..Surroundings::here()
                }
            },
            listener: Mutex::new(None),
            listen: Mutex::new(None),
            porch: Porch::default(),
        })
    }

    /// Takes another environment than that of this process.
    #[must_use]
    pub fn with_surroundings(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// Shares the place of the listener that was used last with other worlds.
    #[must_use]
    pub fn with_porch(mut self, porch: Porch) -> Self {
        self.porch = porch;
        self
    }

    /// Listens at the first redirect URI that can be listened at, and tries it before anybody relies on it.
    async fn listen(&self, redirect_uris: &[String], listen: Option<&str>) -> [Had; 2] {
        *self.listen.lock().await = listen.map(str::to_owned);
        // What still listens from the sign-in before gives way.
        self.porch.put(None);
        *self.listener.lock().await = None;
        let mut reception = Reception {
            no_browser: self.surroundings.no_browser.clone(),
            ..Reception::default()
        };
        let mut tried = Vec::new();
        for uri in redirect_uris {
            match tested(uri, listen).await {
                Ok(listener) => {
                    let uri = listener.redirect_uri().to_owned();
                    reception.tested = true;
                    reception.tunnel = port_of(&uri)
                        .and_then(|port| self.surroundings.tunnel(port, listener.at()));
                    reception.tried = tried;
                    *self.listener.lock().await = Some(listener);
                    return [Had::Reception(reception), Had::Listener(Ok(uri))];
                }
                Err(why) if redirect_uris.len() > 1 => tried.push(format!("{uri}: {why}")),
                Err(why) => tried.push(why),
            }
        }
        let first = redirect_uris.first().cloned().unwrap_or_default();
        [
            Had::Reception(reception),
            Had::Listener(Err((first, tried.join(" ")))),
        ]
    }

    /// Takes the listener that was prepared; a second try of the same walk makes a new one at the same address.
    async fn listener_for(
        &self,
        asked: &AuthorizeRequest,
        noted: &(dyn Fn(String) + Send + Sync),
    ) -> Option<Listener> {
        let held = self.listener.lock().await.take();
        if let Some(held) = held.filter(|held| held.redirect_uri() == asked.redirect_uri) {
            return Some(held);
        }
        self.porch.put(None);
        let listen = self.listen.lock().await.clone();
        match tested(&asked.redirect_uri, listen.as_deref()).await {
            Ok(listener) => Some(listener),
            Err(why) => {
                noted(format!("Nobody listens for the answer: {why}"));
                None
            }
        }
    }

    async fn sign_in(
        &self,
        asked: AuthorizeRequest,
        pasted: oneshot::Receiver<Redirect>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> Exchange {
        let start = clock::now();
        let listener = self.listener_for(&asked, &*noted).await;
        if asked.login == Login::Open
            && self.surroundings.no_browser.is_none()
            && let Err(why) = browser::open_browser(&asked.http.address())
        {
            noted(why);
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
                    "An answer arrived that is not the one waited for: {}. Still waiting.",
                    stray.why
                ));
            }
            std::future::pending::<Redirect>().await
        };
        let outcome = tokio::select! {
            redirect = caught => Ok(Answer::Redirect(redirect)),
            redirect = pasted => {
                if let Some(listener) = &listener {
                    listener.received_by_paste();
                }
                Ok(Answer::Redirect(redirect))
            }
            redirect = watch => Ok(Answer::Redirect(redirect)),
            () = tokio::time::sleep(patience) => {
                Err(Failure::Timeout(format!("nobody came back from the sign-in within {}", asked.patience)))
            }
        };
        if let Some(listener) = listener {
            match &outcome {
                // Lets the page that says "you can close this" reach the browser even if the program ends right away.
                Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => listener.give_up(),
            }
            self.porch.keep(listener, seen, noted);
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

/// Makes a listener that heard itself.
async fn tested(redirect_uri: &str, listen: Option<&str>) -> Result<Listener, String> {
    let listener = Listener::bind(redirect_uri, listen).await?;
    listener.test().await?;
    Ok(listener)
}

fn port_of(redirect_uri: &str) -> Option<u16> {
    url::Url::parse(redirect_uri).ok()?.port_or_known_default()
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
                    had.extend(self.listen(&redirect_uris, listen.as_deref()).await);
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
