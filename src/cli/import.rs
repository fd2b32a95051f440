//! `jagwalk profile import`: shows what was understood of a source, and keeps it only under a name.

use std::{fmt::Write as _, io::Read as _};

use super::{Failed, store::Store};
use crate::{
    profile::import::{self, INLINE, Import},
    protocol::{http::HttpRequest, visible::visible},
    transport::http::{Http, Settings},
};

/// More than this is no source of a profile; a HAR of a sign-in can be large.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Reads a source and says what it understood; with a name, it writes the profile.
///
/// # Errors
/// A source that cannot be had or is none, a name that is taken.
pub async fn run(store: &Store, source: &str, name: Option<&str>) -> Result<String, Failed> {
    let text = text_of(source).await?;
    let import =
        import::understand(&text).map_err(|why| Failed::usage(format!("{source}: {why}")))?;
    let doc = import
        .profile(name.unwrap_or("imported"))
        .map_err(|why| Failed::usage(format!("{source}: {why}")))?;
    let mut out = report(&import);
    match name {
        None => {
            let _ = write!(
                out,
                "\nThe profile would be:\n\n{}\nNothing was written; --name NAME keeps it.\n",
                doc.masked()
            );
        }
        Some(name) => {
            let opened = store.create(name, doc.text())?;
            let path = opened.path.unwrap_or_default();
            let _ = writeln!(
                out,
                "\nWrote {}, readable by you alone; `jagwalk profile check {name}` names what is missing.",
                path.display()
            );
        }
    }
    Ok(out)
}

fn report(import: &Import) -> String {
    let rows: Vec<(String, &str, &str)> = import
        .understood
        .iter()
        .map(|one| {
            let shown = one.shown();
            (visible(&shown).into_owned(), one.field.0, one.from.as_str())
        })
        .collect();
    let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default().min(60);
    let first = widest(&mut rows.iter().map(|row| row.0.chars().count()));
    let second = widest(&mut rows.iter().map(|row| row.1.len()));
    let mut out = format!("{}\n", import.heading());
    for (value, field, from) in &rows {
        let _ = writeln!(
            out,
            "  {value:<first$}  → {field:<second$}  from {}",
            visible(from)
        );
    }
    if !import.left.is_empty() {
        out.push_str("\nNot taken over:\n");
        for (what, why) in &import.left {
            let _ = writeln!(out, "  {}: {}", visible(what), visible(why));
        }
    }
    if import.has_secrets() {
        let _ = writeln!(out, "\n{INLINE}");
    }
    out
}

/// Reads a source that a person named: a file or an address; what is typed into no shell may begin with `~/`.
///
/// # Errors
/// A source that cannot be had or is none.
pub async fn named(source: &str) -> Result<Import, Failed> {
    let home = source
        .strip_prefix("~/")
        .zip(directories::BaseDirs::new())
        .map(|(rest, base)| base.home_dir().join(rest).to_string_lossy().into_owned());
    let source = home.as_deref().unwrap_or(source);
    if source == "-" {
        return Err(Failed::usage("Standard input is taken by the screen."));
    }
    let text = text_of(source).await?;
    import::understand(&text).map_err(|why| Failed::usage(format!("{source}: {why}")))
}

async fn text_of(source: &str) -> Result<String, Failed> {
    if source.starts_with("https://") || source.starts_with("http://") {
        return fetched(source).await;
    }
    let failed = move |source: &str, error: std::io::Error| {
        Failed::usage(format!("{source} cannot be read: {error}."))
    };
    let source = source.to_owned();
    let read = move || {
        let mut text = String::new();
        let read = if source == "-" {
            std::io::stdin()
                .lock()
                .take(LIMIT)
                .read_to_string(&mut text)
        } else {
            std::fs::File::open(&source).and_then(|file| file.take(LIMIT).read_to_string(&mut text))
        };
        match read {
            Ok(_) => Ok(text),
            Err(error) => Err(failed(&source, error)),
        }
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Failed::usage(format!("The source cannot be read: {error}.")))?
}

/// Fetches an address that the user gave, once and without following anywhere.
async fn fetched(url: &str) -> Result<String, Failed> {
    let http = Http::new(Settings::default()).map_err(|error| Failed::usage(error.to_string()))?;
    let exchange = http.send(&HttpRequest::get(url, "application/json")).await;
    match (exchange.response(), &exchange.outcome) {
        (Some(response), _) if response.status == 200 => Ok(response.text().into_owned()),
        (Some(response), _) => Err(Failed {
            code: 3,
            ..Failed::usage(format!("{url} answered {}.", response.status))
        }),
        (None, Err(failure)) => Err(Failed {
            code: 4,
            ..Failed::usage(failure.to_string())
        }),
        (None, Ok(_)) => Err(Failed::usage(format!("{url} was not answered over HTTP."))),
    }
}
