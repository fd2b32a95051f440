//! `jagwalk` without a command: the screen, on the profile used last or on the built-in lab.

use std::{io::IsTerminal as _, sync::Arc};

use super::{
    Failed,
    args::{Screen, When},
    config,
    host::Desk,
    picture, print, start,
    store::{LAB, Store},
};
use crate::{
    export::trace,
    flow::{Ink, flows},
    profile::fields,
    session::Session,
    transport::{clock, entropy},
    ui::{
        self,
        model::Start,
        places::Places,
        theme::{self, ColorChoice, Depth, Glyphs, Shelf},
    },
};

/// Opens the screen and stays until the user leaves; a line about the walk stays where it was left.
///
/// # Errors
/// When there is no terminal, or the profile or the trace cannot be read.
pub async fn screen(options: Screen) -> Result<u8, Failed> {
    if options.plain {
        return super::plain::plain(options).await;
    }
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let has_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if options.screenshot.is_none() && (dumb || !has_terminal) {
        let says = if dumb {
            "The screen needs a terminal that can move the cursor, and TERM is dumb."
        } else {
            "The screen needs a terminal."
        };
        return Err(Failed::usage(says).hint(Some(
            "`jagwalk --plain` walks line by line, `jagwalk run` without a question; `jagwalk --help` shows the commands.",
        )));
    }
    let store = Store::find()?;
    let (own, mut warnings) = start::own_themes();
    let environment = |name: &str| std::env::var(name).ok();
    let choice = options.color.map(|color| match color {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    });
    let shelf = Shelf::new(own);
    let found = config::find(&shelf);
    warnings.extend(found.problems);
    let chosen = options.theme.clone().or(found.config.theme);
    let theme_chosen = chosen.is_some();
    let theme = chosen.unwrap_or_else(|| theme::unchosen(&environment).to_owned());
    let (session, has_file, problems, first) = match &options.open {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failed::usage(format!("{} cannot be read: {error}.", path.display()))
            })?;
            let session = trace::read(&text).map_err(|error| {
                Failed::usage(format!("{} cannot be opened: {error}", path.display()))
            })?;
            (session, false, Vec::new(), None)
        }
        None => {
            let (name, warning) = choose(&store, options.profile.as_deref());
            warnings.extend(warning);
            let (opened, profile, problems) = start::open(&store, &name)?;
            if options.profile.is_some() && options.screenshot.is_none() {
                // Which profile was used last is a convenience: that it cannot be noted stops nobody.
                let _ = store.set_last_used(&name);
            }
            let id = options
                .flow
                .as_deref()
                .or_else(|| profile.text(fields::FLOW))
                .unwrap_or("xaa");
            let flow = flows::find(id)
                .ok_or_else(|| Failed::usage(format!("There is no flow {id:?}.")))?;
            let session = Session::new(
                flow,
                profile,
                Ink {
                    now: clock::now(),
                    seed: entropy::seed(),
                },
            );
            (session, opened.path.is_some(), problems, Some(opened))
        }
    };
    // A picture shows what anybody would see.
    let remember = found.config.remember.unwrap_or(true) && options.screenshot.is_none();
    let places = if remember {
        store.places()
    } else {
        Places::default()
    };
    let start = Start {
        places,
        session,
        has_file,
        problems,
        warnings,
        keys: found.config.keys,
        mouse: found.config.mouse.unwrap_or_default(),
        theme,
        theme_chosen,
        shelf,
        depth: Depth::decide(choice, None, &environment),
        glyphs: Glyphs::choose(&environment),
        share: found.config.share.unwrap_or_default(),
    };
    let desk = Desk::new(store, first).remembering(remember);
    if let Some(path) = &options.screenshot {
        return picture::draw(path, &options, start, desk).await;
    }
    let left = ui::run::run(start, Arc::new(desk))
        .await
        .map_err(|error| Failed {
            says: format!("The terminal cannot be used: {error}."),
            hint: None,
            code: 70,
        })?;
    if let Some(line) = left.line {
        print(&line);
    }
    Ok(left.code)
}

/// The profile that was asked for, else the one used last, else the lab.
pub(super) fn choose(store: &Store, asked: Option<&str>) -> (String, Option<String>) {
    if let Some(name) = asked {
        return (name.to_owned(), None);
    }
    match store.last_used() {
        Some(name) => match start::open(store, &name) {
            Ok(_) => (name, None),
            Err(failed) => (
                LAB.to_owned(),
                Some(format!("This is the lab. {}", failed.says)),
            ),
        },
        None => (LAB.to_owned(), None),
    }
}
