//! Performs what sessions ask of the world outside, each in a task of its own: a transport may be made from files on a
//! slow disk, and the loop waits for none.

use std::sync::Arc;

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{engine::Host, model::OpenId, update::Msg};
use crate::{
    profile::{FieldPath, Profile, fields},
    session::{Driver, Effect, Event},
};

/// What a session asks for, in its order.
#[derive(Debug)]
pub struct Asked {
    /// The profile as it is now, for what begins something: when its network settings are others than before, a transport
    /// is made anew.
    pub profile: Option<Box<Profile>>,
    /// What is to be done.
    pub effect: Effect,
}

impl Asked {
    /// Makes it of an effect of a session with that profile.
    pub fn of(effect: Effect, profile: &Profile) -> Self {
        let begins = matches!(effect, Effect::Send { .. } | Effect::Prepare { .. });
        Self {
            profile: begins.then(|| Box::new(profile.clone())),
            effect,
        }
    }
}

/// Starts the task of a session; it ends, and stops what is in flight, once the returned sender is dropped.
///
/// Must be called inside a tokio runtime.
pub fn start<H: Host>(
    id: OpenId,
    host: Arc<H>,
    into: mpsc::UnboundedSender<Msg>,
) -> mpsc::UnboundedSender<Asked> {
    let (asks, asked) = mpsc::unbounded_channel();
    tokio::spawn(serve(id, host, asked, into));
    asks
}

async fn serve<H: Host>(
    id: OpenId,
    host: Arc<H>,
    mut asked: mpsc::UnboundedReceiver<Asked>,
    into: mpsc::UnboundedSender<Msg>,
) {
    let mut made: Option<(Vec<String>, Driver<H::Transport>)> = None;
    while let Some(Asked { profile, effect }) = asked.recv().await {
        let known = made.as_ref().map(|(settings, _)| settings);
        let wanted = profile
            .map(|profile| (network(&profile), profile))
            .filter(|(settings, _)| known != Some(settings));
        if let Some((settings, profile)) = wanted {
            let host = Arc::clone(&host);
            let work = spawn_blocking(move || host.transport(&profile));
            let transport = work
                .await
                .unwrap_or_else(|_| Err("What sends requests could not be made.".to_owned()));
            match transport {
                Ok(transport) => {
                    let (events, from) = mpsc::unbounded_channel();
                    tokio::spawn(forward(id, from, into.clone()));
                    made = Some((settings, Driver::new(transport, events)));
                }
                Err(says) => {
                    // Where nobody hears it, the screen is gone.
                    let _ = into.send(Msg::Stuck(id, says));
                    continue;
                }
            }
        }
        if let Some((_, driver)) = &mut made {
            driver.perform(effect);
        }
    }
}

async fn forward(
    id: OpenId,
    mut from: mpsc::UnboundedReceiver<Event>,
    into: mpsc::UnboundedSender<Msg>,
) {
    while let Some(event) = from.recv().await {
        if into.send(Msg::Session(id, event)).is_err() {
            return;
        }
    }
}

/// Returns the settings that a transport is made from.
fn network(profile: &Profile) -> Vec<String> {
    const ALL: [FieldPath; 5] = [
        fields::NETWORK_CA_FILE,
        fields::NETWORK_CLIENT_CERTIFICATE,
        fields::NETWORK_PROXY,
        fields::NETWORK_TIMEOUT,
        fields::NETWORK_INSECURE,
    ];
    ALL.iter()
        .map(|field| match profile.secret(*field) {
            Some((place, source)) => format!("{place} {source:?}"),
            None => profile.shown_effective(*field),
        })
        .collect()
}
