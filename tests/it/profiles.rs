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
    world
        .run(&["profile", "duplicate", "acme", "copy"], "")
        .expect_code(0);
    assert_eq!(
        fs::read_to_string(file("copy")).expect("the copy is there"),
        text
    );
    world
        .run(&["profile", "rename", "copy", "staging"], "")
        .expect_code(0);
    assert!(!file("copy").exists() && file("staging").exists());
    let taken = world
        .run(&["profile", "duplicate", "acme", "staging"], "")
        .expect_code(2);
    assert!(taken.stderr.contains("staging"), "{taken}");
    world
        .run(&["profile", "delete", "staging"], "")
        .expect_code(0);
    assert!(!file("staging").exists() && file("acme").exists());
    let built_in = world.run(&["profile", "delete", "lab"], "").expect_code(2);
    assert!(built_in.stderr.contains("built-in"), "{built_in}");
}
