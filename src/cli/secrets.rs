//! Secrets from the environment, from files and from commands: read once a walk, never printed.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::io::AsyncReadExt as _;

use crate::{
    profile::SecretSource,
    protocol::{
        keys::{PrivateKey, alg_named},
        secret::Secret,
    },
};

/// More than this is no secret.
const LIMIT: u64 = 1024 * 1024;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a secret from where it is named; also returns what a command said on standard error.
///
/// # Errors
/// A sentence that names the source, never its content.
pub async fn read(
    name: &str,
    source: &SecretSource,
    base: Option<&Path>,
) -> (Result<Secret, String>, Option<String>) {
    match source {
        SecretSource::Inline(secret) => (Ok(secret.clone()), None),
        SecretSource::Env(variable) => (environment(name, variable), None),
        SecretSource::File(path) => (file(name, path, base), None),
        SecretSource::Cmd(command) => run(name, command).await,
    }
}

/// Reads a private key and returns its public half, as it is registered.
///
/// # Errors
/// A sentence that never holds the key.
pub async fn public_jwk(
    name: &str,
    source: &SecretSource,
    base: Option<&Path>,
    kid: Option<String>,
    alg: Option<String>,
) -> Result<serde_json::Value, String> {
    let text = read(name, source, base)
        .await
        .0
        .map_err(|why| format!("{why}."))?;
    let mut key = PrivateKey::parse(text.reveal()).map_err(|error| error.0)?;
    if let Some(alg) = alg.as_deref().and_then(alg_named) {
        key = key.with_alg(alg).map_err(|error| error.0)?;
    }
    let mut jwk = key.registration_jwk();
    if let Some(kid) = kid {
        jwk["kid"] = kid.into();
    }
    Ok(jwk)
}

fn environment(name: &str, variable: &str) -> Result<Secret, String> {
    match std::env::var(variable) {
        Ok(text) if text.is_empty() => Err(format!("the environment variable {variable} is empty")),
        Ok(text) => Ok(Secret::typed(name, text)),
        Err(std::env::VarError::NotPresent) => {
            Err(format!("the environment variable {variable} is not set"))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {variable} is not UTF-8"))
        }
    }
}

fn file(name: &str, path: &str, base: Option<&Path>) -> Result<Secret, String> {
    let path = path.strip_prefix("~/").map_or_else(
        || base.map_or_else(|| path.into(), |base| base.join(path)),
        |rest| {
            directories::BaseDirs::new()
                .map_or_else(|| path.into(), |dirs| dirs.home_dir().join(rest))
        },
    );
    let shown = path.display();
    let size = std::fs::metadata(&path)
        .map_err(|error| format!("the file {shown} cannot be read: {error}"))?;
    if !size.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    if size.len() > LIMIT {
        return Err(format!(
            "the file {shown} has {} bytes, which is no secret",
            size.len()
        ));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("the file {shown} cannot be read: {error}"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        Err(format!("the file {shown} is empty"))
    } else {
        Ok(Secret::typed(name, text))
    }
}

async fn run(name: &str, command: &str) -> (Result<Secret, String>, Option<String>) {
    let spawned = tokio::process::Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            return (
                Err(format!("its command could not be started: {error}")),
                None,
            );
        }
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let read_out = async {
            if let Some(stdout) = stdout {
                let _ = stdout.take(LIMIT).read_to_end(&mut out).await;
            }
        };
        let read_err = async {
            if let Some(stderr) = stderr {
                let _ = stderr.take(LIMIT).read_to_end(&mut err).await;
            }
        };
        tokio::join!(read_out, read_err);
        child.wait().await
    };
    let ended = tokio::time::timeout(PATIENCE, work).await;
    let said = String::from_utf8_lossy(&err).trim().to_owned();
    let said = (!said.is_empty()).then(|| format!("The command for {name} says: {said}"));
    let secret = match ended {
        Err(_) => Err(format!(
            "its command did not end within {} s",
            PATIENCE.as_secs()
        )),
        Ok(Err(error)) => Err(format!("its command failed: {error}")),
        Ok(Ok(status)) if !status.success() => Err(format!("its command ended with {status}")),
        Ok(Ok(_)) => match String::from_utf8(out) {
            Ok(text) if text.trim().is_empty() => Err("its command printed nothing".to_owned()),
            Ok(text) => Ok(Secret::typed(name, text.trim_end_matches(['\r', '\n']))),
            Err(_) => Err("its command printed something that is not UTF-8".to_owned()),
        },
    };
    (secret, said)
}

/// Reads a `SRC` of the command line: `env:NAME`, `file:PATH`, `cmd:COMMAND` or `-` for standard input.
///
/// # Errors
/// A sentence; a secret given as a plain argument is refused without being repeated.
pub async fn from_source(name: &str, source: &str) -> Result<Secret, String> {
    let source = match source.split_once(':') {
        Some(("env", variable)) => SecretSource::Env(variable.to_owned()),
        Some(("file", path)) => SecretSource::File(path.to_owned()),
        Some(("cmd", command)) => SecretSource::Cmd(command.to_owned()),
        _ if source == "-" => {
            let text = std::io::read_to_string(std::io::stdin())
                .map_err(|error| format!("{name}: standard input cannot be read: {error}."))?;
            return if text.trim().is_empty() {
                Err(format!("{name}: standard input is empty."))
            } else {
                Ok(Secret::typed(name, text.trim()))
            };
        }
        _ => {
            return Err(format!(
                "{name}: expected env:NAME, file:PATH, cmd:COMMAND or - for standard input. A secret is never taken \
                 from a plain argument, because other users of the machine can read those."
            ));
        }
    };
    read(name, &source, None)
        .await
        .0
        .map_err(|why| format!("{name}: {why}."))
}
