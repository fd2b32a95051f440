//! The loop: keys, answers and time go in, frames come out; nothing turns while nothing happens.

use std::{collections::VecDeque, io, pin::pin, sync::Arc, time::Duration};

use crossterm::event::{Event as Input, EventStream, KeyEvent};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{
    engine::{Engine, Host, Outside},
    farewell::farewell,
    ground::{self, Listener},
    model::Start,
    signals::Signals,
    terminal::{self, Screen},
    theme::Depth,
    update::Msg,
};

/// Frames are at least this far apart, however much happens.
const FRAME: Duration = Duration::from_millis(16);

/// So long after it was asked, the terminal's answer is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// The exit status where the terminal is gone, as if the system had said so by its signal.
const HUNG_UP: u8 = 128 + 1;

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
/// When the terminal cannot be taken.
pub async fn run<H: Host>(start: Start, host: Arc<H>) -> io::Result<Left> {
    let mut screen = Screen::enter()?;
    let size = screen.size()?;
    let (mut engine, inbox) = Engine::new(start, host, (size.width, size.height));
    let left = stay(&mut screen, &mut engine, inbox).await;
    engine.end();
    match left {
        Err(error) if terminal::is_gone(&error) => Ok(Left {
            code: HUNG_UP,
            line: None,
        }),
        left => left,
    }
}

/// Stays until something ends it.
async fn stay<H: Host>(
    screen: &mut Screen,
    engine: &mut Engine<H>,
    mut inbox: mpsc::UnboundedReceiver<Msg>,
) -> io::Result<Left> {
    let mut signals = Signals::new()?;
    let mut cut = pin!(terminal::cut());
    let mut keys = EventStream::new();
    // The first frame comes before the first work.
    let mut drawn = draw(screen, engine)?;
    let mut ears = Listener::default();
    let look = &engine.model.look;
    let plain = engine.model.theme_chosen || look.depth() == Depth::None;
    if !plain && screen.ask(ground::QUESTION)? {
        ears.asked();
    }
    let asked = Instant::now();
    let mut heard = asked;
    let mut todo = engine.begin();
    let mut dirty = true;
    let left = |engine: &Engine<H>, code| Left {
        code,
        line: farewell(&engine.model),
    };
    loop {
        let mut queue = VecDeque::from(todo);
        while let Some(outside) = queue.pop_front() {
            match outside {
                Outside::Copy(text) => screen.write_clipboard(&text)?,
                Outside::Redraw => screen.forget_cells()?,
                Outside::Suspend => {
                    let ahead = hush(&mut keys, &mut ears, asked).await;
                    // Its thread would steal the keys meant for the shell.
                    drop(keys);
                    screen.suspend().await?;
                    keys = EventStream::new();
                    queue.extend(typed(engine, ahead));
                    queue.extend(resized(screen, engine)?);
                }
                Outside::Visit(visit) => {
                    let ahead = hush(&mut keys, &mut ears, asked).await;
                    drop(keys);
                    let back = screen.away(engine.visit(visit)).await;
                    if let Some(signal) = signals.any().now_or_never() {
                        // So was the other program. Where its work is, nobody could say later.
                        let Left { code, line } = left(engine, 128 + signal);
                        let lines: Vec<_> = line.into_iter().chain(why(back)).collect();
                        let line = (!lines.is_empty()).then(|| lines.join("\n"));
                        return Ok(Left { code, line });
                    }
                    let back = back?;
                    keys = EventStream::new();
                    queue.extend(engine.take(back));
                    queue.extend(typed(engine, ahead));
                    queue.extend(resized(screen, engine)?);
                }
                Outside::Quit => {
                    hush(&mut keys, &mut ears, asked).await;
                    return Ok(left(engine, 0));
                }
            }
            dirty = true;
        }
        screen.catch_mouse(engine.model.mouse)?;
        let idle = engine.idle();
        let held = ears.patience();
        todo = tokio::select! {
            biased;
            signal = signals.any() => return Ok(left(engine, 128 + signal)),
            () = &mut cut => return Ok(left(engine, HUNG_UP)),
            () = terminal::given_back() => return Err(terminal::lost()),
            Some(msg) = inbox.recv() => {
                dirty = true;
                engine.take(msg)
            }
            input = keys.next(), if !late(dirty, drawn) => match input {
                Some(Ok(input)) => {
                    dirty = true;
                    heard = Instant::now();
                    taken(engine, &mut ears, input, heard < asked + PATIENCE)
                }
                // The terminal is gone: there is nobody to show anything to.
                Some(Err(error)) => return Err(error),
                None => return Ok(left(engine, HUNG_UP)),
            },
            () = sleep_until(drawn + FRAME), if dirty => {
                drawn = draw(screen, engine)?;
                dirty = false;
                Vec::new()
            }
            () = sleep_until(heard + held.unwrap_or_default()), if held.is_some() => {
                dirty = true;
                typed(engine, ears.let_go())
            }
            () = sleep(Duration::from_millis(idle.unwrap_or_default())), if idle.is_some() && !dirty => {
                dirty = true;
                engine.take(Msg::Tick)
            }
        };
    }
}

/// Says why a program that had the terminal did not end well.
fn why(back: io::Result<Msg>) -> Option<String> {
    match back {
        Ok(Msg::Returned(_, Err(why))) => Some(why),
        _ => None,
    }
}

/// Looks at the size again: it may have changed while another program had the terminal.
fn resized<H: Host>(screen: &Screen, engine: &mut Engine<H>) -> io::Result<Vec<Outside>> {
    let size = screen.size()?;
    Ok(engine.take(Msg::Resize(size.width, size.height)))
}

/// Tells whether a frame is so late that keys must wait for it: a flood of them would never let one be drawn.
fn late(dirty: bool, drawn: Instant) -> bool {
    dirty && drawn.elapsed() > FRAME * 6
}

fn taken<H: Host>(
    engine: &mut Engine<H>,
    ears: &mut Listener,
    input: Input,
    fresh: bool,
) -> Vec<Outside> {
    let (before, msg) = match input {
        Input::Key(key) => (ears.hear(key, fresh), ears.told().map(Msg::Ground)),
        Input::Paste(text) => (ears.let_go(), Some(Msg::Paste(text))),
        Input::Mouse(event) => (ears.let_go(), Some(Msg::Mouse(event))),
        Input::Resize(columns, lines) => (Vec::new(), Some(Msg::Resize(columns, lines))),
        Input::FocusGained | Input::FocusLost => return Vec::new(),
    };
    // The terminal may have moved or lost what it showed, even if the size is the old one again by now.
    let resized = matches!(msg, Some(Msg::Resize(..)));
    let mut todo = typed(engine, before);
    todo.extend(msg.into_iter().flat_map(|msg| engine.take(msg)));
    todo.extend(resized.then_some(Outside::Redraw));
    todo
}

fn typed<H: Host>(engine: &mut Engine<H>, keys: Vec<KeyEvent>) -> Vec<Outside> {
    let keys = keys.into_iter();
    keys.flat_map(|key| engine.take(Msg::Key(key))).collect()
}

/// Waits a little for what the terminal was asked soon before: its answer must not become keys in the user's shell or
/// editor. Returns the keys that were typed ahead.
async fn hush(keys: &mut EventStream, ears: &mut Listener, asked: Instant) -> Vec<KeyEvent> {
    let mut ahead = Vec::new();
    let answered = async {
        while ears.is_waiting() {
            match keys.next().await {
                Some(Ok(Input::Key(key))) => ahead.extend(ears.hear(key, true)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    };
    // One that takes longer never comes, as far as anybody can tell.
    let _ = timeout_at(asked + PATIENCE, answered).await;
    ahead
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
