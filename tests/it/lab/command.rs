//! What `jagwalk lab` prints and writes.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use jagwalk::{cli::lab::serve_until, protocol::keys::PrivateKey};
use toml_edit::DocumentMut;

use super::world::{self, fetch};

/// Standard output, to be read while the command runs.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn profile(&self) -> DocumentMut {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(
            !text.contains("PRIVATE KEY") && !text.contains("s3cr"),
            "{text}"
        );
        text.parse().unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn file_of(profile: &DocumentMut, table: &str, key: &str) -> PathBuf {
    PathBuf::from(profile[table][key]["file"].as_str().unwrap())
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_ready_profile_is_printed_and_its_secrets_are_files_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("new").join("keys");
    let mut out = Shared::default();
    let seen = out.clone();
    let end = async move {
        let profile = seen.profile();
        let issuer = profile["idp"]["issuer"].as_str().unwrap();
        let at = format!("{issuer}/.well-known/openid-configuration");
        assert_eq!(super::open(&at).await.status, 200);
    };
    serve_until(
        Some(dir.clone()),
        world::options(fetch(Vec::new())),
        &mut out,
        end,
    )
    .await
    .unwrap();

    let profile = out.profile();
    assert_eq!(profile["flow"].as_str(), Some("xaa"));
    assert_eq!(profile["sso"]["login"].as_str(), Some("follow"));
    assert_eq!(
        profile["sso"]["params"]["login_hint"].as_str(),
        Some("alice")
    );
    assert_eq!(profile["sso"]["auth"].as_str(), Some("private_key_jwt"));
    let key = file_of(&profile, "sso", "private_key");
    PrivateKey::parse(&std::fs::read_to_string(&key).unwrap()).unwrap();
    let secret = file_of(&profile, "resource_as", "client_secret");
    assert!(
        std::fs::read_to_string(&secret)
            .unwrap()
            .starts_with("s3cr+t/&= %:")
    );
    let assertion = file_of(&profile, "agent", "saml_assertion");
    let xml = std::fs::read_to_string(&assertion).unwrap();
    assert!(
        xml.starts_with("<saml2:Assertion ") && xml.contains("u-1001-alice"),
        "{xml}"
    );
    #[cfg(unix)]
    {
        assert_eq!(mode(&assertion), 0o600);
        assert_eq!((mode(&key), mode(&secret)), (0o600, 0o600));
        assert_eq!(mode(&dir), 0o700);
    }
}

#[tokio::test]
async fn without_a_folder_nothing_is_left_behind() {
    let mut out = Shared::default();
    let seen = out.clone();
    let end = async move {
        assert!(file_of(&seen.profile(), "sso", "private_key").exists());
    };
    serve_until(None, world::options(fetch(Vec::new())), &mut out, end)
        .await
        .unwrap();
    let key = file_of(&out.profile(), "sso", "private_key");
    assert!(!key.exists() && !key.parent().unwrap().exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let options = world::options(fetch(Vec::new()));
    let error = serve_until(Some(file.clone()), options, &mut Shared::default(), async {
    })
    .await
    .unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
    assert!(error.hint().contains("--dir"));
}
