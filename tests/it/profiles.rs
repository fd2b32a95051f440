//! `jagwalk profile`: copying, renaming and deleting on the command line.

use std::fs;

use crate::world::World;

#[test]
fn a_profile_is_copied_renamed_and_deleted() {
    let world = World::new();
    let text = "# ours\nformat = 1\n\n[idp] # the IdP\nissuer = \"https://idp.example\"\n";
    world.write_config("profiles/acme.toml", text);
    let file = |name: &str| {
        world
            .config_dir()
            .join("profiles")
            .join(format!("{name}.toml"))
    };
    // Runs a command that must end with this status; returns what it complains of.
    let profile = |args: &[&str], code: i32| {
        let args: Vec<&str> = [&["profile"][..], args].concat();
        world.run(&args, "").expect_code(code).stderr
    };
    profile(&["duplicate", "acme", "copy"], 0);
    assert_eq!(
        fs::read_to_string(file("copy")).expect("the copy is there"),
        text
    );
    profile(&["rename", "copy", "staging"], 0);
    assert!(!file("copy").exists() && file("staging").exists());
    let taken = profile(&["duplicate", "acme", "staging"], 2);
    assert!(taken.contains("staging"), "{taken}");
    profile(&["delete", "staging"], 0);
    assert!(!file("staging").exists() && file("acme").exists());
    let built_in = profile(&["delete", "lab"], 2);
    assert!(built_in.contains("built-in"), "{built_in}");
}
