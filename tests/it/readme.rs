//! The README says what the code's own tables say, and names the command that CI runs.

use std::{fmt::Write as _, fs, path::Path};

use jagwalk::{
    cli::{faults::fault_table_markdown, themes::theme_table_markdown},
    flow::{Step, StepId, flows::FLOWS},
    profile::fields::field_table_markdown,
    ui::keymap::key_table_markdown,
};

use crate::{picture, scripted};

/// The picture at the top of the page.
const PICTURE: &str = "tests/it/fixtures/walk.svg";

fn flow_table() -> String {
    let mut out = String::from("| flow | steps | written in |\n|---|---|---|\n");
    for flow in FLOWS {
        let name = |step: &dyn Step| format!("`{}`", step.info().id);
        let steps: Vec<String> = flow
            .steps()
            .filter(|step| step.when().is_none())
            .map(name)
            .collect();
        let asked: Vec<String> = flow
            .steps()
            .filter_map(|step| Some(format!("{} when {}", name(step), step.when()?)))
            .collect();
        let more = if asked.is_empty() {
            String::new()
        } else {
            format!("; only where asked for: {}", asked.join(", "))
        };
        let _ = writeln!(
            out,
            "| `{}`: {} | {}{more} | {} |",
            flow.id.0,
            flow.about,
            steps.join(" "),
            flow.spec.join(", ")
        );
    }
    out
}

/// With `JAGWALK_BLESS=1` the tables are written instead of compared.
#[test]
fn the_tables_are_the_codes_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("there is a README");
    let mut wanted = readme.clone();
    for (name, table) in [
        ("flows", flow_table()),
        ("faults", fault_table_markdown()),
        ("keys", key_table_markdown()),
        ("fields", field_table_markdown()),
        ("themes", theme_table_markdown()),
    ] {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let start = wanted
            .find(&open)
            .unwrap_or_else(|| panic!("the README has {open}"))
            + open.len();
        let end = wanted
            .find(&close)
            .unwrap_or_else(|| panic!("the README has {close}"));
        wanted.replace_range(start..end, &format!("{}\n", table.trim_end()));
    }
    if std::env::var_os("JAGWALK_BLESS").is_some() {
        fs::write(&path, &wanted).expect("the README can be written");
    } else {
        assert!(
            readme == wanted,
            "the README's tables are old: JAGWALK_BLESS=1 cargo test readme"
        );
    }
}

/// With `JAGWALK_BLESS=1` the picture is drawn instead of compared.
#[test]
fn the_picture_is_the_programs_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("there is a README");
    assert!(readme.contains(&format!("]({PICTURE})")), "it is not shown");
    let wanted = picture::drawn(picture::stored(&scripted::happy()), "dark", |model| {
        let place = model.place_mut();
        place.step = StepId("id-jag");
        place.chosen = Some("tokens");
        model.size = (120, 36);
    });
    let path = root.join(PICTURE);
    if std::env::var_os("JAGWALK_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(&path, &wanted).expect("the picture can be written");
    } else {
        let drawn = fs::read_to_string(&path).expect("there is a picture");
        assert!(
            drawn == wanted,
            "the README's picture is old: JAGWALK_BLESS=1 cargo test readme"
        );
    }
}

#[test]
fn ci_runs_the_readmes_test_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("there is a README");
    let ci = fs::read_to_string(root.join(".ci/run")).expect("there is a CI script");
    let after = readme
        .split("The tests:")
        .nth(1)
        .expect("the README has its tests command");
    let command = after
        .split("```sh\n")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .expect("a command");
    assert!(
        ci.lines().any(|line| line.trim() == command),
        "{command} is not a line of .ci/run"
    );
}
