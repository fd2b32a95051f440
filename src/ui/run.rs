//! The loop: keys, answers and time go in, frames come out; nothing turns while nothing happens.

use std::{io, sync::Arc, time::Duration};

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::{
    engine::{Engine, Host, Outside},
    farewell::farewell,
    model::Start,
    terminal::{self, Screen},
    update::Msg,
};

/// Frames are at least this far apart, however much happens.
const FRAME: Duration = Duration::from_millis(16);

/// How the screen was left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Left {
    /// The exit status: 128 and the signal's number for what the system asked, as a shell says it.
    pub code: u8,
    /// The line about the walk that stays on the user's own screen, where a step was sent.
    pub line: Option<String>,
}

/// Shows the screen until the user leaves, or until the system asks us to; the terminal is given back by then.
///
/// # Errors
/// When the terminal cannot be taken, or is gone.
pub async fn run<H: Host>(start: Start, host: Arc<H>) -> io::Result<Left> {
    let mut screen = Screen::enter(start.depth)?;
    let size = screen.size()?;
    let (mut engine, inbox) = Engine::new(start, host, (size.width, size.height));
    let left = stay(&mut screen, &mut engine, inbox).await;
    engine.end();
    left
}

/// Stays until something ends it.
async fn stay<H: Host>(
    screen: &mut Screen,
    engine: &mut Engine<H>,
    mut inbox: mpsc::UnboundedReceiver<Msg>,
) -> io::Result<Left> {
    let mut signals = Signals::new()?;
    let mut keys = EventStream::new();
    // The first frame comes before the first work.
    let mut drawn = draw(screen, engine)?;
    let mut todo = engine.begin();
    let mut dirty = true;
    let left = |engine: &Engine<H>, code| Left {
        code,
        line: farewell(&engine.model),
    };
    loop {
        for outside in todo.drain(..) {
            match outside {
                Outside::Copy(text) => screen.write_clipboard(&text)?,
                Outside::Redraw => screen.forget_cells()?,
                Outside::Suspend => {
                    // Its thread would steal the keys meant for the shell.
                    drop(keys);
                    screen.suspend()?;
                    keys = EventStream::new();
                }
                Outside::Quit => return Ok(left(engine, 0)),
            }
            dirty = true;
        }
        let idle = engine.idle();
        todo = tokio::select! {
            biased;
            signal = signals.any() => return Ok(left(engine, 128 + signal)),
            () = terminal::given_back() => return Err(terminal::lost()),
            Some(msg) = inbox.recv() => {
                dirty = true;
                engine.take(msg)
            }
            input = keys.next(), if !late(dirty, drawn) => match input {
                Some(Ok(input)) => {
                    dirty = true;
                    taken(engine, input)
                }
                // The terminal is gone: there is nobody to show anything to.
                Some(Err(error)) => return Err(error),
                None => return Ok(left(engine, 0)),
            },
            () = sleep_until(drawn + FRAME), if dirty => {
                drawn = draw(screen, engine)?;
                dirty = false;
                Vec::new()
            }
            () = sleep(Duration::from_millis(idle.unwrap_or_default())), if idle.is_some() && !dirty => {
                dirty = true;
                engine.take(Msg::Tick)
            }
        };
    }
}

/// Tells whether a frame is so late that keys must wait for it: a flood of them would never let one be drawn.
fn late(dirty: bool, drawn: Instant) -> bool {
    dirty && drawn.elapsed() > FRAME * 6
}

fn taken<H: Host>(engine: &mut Engine<H>, input: Input) -> Vec<Outside> {
    match input {
        Input::Key(key) => engine.take(Msg::Key(key)),
        Input::Paste(text) => engine.take(Msg::Paste(text)),
        Input::Resize(columns, lines) => engine.take(Msg::Resize(columns, lines)),
        Input::FocusGained | Input::FocusLost | Input::Mouse(_) => Vec::new(),
    }
}

fn draw<H: Host>(screen: &mut Screen, engine: &Engine<H>) -> io::Result<Instant> {
    screen.draw(engine.links(), |frame| {
        let area = frame.area();
        if let Some(at) = engine.draw(area, frame.buffer_mut()) {
            frame.set_cursor_position(at);
        }
    })?;
    Ok(Instant::now())
}

/// The signals that ask us to leave.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            // By its default action it would end us without giving the terminal back.
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one of them; returns its number.
    async fn any(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        }
    }
}

/// Where there are no signals, none comes.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "as on unix")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) -> u8 {
        std::future::pending().await
    }
}
