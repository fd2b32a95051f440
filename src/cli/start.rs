//! What every front end starts with: the profile that was asked for, the lab when it is wanted, the user's themes.

use std::{io::Write as _, path::Path, sync::Arc};

use super::{
    Failed,
    store::{LAB, Opened, Store},
};
use crate::{
    lab::{self, Lab, Setting},
    profile::{FieldPath, FieldValue, Problem, Profile, SecretSource, fields},
    protocol::http::HttpRequest,
    transport::{
        clock, entropy,
        http::{Http, Settings},
    },
};

/// Opens a profile and reads it.
///
/// # Errors
/// When it is not there, or cannot be read as a profile at all.
pub fn open(store: &Store, name: &str) -> Result<(Opened, Profile, Vec<Problem>), Failed> {
    let opened = store.open(name)?;
    let (profile, problems) = opened.load();
    if let Some(fatal) = problems.iter().find(|problem| problem.fatal) {
        return Err(Failed::usage(format!(
            "The profile {} cannot be used: {fatal}",
            opened.name
        )));
    }
    Ok((opened, profile, problems))
}

/// Chooses the profile of a run without `--profile`: the lab only when nothing is saved, so that no check in CI is
/// green for the wrong reason.
///
/// # Errors
/// When profiles are saved and none was named.
pub fn default_name(store: &Store) -> Result<&'static str, Failed> {
    let saved = store.saved()?;
    if saved.is_empty() {
        return Ok(LAB);
    }
    Err(
        Failed::usage(format!("Which profile? Saved are: {}.", saved.join(", "))).hint(Some(
            "Say --profile NAME; --profile lab walks the built-in lab.",
        )),
    )
}

/// Starts the lab for a profile that says `lab = true`, and fills in what its file leaves open.
///
/// # Errors
/// When the lab cannot start.
pub async fn lab_for(profile: &mut Profile) -> Result<Option<Lab>, Failed> {
    lab_with(profile, lab::Switches::default()).await
}

/// Does the same, with faults.
///
/// # Errors
/// When the lab cannot start.
pub async fn lab_with(profile: &mut Profile, faults: lab::Switches) -> Result<Option<Lab>, Failed> {
    if !profile.flag(fields::LAB) {
        return Ok(None);
    }
    let options = lab::Options {
        faults,
        ..lab_options(None, false)?
    };
    let lab = lab::start(options).await.map_err(|error| {
        let hint = error.hint();
        Failed::usage(error.to_string()).hint(Some(hint))
    })?;
    fill(profile, &lab);
    Ok(Some(lab))
}

/// Fills in what a lab profile's file leaves open.
pub fn fill(profile: &mut Profile, lab: &Lab) {
    let (flow, variant) = profile.walked_as();
    let settings = lab.settings_of_variant(flow, variant);
    // Of another flow's values none may stay: that flow has another API.
    profile.empty_fillings();
    for (path, setting) in settings {
        let Some(field) = FieldPath::find(path) else {
            continue;
        };
        let value = match setting {
            Setting::Text(text) => FieldValue::Text(text),
            Setting::Secret(secret) => FieldValue::Secret(SecretSource::Inline(secret.named(path))),
        };
        profile.fill(field, value);
    }
}

/// Returns what the lab needs from outside; `tls` makes it serve https with an authority of its own.
///
/// # Errors
/// When no HTTP client or no certificate can be made.
pub fn lab_options(port: Option<u16>, tls: bool) -> Result<lab::Options, Failed> {
    let tls = tls
        .then(lab::Authority::make)
        .transpose()
        .map_err(Failed::usage)?;
    let ca_pem = tls
        .as_ref()
        .map(|authority| authority.ca_pem().as_bytes().to_vec());
    let settings = Settings {
        ca_pem,
        ..Settings::default()
    };
    let http = Arc::new(Http::new(settings).map_err(|error| Failed::usage(error.to_string()))?);
    let fetch: lab::Fetch = Arc::new(move |url| {
        let http = Arc::clone(&http);
        Box::pin(async move {
            let exchange = http.send(&HttpRequest::get(url, "application/json")).await;
            match (&exchange.outcome, exchange.response()) {
                (_, Some(response)) if response.status == 200 => Ok(response.body.0.clone()),
                (_, Some(response)) => Err(format!("it answered {}", response.status)),
                (Err(failure), _) => Err(failure.to_string()),
                _ => Err("it did not answer over HTTP".to_owned()),
            }
        })
    });
    Ok(lab::Options {
        port,
        fetch,
        now: clock::now,
        random: entropy::fill,
        tls,
        faults: lab::Switches::default(),
        shape: lab::Shape::Plain,
    })
}

/// Reads the user's own themes; a file that cannot be read is a problem to show, not a reason to stop.
pub fn own_themes() -> (Vec<(String, String)>, Vec<String>) {
    let (mut themes, mut problems) = (Vec::new(), Vec::new());
    let Ok(store) = Store::find() else {
        return (themes, problems);
    };
    let folder = store.paths().config().join("themes");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        match std::fs::read_to_string(&path) {
            Ok(text) => themes.push((name, text)),
            Err(error) => problems.push(format!(
                "The theme {} cannot be read: {error}.",
                path.display()
            )),
        }
    }
    themes.sort();
    (themes, problems)
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// A sentence that names the file.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failed> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let write = || -> std::io::Result<()> {
        // A temporary file is readable by its owner alone from the start, and replaces the old one whole.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write()
        .map_err(|error| Failed::usage(format!("{} cannot be written: {error}.", path.display())))
}
