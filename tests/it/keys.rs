//! `jagwalk key`: what is printed where, and that a private key is never shown or lost.

use jagwalk::protocol::keys::{PrivateKey, install_crypto};

use crate::{pty::Pty, world::World};

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_key_goes_to_its_file_and_its_public_half_is_printed() {
    install_crypto();
    for (alg, kty) in [
        ("ES256", "EC"),
        ("ES384", "EC"),
        ("RS256", "RSA"),
        ("PS256", "RSA"),
        ("EdDSA", "OKP"),
    ] {
        let world = World::new();
        let args = [
            "key",
            "new",
            "--alg",
            alg,
            "--out",
            "agent.pem",
            "--format",
            "json",
        ];
        let output = world.run(&args, "").expect_code(0);
        let path = world.home().join("agent.pem");
        let pem = std::fs::read_to_string(&path).unwrap();
        let key = PrivateKey::parse(&pem).unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        #[cfg(unix)]
        assert_eq!(mode(&path), 0o600);
        let json = output.json();
        assert_eq!(json["jwk"]["alg"], alg);
        assert_eq!(json["jwk"]["kty"], kty);
        assert_eq!(json["jwk"]["use"], "sig");
        assert_eq!(json["jwk"]["kid"].as_str(), Some(key.kid().as_str()));
        assert_eq!(json["jwks"]["keys"][0], json["jwk"]);
        assert!(json["jwk"].get("d").is_none() && !output.stderr.contains("BEGIN"));

        // The same again from the file, and over it nothing is ever written.
        let again = world.run(
            &[
                "key",
                "public",
                "agent.pem",
                "--alg",
                alg,
                "--format",
                "json",
            ],
            "",
        );
        assert_eq!(again.expect_code(0).json(), json);
        let refused = world.run(&args, "").expect_code(2);
        assert!(refused.stderr.contains("never written over"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), pem);
        assert_eq!(std::fs::read_dir(world.home()).unwrap().count(), 1);
    }
}

#[test]
fn without_a_file_the_private_key_alone_is_on_standard_output() {
    install_crypto();
    let output = World::new().run(&["key", "new"], "").expect_code(0);
    let key = PrivateKey::parse(&output.stdout).unwrap();
    assert!(output.stdout.ends_with("-----END PRIVATE KEY-----\n"));
    assert!(output.stderr.contains(&key.kid()), "{output}");
    assert!(output.stderr.contains("\"alg\": \"ES256\""), "{output}");
    assert!(!output.stderr.contains("BEGIN"), "{output}");

    let public = World::new()
        .run(&["key", "public", "-"], &output.stdout)
        .expect_code(0);
    assert_eq!(public.stdout, output.stderr);
}

#[test]
fn a_terminal_never_gets_a_private_key_unasked() {
    let world = World::new();
    let mut pty = Pty::start(&world, &["key", "new"], 24, 80);
    pty.wait_for("A private key is not printed on a terminal.");
    assert_eq!(pty.wait_exit(), 2);
}

#[test]
fn what_is_no_private_key_is_named_without_being_shown() {
    let world = World::new();
    world.write("x.pem", "hunter2");
    let output = world.run(&["key", "public", "x.pem"], "").expect_code(2);
    assert!(
        output
            .stderr
            .contains("x.pem cannot be used: Expected a private key"),
        "{output}"
    );
    assert!(!output.stderr.contains("hunter2"), "{output}");
    let output = world.run(&["key", "public", "none.pem"], "").expect_code(2);
    assert!(
        output.stderr.contains("none.pem cannot be read"),
        "{output}"
    );
    let pem = world.run(&["key", "new"], "").expect_code(0).stdout;
    let output = world
        .run(&["key", "public", "-", "--alg", "RS256"], &pem)
        .expect_code(2);
    assert!(output.stderr.contains("which signs ES256"), "{output}");
}
