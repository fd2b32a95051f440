//! The screen as a picture: whole XML, the words of the screen, no secret, and the same for the same walk.

use std::fs;

use jagwalk::{
    export::trace,
    session::Session,
    ui::{
        keymap::Keymap,
        model::{Model, Start},
        panels::PANELS,
        picture::{still, svg},
        places::Places,
        theme::{Depth, Glyphs, Shelf},
    },
};

use crate::{scripted, world::World};

/// Draws what the screen shows of a session at the end of its walk, looked at in some way.
pub fn drawn(session: Session, theme: &str, look_at: impl FnOnce(&mut Model)) -> String {
    let start = Start {
        session,
        has_file: false,
        problems: Vec::new(),
        warnings: Vec::new(),
        keys: Keymap::default(),
        mouse: false,
        theme: theme.to_owned(),
        theme_chosen: true,
        shelf: Shelf::default(),
        depth: Depth::True,
        glyphs: Glyphs::UNICODE,
        share: false,
        places: Places::default(),
    };
    let mut model = still(start, (120, 40), scripted::NOW);
    look_at(&mut model);
    svg(&model)
}

/// Stores a walk and opens it again.
pub fn stored(session: &Session) -> Session {
    trace::read(&trace::write(session)).expect("what was written can be read")
}

/// Checks that every element is closed in order, every value quoted and every `&` an entity (XML 1.0 §2.1), and that
/// nothing in it runs or is fetched; returns the texts, unescaped.
#[track_caller]
fn texts(svg: &str) -> Vec<String> {
    const ENTITIES: [(&str, &str); 4] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let (mut open, mut found): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "{text:?}");
        for (at, _) in text.match_indices('&') {
            let known = ENTITIES
                .iter()
                .any(|(name, _)| text[at..].starts_with(name));
            assert!(known, "{text:?}");
        }
        if open.last() == Some(&"text") {
            let plain = ENTITIES
                .iter()
                .fold(text.to_owned(), |text, (name, c)| text.replace(name, c));
            found.push(plain);
        }
        let name = tag
            .trim_end_matches('/')
            .split(' ')
            .next()
            .unwrap_or_default();
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => {
                assert!(["svg", "title", "rect", "text"].contains(&name), "{tag}");
                assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        rest = after;
    }
    assert_eq!((open.len(), rest.trim()), (0, ""));
    for word in ["href", "url(", "on", "style="] {
        assert!(
            !svg.contains(&format!(" {word}=")) && !svg.contains("url("),
            "{word}"
        );
    }
    found
}

#[test]
fn a_picture_is_whole_and_has_the_words_of_the_screen() {
    let svg = drawn(stored(&scripted::happy()), "dark", |_| {});
    let texts = texts(&svg).join("\n");
    for words in ["jagwalk", "acme", "Findings", "stored trace", "done in"] {
        assert!(texts.contains(words), "no {words:?} in\n{texts}");
    }
    assert!(svg.contains("<title>jagwalk: xaa · acme · 7 of 7 steps done</title>"));
    // 120 columns of 9 and 40 lines of 18, and the frame.
    assert!(svg.contains("viewBox=\"0 0 1104 744\""), "{}", &svg[..200]);
}

#[test]
fn every_theme_makes_a_picture_in_its_own_colours() {
    let of = |theme: &str| drawn(scripted::happy(), theme, |_| {});
    let (dark, light) = (of("dark"), of("light"));
    texts(&dark);
    texts(&light);
    assert_ne!(dark, light);
    // They leave the background to the terminal, and a picture has none.
    let ground = |svg: &str| {
        svg.split("rx=\"8\" fill=\"")
            .nth(1)
            .map(|rest| rest[..7].to_owned())
    };
    assert_eq!(ground(&of("terminal")).as_deref(), Some("#121216"));
    assert_eq!(ground(&of("terminal-light")).as_deref(), Some("#e0e0e6"));
}

#[test]
fn the_same_trace_makes_the_same_picture_on_any_day() {
    let text = trace::write(&scripted::refused());
    let world = World::new();
    fs::write(world.home().join("walk.json"), &text).unwrap();
    for name in ["a.svg", "b.svg"] {
        let output = world.run(&["--open", "walk.json", "--screenshot", name], "");
        assert_eq!(output.code, 0, "{output}");
        assert_eq!(output.stdout, "", "{output}");
        assert!(output.stderr.contains(name), "{output}");
    }
    let read = |name: &str| fs::read_to_string(world.home().join(name)).unwrap();
    assert_eq!(read("a.svg"), read("b.svg"));
    assert_eq!(
        read("a.svg"),
        drawn(trace::read(&text).unwrap(), "dark", |_| {})
    );
    assert!(texts(&read("a.svg")).join("\n").contains("access_denied"));
}

#[test]
fn no_panel_of_a_picture_holds_a_secret() {
    let secrets = [
        scripted::SSO_SECRET,
        scripted::AS_SECRET,
        scripted::CODE,
        scripted::REFRESH,
        "eyJ",
    ];
    let session = scripted::happy();
    for step in session.steps().map(|step| step.info().id) {
        for panel in PANELS {
            let svg = drawn(session.clone(), "dark", |model| {
                let place = model.place_mut();
                (place.step, place.chosen) = (step, Some(panel.id));
                model.size = (200, 60);
            });
            texts(&svg);
            for secret in secrets {
                assert!(!svg.contains(secret), "{} of {step} holds one", panel.id);
            }
        }
    }
}

#[test]
fn the_lab_is_walked_to_its_end_without_a_terminal() {
    let world = World::new();
    let args = [
        "--profile",
        "lab",
        "--screenshot",
        "lab.svg",
        "--size",
        "80x24",
    ];
    let output = world.run(&args, "");
    assert_eq!(output.code, 0, "{output}");
    let svg = fs::read_to_string(world.home().join("lab.svg")).unwrap();
    let texts = texts(&svg).join("\n");
    assert!(texts.contains("u-1001-alice"), "{texts}");
    assert!(svg.contains("7 of 7 steps done</title>") && svg.contains("viewBox=\"0 0 744 456\""));
    assert!(!crate::world::shows_jwt(&svg));
    // Nobody used the profile but for the picture.
    let root = world.root().to_str().expect("it is UTF-8");
    let noted = world.exec("find", &[root, "-name", "last-profile"], "");
    assert_eq!(noted.stdout, "");
}

#[test]
fn a_tenant_is_drawn_and_sent_nothing() {
    let world = World::new();
    // Nobody listens there: what was sent would be seen as refused.
    world.write_config(
        "profiles/acme.toml",
        "format = 1\ntitle = \"Acme <&> Sons\"\n[idp]\nissuer = \"http://127.0.0.1:1\"\n",
    );
    let args = ["--profile", "acme", "--screenshot", "acme.svg"];
    let output = world.run(&args, "");
    assert_eq!(output.code, 0, "{output}");
    let svg = fs::read_to_string(world.home().join("acme.svg")).unwrap();
    let texts = texts(&svg).join("\n");
    assert!(texts.contains("Acme <&> Sons"), "{texts}");
    assert!(svg.contains(" · 0 of 7 steps done"), "{}", &svg[..400]);
}

#[test]
fn a_picture_that_cannot_be_made_is_a_mistake_in_what_was_given() {
    let world = World::new();
    for args in [
        &["--screenshot", "no-such-folder/a.svg"][..],
        &["--screenshot", "a.svg", "--size", "80"],
        &["--screenshot", "a.svg", "--size", "0x24"],
        &["--size", "80x24"],
        &["--screenshot", "a.svg", "--plain"],
        &["--screenshot", "a.svg", "--open", "none.json"],
    ] {
        let output = world.run(args, "");
        assert_eq!(output.code, 2, "{args:?}: {output}");
    }
    assert!(!world.home().join("a.svg").exists());
}
