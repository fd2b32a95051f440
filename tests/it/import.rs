//! `jagwalk profile import`: shown first, kept under a name only, and never a token.

use crate::{pty::Pty, world::World};

const ENV: &str =
    "OKTA_ISSUER=https://acme.okta.example\nCLIENT_ID=0oa1\nCLIENT_SECRET=hunter2\nPORT=3000\n";

#[test]
fn what_was_understood_is_shown_masked_and_kept_under_a_name_only() {
    let world = World::new();
    world.write(".env", ENV);
    let shown = world.run(&["profile", "import", ".env"], "").expect_code(0);
    for says in [
        "Understood of the .env file:",
        "https://acme.okta.example",
        "→ idp.issuer",
        "from OKTA_ISSUER",
        "PORT: its name is not known here",
        "Nothing was written",
    ] {
        assert!(shown.stdout.contains(says), "{says}\n{shown}");
    }
    assert!(!shown.stdout.contains("hunter2"), "{shown}");
    assert!(!world.config_dir().join("profiles").exists());

    let kept = world
        .run(&["profile", "import", "-", "--name", "acme"], ENV)
        .expect_code(0);
    assert!(!kept.stdout.contains("hunter2"), "{kept}");
    let path = world.config_dir().join("profiles/acme.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("client_secret = \"hunter2\""), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = world
        .run(&["profile", "import", "-", "--name", "acme"], ENV)
        .expect_code(2);
    assert!(again.stderr.contains("acme"), "{again}");
}

#[test]
fn metadata_is_fetched_from_an_address_that_was_given() {
    let world = World::new();
    let mut lab = world.start(&["lab"]);
    let issuer = lab.wait_line("issuer = ").expect("it prints a profile");
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_matches('"')
    );
    let output = world.run(&["profile", "import", &url], "").expect_code(0);
    assert!(output.stdout.contains("→ idp.issuer"), "{output}");
    let gone = format!("{}/nothing", issuer.trim_matches('"'));
    let refused = world.run(&["profile", "import", &gone], "").expect_code(3);
    assert!(refused.stderr.contains("answered 404"), "{refused}");
}

#[test]
fn what_is_none_of_it_is_refused() {
    let world = World::new();
    for text in ["", "hello\n", "{}", "PORT=1\n"] {
        let output = world.run(&["profile", "import", "-"], text).expect_code(2);
        assert!(output.stdout.is_empty(), "{output}");
    }
}

#[test]
fn on_the_screen_a_file_and_an_address_are_read_shown_and_kept_for_the_owner_alone() {
    let world = World::new();
    world.write("my.env", ENV);
    let mut pty = Pty::start(&world, &[], 24, 80);
    pty.wait_for("ready");
    pty.send("p");
    pty.wait_for("i import");
    pty.send("i");
    pty.wait_for("Make a profile of");
    pty.send("none.env<enter>");
    pty.wait_for("none.env cannot be read");
    pty.send("<c-u>~/my.env<enter>");
    pty.wait_for("Understood of the .env file:");
    for says in [
        "‹sso.client_secret›",
        "from OKTA_ISSUER",
        "PORT: its name is not known here",
    ] {
        pty.wait_for(says);
    }
    let path = world.config_dir().join("profiles/acme.toml");
    assert!(!path.exists(), "nothing is kept unasked");
    pty.send("<enter>");
    pty.wait_for("Name of the new profile");
    pty.send("acme<enter>");
    pty.wait_for("jagwalk  xaa · acme");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // To the byte what the command line would have kept.
    let kept = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let args = ["profile", "import", "my.env", "--name", "acme"];
    drop(world.run(&args, "").expect_code(0));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept);

    let mut lab = world.start(&["lab"]);
    let issuer = lab.wait_line("issuer = ").expect("it prints a profile");
    let issuer = issuer.trim_matches('"');
    pty.send("p");
    pty.wait_for("i import");
    pty.send(&format!(
        "i{issuer}/.well-known/openid-configuration<enter>"
    ));
    pty.wait_for("Understood of the metadata document:");
    pty.wait_for(issuer);
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("hunter2"));
}
