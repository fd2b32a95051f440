//! The demands on every theme in the program: whole at every depth, readable, and nothing said by colour alone.

use ratatui::style::{Color, Modifier, Style};

use super::{
    Depth, EMBEDDED, Glyphs, Look, Mood, Role, Shelf,
    depth::{Rgb, contrast, luminance, rgb_of, rgb_of_256},
};

fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

fn look(name: &str, depth: Depth) -> Look {
    let (theme, mistakes) = Shelf::default().load(name);
    assert_eq!(mistakes, [], "{name}");
    Look::new(&theme, depth, Glyphs::UNICODE)
}

fn mood(name: &str) -> Option<Mood> {
    Shelf::default().load(name).0.mood()
}

/// Returns the colour where it is not for the user's terminal to choose.
fn rgb(color: Color) -> Option<Rgb> {
    match color {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(rgb_of_256(index)),
        _ => None,
    }
}

/// Returns what a role looks like on the ground and, unless it is drawn over everything or is no text, on the selected
/// row.
fn on_both(look: &Look, role: Role) -> Vec<Style> {
    let style = look.ground().patch(look.style(role));
    let own = look.style(role).bg.is_some() || role == Role::Border;
    let selected = (!own).then(|| style.patch(look.style(Role::Selection)));
    std::iter::once(style).chain(selected).collect()
}

#[test]
fn there_are_themes_for_every_mood() {
    let count = |wanted| names().filter(|name| mood(name) == wanted).count();
    assert!(count(Some(Mood::Dark)) >= 4 && count(Some(Mood::Light)) >= 4);
    assert!(count(None) >= 2);
    for (name, text) in EMBEDDED {
        let (theme, _) = Shelf::default().load(name);
        assert!(
            text.starts_with("# ") && theme.about.ends_with('.'),
            "{name}"
        );
        assert_ne!(theme.title, *name, "it has a title");
    }
}

#[test]
fn every_role_resolves_at_every_depth() {
    for name in names() {
        for depth in Depth::ALL {
            let look = look(name, depth);
            for &role in Role::ALL {
                let style = look.style(role);
                let colours = [style.fg, style.bg, look.ground().fg, look.ground().bg];
                for colour in colours.into_iter().flatten() {
                    let fits = match depth {
                        Depth::None => false,
                        Depth::Sixteen => rgb(colour).is_none(),
                        Depth::Indexed => !matches!(colour, Color::Rgb(..)),
                        Depth::True => true,
                    };
                    assert!(fits, "{name} {depth:?} {role:?} {colour:?}");
                }
            }
        }
    }
}

#[test]
fn what_no_word_or_mark_says_is_seen_at_every_depth() {
    // Everything else has a word or a mark beside it; these are said by their style alone.
    let pairs = [
        (Role::Selection, Role::Text),
        (Role::FindMatch, Role::Text),
        (Role::FindMatch, Role::Selection),
        (Role::FieldFocus, Role::FieldValue),
        (Role::FieldInvalid, Role::FieldValue),
        (Role::TabCurrent, Role::Tab),
        (Role::RailCurrent, Role::Text),
        (Role::HintKey, Role::HintText),
    ];
    for name in names() {
        for depth in Depth::ALL {
            let look = look(name, depth);
            for (one, other) in pairs {
                let seen = |role| look.ground().patch(look.style(role));
                assert_ne!(seen(one), seen(other), "{name} {depth:?} {one:?} {other:?}");
            }
        }
    }
}

#[test]
fn what_differs_in_meaning_differs_in_look_wherever_there_are_colours() {
    // Each has a mark or a word beside it as well, so that without colours nothing is lost.
    let groups: &[&[Role]] = &[
        &[
            Role::FindingError,
            Role::FindingWarning,
            Role::FindingNote,
            Role::StepDone,
        ],
        &[
            Role::StepDone,
            Role::StepRefused,
            Role::StepStale,
            Role::StepSkipped,
        ],
        &[
            Role::StepWaiting,
            Role::StepFailed,
            Role::StepStale,
            Role::StepReady,
        ],
        &[
            Role::SignatureVerified,
            Role::SignatureFailed,
            Role::SignatureUnchecked,
        ],
        &[Role::TimeSoon, Role::TimePast, Role::Text],
        &[Role::MarkProd, Role::MarkInsecure, Role::Text],
    ];
    for name in names().filter(|name| *name != "no-colour") {
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
            let look = look(name, depth);
            let seen = |role| look.ground().patch(look.style(role));
            for group in groups {
                for (at, one) in group.iter().enumerate() {
                    for other in &group[at + 1..] {
                        assert_ne!(
                            seen(*one),
                            seen(*other),
                            "{name} {depth:?} {one:?} {other:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn only_colours_of_their_own_are_where_the_ground_is_the_terminals() {
    for name in ["terminal", "terminal-light", "no-colour"] {
        let look = look(name, Depth::True);
        assert_eq!(look.ground().bg, None, "{name}");
        for &role in Role::ALL {
            let style = look.style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert_eq!(rgb(colour), None, "{name} {role:?}");
            }
        }
    }
}

#[test]
fn every_text_is_readable_on_its_ground_and_on_the_selected_row() {
    let (mut tried, mut found) = (0, Vec::new());
    for name in names() {
        for depth in [Depth::True, Depth::Indexed] {
            let look = look(name, depth);
            if look.ground().bg.and_then(rgb).is_none() {
                continue;
            }
            tried += 1;
            let strict = name.starts_with("high-contrast");
            for &role in Role::ALL {
                // A line is no text: WCAG 2 §1.4.11 asks for three, where the line is needed at all.
                let least = match role {
                    Role::Border if strict => 3.0,
                    Role::Border => 2.0,
                    _ if strict => 7.0,
                    _ => 4.5,
                };
                for style in on_both(&look, role) {
                    let fg = style.fg.and_then(rgb).expect("every role has a colour");
                    let bg = style.bg.and_then(rgb).expect("the ground is beneath");
                    let ratio = contrast(fg, bg);
                    if ratio < least {
                        found.push(format!("{name} {depth:?} {role:?} {style:?}: {ratio:.2}"));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(tried, 16, "all with a ground of their own");
}

#[test]
fn with_sixteen_colours_as_xterm_has_them_all_can_be_read() {
    for name in names() {
        let assumed = match mood(name) {
            Some(Mood::Light) => [255; 3],
            _ => [0; 3],
        };
        let look = look(name, Depth::Sixteen);
        for &role in Role::ALL {
            let style = look.ground().patch(look.style(role));
            let shown = |color: Option<Color>, default| color.and_then(rgb_of).unwrap_or(default);
            let letters = assumed.map(|part| 255 - part);
            let ratio = contrast(shown(style.fg, letters), shown(style.bg, assumed));
            // What the user's terminal makes of its sixteen is its own affair; xterm's red on black has 3.6.
            let least = if name == "terminal-light" { 4.5 } else { 3.0 };
            assert!(ratio >= least, "{name} {role:?}: {ratio:.2}");
        }
    }
}

#[test]
fn the_light_of_a_qr_code_is_light_on_every_ground() {
    for name in names() {
        let Some(mood) = mood(name) else { continue };
        for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
            let look = look(name, depth);
            let style = look.ground().patch(look.style(Role::Qr));
            let reversed = style.add_modifier.contains(Modifier::REVERSED);
            let shown = |color: Option<Color>| color.and_then(rgb_of).map(luminance);
            let light = match (shown(style.fg), shown(style.bg)) {
                (Some(fg), Some(bg)) => fg > bg,
                // The terminal's own letters, which are dark on a light ground.
                _ => mood == Mood::Dark,
            };
            assert!(light != reversed, "{name} {depth:?} {style:?}");
        }
    }
}

#[test]
fn a_theme_without_colours_still_stresses_what_stops_you() {
    let look = look("no-colour", Depth::True);
    for role in [
        Role::FindingError,
        Role::StepRefused,
        Role::SignatureFailed,
        Role::TimePast,
    ] {
        assert!(
            look.style(role).add_modifier.contains(Modifier::BOLD),
            "{role:?}"
        );
    }
}
