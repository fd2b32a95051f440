//! Performs effects with a transport and reports events; every front end uses the same.

use std::{
    collections::HashMap, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
};

use super::{Effect, Event, Had, SendId};
use crate::{
    flow::Want,
    protocol::{
        exchange::{Exchange, Failure, Purpose, Redirect, Request, Timings},
        time::Timestamp,
    },
};

/// The world outside, as the engine sees it.
pub trait Transport: Send + Sync + 'static {
    /// Reads secrets and binds a listener.
    fn prepare(&self, wants: Vec<Want>) -> impl Future<Output = Vec<Had>> + Send;

    /// Sends a request, once; a request for a browser also takes a pasted redirect, and can report on the way.
    fn send(
        &self,
        purpose: Purpose,
        request: Request,
        pasted: oneshot::Receiver<Redirect>,
        noted: Box<dyn Fn(String) + Send + Sync>,
    ) -> impl Future<Output = Exchange> + Send;

    /// Returns the time now.
    fn now(&self) -> Timestamp;
}

/// What is in flight.
struct Running {
    task: AbortHandle,
    paste: Option<oneshot::Sender<Redirect>>,
    request: Option<(Request, Timestamp)>,
}

/// Runs effects as tasks; each `Send` ends in exactly one `Answered`.
pub struct Driver<T> {
    transport: Arc<T>,
    events: mpsc::UnboundedSender<Event>,
    running: HashMap<SendId, Running>,
}

impl<T: Transport> Driver<T> {
    /// Makes a driver that reports into a channel.
    pub fn new(transport: Arc<T>, events: mpsc::UnboundedSender<Event>) -> Self {
        Self {
            transport,
            events,
            running: HashMap::new(),
        }
    }

    /// Returns the transport.
    pub fn transport(&self) -> &Arc<T> {
        &self.transport
    }

    /// Performs one effect; must be called inside a tokio runtime.
    pub fn perform(&mut self, effect: Effect) {
        self.running
            .retain(|_, running| !running.task.is_finished());
        let (transport, events) = (Arc::clone(&self.transport), self.events.clone());
        match effect {
            Effect::Prepare { send, wants } => {
                let task = tokio::spawn(async move {
                    let had = transport.prepare(wants).await;
                    // A closed channel means that the front end is gone, and nobody waits.
                    let _ = events.send(Event::Prepared { send, had });
                });
                self.running.insert(
                    send,
                    Running {
                        task: task.abort_handle(),
                        paste: None,
                        request: None,
                    },
                );
            }
            Effect::Send {
                send,
                purpose,
                request,
                after,
            } => {
                let (paste, pasted) = oneshot::channel();
                let sent = Some((request.clone(), self.transport.now()));
                let notes = events.clone();
                let noted = Box::new(move |says| drop(notes.send(Event::Noted { send, says })));
                let wait = u64::try_from(after.0).unwrap_or_default();
                let task = tokio::spawn(async move {
                    if wait > 0 {
                        tokio::time::sleep(Duration::from_millis(wait)).await;
                    }
                    let (asked, start) = (request.clone(), transport.now());
                    let sending = AssertUnwindSafe(transport.send(purpose, request, pasted, noted));
                    // A bug in the transport must not leave the step waiting for ever.
                    let exchange = sending.catch_unwind().await.unwrap_or_else(|_| Exchange {
                        request: asked,
                        outcome: Err(Failure::Broken(
                            "this program failed while it sent the request".to_owned(),
                        )),
                        times: Timings {
                            start,
                            first_byte: None,
                            end: 0,
                        },
                    });
                    let _ = events.send(Event::Answered {
                        send,
                        exchange: Arc::new(exchange),
                    });
                });
                self.running.insert(
                    send,
                    Running {
                        task: task.abort_handle(),
                        paste: Some(paste),
                        request: sent,
                    },
                );
            }
            Effect::Deliver {
                send,
                redirect,
                via,
            } => {
                let paste = self
                    .running
                    .get_mut(&send)
                    .and_then(|running| running.paste.take());
                if let Some(paste) = paste {
                    let _ = paste.send(Redirect {
                        url: redirect,
                        via,
                        hops: Vec::new(),
                    });
                }
            }
            Effect::Abort(send) => {
                let Some(running) = self.running.remove(&send) else {
                    return;
                };
                running.task.abort();
                if let Some((request, start)) = running.request {
                    let end =
                        u64::try_from(transport.now().since(start).0).unwrap_or_default() * 1000;
                    let times = Timings {
                        start,
                        first_byte: None,
                        end,
                    };
                    let exchange = Exchange {
                        request,
                        outcome: Err(Failure::Aborted),
                        times,
                    };
                    let _ = events.send(Event::Answered {
                        send,
                        exchange: Arc::new(exchange),
                    });
                }
            }
        }
    }
}

impl<T> Drop for Driver<T> {
    fn drop(&mut self) {
        for running in self.running.values() {
            running.task.abort();
        }
    }
}
