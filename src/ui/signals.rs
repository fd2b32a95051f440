//! The signals by which the system asks us to leave.

use std::io;

/// The signals that ask us to leave.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    /// Heard and not obeyed: while an editor has the terminal, ctrl-c and ctrl-\ are meant for it, and reach us too.
    _typed: [tokio::signal::unix::Signal; 2],
}

#[cfg(unix)]
impl Signals {
    /// Begins to hear them.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            // By its default action it would end us without giving the terminal back.
            hang_up: signal(SignalKind::hangup())?,
            _typed: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::quit())?,
            ],
        })
    }

    /// Waits for one of them; returns its number.
    pub async fn any(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        }
    }
}

/// Where there are no signals, none comes.
#[derive(Debug)]
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Does nothing.
    ///
    /// # Errors
    /// None.
    #[allow(clippy::unnecessary_wraps, reason = "as on unix")]
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Never returns.
    pub async fn any(&mut self) -> u8 {
        std::future::pending().await
    }
}

/// Hands a signal on to a program that was started, by the number of its process.
#[cfg(unix)]
pub fn pass_on(signal: u8, program: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = if signal == 1 {
        Signal::HUP
    } else {
        Signal::TERM
    };
    if let Some(program) = Pid::from_raw(program.cast_signed()) {
        // Gone by itself meanwhile, at worst.
        let _ = kill_process(program, signal);
    }
}

/// Does nothing where there are no signals.
#[cfg(not(unix))]
pub fn pass_on(_: u8, _: u32) {}
