//! `jagwalk key`: makes key pairs and prints the public half as it is registered.

use std::{
    fmt::Write as _,
    io::{IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    Failed,
    args::{Format, Key, KeyAlg},
    print,
};
use crate::protocol::keys::{Alg, PrivateKey, alg_name};

/// More than this is no key.
const LIMIT: u64 = 1024 * 1024;

/// Runs the command.
///
/// # Errors
/// A file that is there already or cannot be written or read, and a private key that would go to a terminal.
pub fn run(command: Key) -> Result<u8, Failed> {
    match command {
        Key::New { alg, out, format } => make(alg, out.as_deref(), format),
        Key::Public { file, alg, format } => public(&file, alg, format),
    }
}

fn make(alg: KeyAlg, out: Option<&Path>, format: Format) -> Result<u8, Failed> {
    if out.is_none() && std::io::stdout().is_terminal() {
        return Err(Failed::usage(
            "A private key is not printed on a terminal.",
        )
        .hint(Some(
            "Say --out FILE, or send standard output to a program or file: jagwalk key new | vault kv put secret/agent key=-.",
        )));
    }
    let key = PrivateKey::generate(alg.alg()).map_err(|error| Failed::usage(error.to_string()))?;
    let Some(path) = out else {
        // The key alone is the result; what is said about it goes to standard error.
        print(&key.to_pem());
        let about = described(&key, None, format);
        let _ = std::io::stderr().write_all(about.as_bytes());
        return Ok(0);
    };
    write_new(path, &key.to_pem())?;
    let _ = writeln!(
        std::io::stderr(),
        "Wrote the private key to {}, readable by you alone.",
        path.display()
    );
    print(&described(&key, Some(path), format));
    Ok(0)
}

fn public(file: &Path, alg: Option<KeyAlg>, format: Format) -> Result<u8, Failed> {
    let shown = if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    let text = read(file)
        .map_err(|error| Failed::usage(format!("The key in {shown} cannot be read: {error}.")))?;
    let key = PrivateKey::parse(&text)
        .map_err(|error| Failed::usage(format!("The key in {shown} cannot be used: {error}")))?;
    let key = match alg {
        Some(alg) => key
            .with_alg(alg.alg())
            .map_err(|error| Failed::usage(format!("--alg {}: {error}", alg_name(alg.alg()))))?,
        None => key,
    };
    let path = (file != Path::new("-")).then_some(file);
    print(&described(&key, path, format));
    Ok(0)
}

fn read(file: &Path) -> std::io::Result<zeroize::Zeroizing<String>> {
    let mut text = zeroize::Zeroizing::new(String::new());
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LIMIT)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?
            .take(LIMIT)
            .read_to_string(&mut text)?;
    }
    Ok(text)
}

/// What is registered at a server, and what is written into a profile.
fn described(key: &PrivateKey, path: Option<&Path>, format: Format) -> String {
    let jwk = key.registration_jwk();
    let jwks = json!({ "keys": [jwk] });
    if format == Format::Json {
        let document = json!({
            "alg": alg_name(key.alg()),
            "kid": key.kid(),
            "thumbprint": key.thumbprint(),
            "jwk": jwk,
            "jwks": jwks,
        });
        return format!("{document:#}\n");
    }
    let mut out = String::new();
    let pretty = |value: &Value| format!("{value:#}");
    let _ = writeln!(out, "Public JWK, to register:\n{}\n", pretty(&jwk));
    let _ = writeln!(
        out,
        "The same as a JWKS, where the server asks for a set:\n{}\n",
        pretty(&jwks)
    );
    let _ = writeln!(
        out,
        "In the profile, in [sso], [agent] or [resource_as]:\nauth = \"private_key_jwt\"\nprivate_key = {{ file = {} }}\nkid = {}\nalg = \"{}\"",
        json!(path.map_or("FILE".into(), whole)),
        json!(key.kid()),
        alg_name(key.alg())
    );
    out
}

/// The whole path: a relative one would count from the profile's folder.
fn whole(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .to_string_lossy()
        .into_owned()
}

/// Writes a file that only its owner can read, and never over one that is there.
fn write_new(path: &Path, text: &str) -> Result<(), Failed> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let write = || -> std::io::Result<()> {
        // tempfile makes its files 0600, and the key is never there in half.
        let mut file = tempfile::Builder::new()
            .prefix(".jagwalk-")
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    };
    write().map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Failed::usage(format!(
                "{} is there already, and a key is never written over.",
                path.display()
            ))
            .hint(Some("Say another --out, or remove that file first."));
        }
        Failed::usage(format!("{} cannot be written: {error}.", path.display()))
    })
}

impl KeyAlg {
    fn alg(self) -> Alg {
        match self {
            Self::Es256 => Alg::ES256,
            Self::Es384 => Alg::ES384,
            Self::Rs256 => Alg::RS256,
            Self::Ps256 => Alg::PS256,
            Self::EdDsa => Alg::EdDSA,
        }
    }
}
