//! Lists that list fewer, what the footer offers, and what is said of a key that does nothing.

use jagwalk::{
    flow::flows::FLOWS,
    lab::FAULTS,
    lint,
    profile::fields,
    session::Transport,
    ui::{
        action::{ACTIONS, Scope, why_not},
        keymap::{Key, hints},
        layout,
        model::Model,
        rows::Goes,
        theme::{Glyphs, Role},
    },
};

use super::desk::{Desk, tenant};

fn hinted(desk: &Desk<impl Transport>, text: &str) -> bool {
    hints(&desk.engine.model)
        .iter()
        .any(|(_, says)| *says == text)
}

/// Returns the places in the list that lead somewhere, each as often as it begins an entry.
fn listed(model: &Model) -> Vec<Goes> {
    let (width, _) = layout::rows_area(model);
    let mut goes: Vec<Goes> = Vec::new();
    let mut before = None;
    for row in model.rows(width).iter() {
        if row.goes != before {
            goes.extend(row.goes);
        }
        before = row.goes;
    }
    goes
}

#[test]
fn the_next_match_is_offered_only_where_there_is_one_and_its_key_starts_no_walk() {
    let mut desk = Desk::sham(tenant(), 404, "{\"a\":1}", (80, 24));
    desk.keys("<enter>/404<enter>");
    assert!(hinted(&desk, "next match"));
    desk.keys("<esc>/nowhere<enter>").sees("no match");
    assert!(!hinted(&desk, "next match") && hinted(&desk, "stop finding"));
    for key in ["n", "N"] {
        desk.keys(key)
            .sees("There is no `nowhere` here; Esc stops finding.")
            .sees_no("Walk 2");
    }
    desk.keys("<esc>n").sees("Walk 2");
}

#[test]
fn a_fault_stands_once_however_it_is_looked_for() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F").sees("lists fewer, Enter switches one");
    assert!(
        matches!(desk.engine.model.under.goes, Some(Goes::Fault(_))),
        "it opens on a fault"
    );
    assert!(hinted(&desk, "switch") && !hinted(&desk, "choose"));
    let all = listed(&desk.engine.model);
    for query in [
        "typ idjag missing",
        "ID-JAG typ Missing",
        "id_jag_typ_missing",
    ] {
        desk.keys("/").paste(query);
        desk.keys("<enter>")
            .sees("1 of 1")
            .sees("idp-idjag-typ-missing");
        for says in [
            "idp-idjag-typ-missing is on for every request from now on.",
            "idp-idjag-typ-missing is off.",
        ] {
            desk.keys("<enter>").sees(says).sees("1 of 1");
            assert_eq!(listed(&desk.engine.model).len(), 1, "{}", desk.screen());
        }
        // The list is whole again, and the cursor still on it.
        let fault = desk.engine.model.under.goes;
        desk.keys("<enter><esc>");
        assert_eq!(desk.engine.model.under.goes, fault);
        assert_eq!(listed(&desk.engine.model).len(), all.len());
        desk.keys("<enter>");
    }
}

#[test]
fn what_is_listed_fewer_is_lit() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F/idjag typ missing<enter>");
    let (buffer, style) = (desk.cells(), desk.engine.model.look.style(Role::FindMatch));
    let lit: String = buffer
        .content
        .iter()
        .filter(|cell| {
            cell.style().bg == style.bg && cell.style().add_modifier.contains(style.add_modifier)
        })
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert!(lit.contains("ID-JAG") && lit.contains("idjag"), "{lit}");
}

#[test]
fn the_palette_takes_a_name_however_it_is_written() {
    for typed in ["IDJAG-TYP", "idjagtyp", "id-jag_typ", "typ id jag"] {
        let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
        desk.keys(":").paste(typed);
        desk.sees("IDJAG-TYP");
    }
}

#[test]
fn the_help_begins_with_what_can_be_done_and_says_why_the_rest_cannot() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("<enter>").sees("[Answer");
    let can: Vec<bool> = ACTIONS
        .iter()
        .map(|entry| why_not(&desk.engine.model, entry).is_none())
        .collect();
    desk.keys("?");
    let (width, height) = layout::rows_area(&desk.engine.model);
    let rows = desk.engine.model.rows(width);
    let texts: Vec<String> = rows.iter().map(jagwalk::ui::rows::Row::plain).collect();
    let not_now = texts.iter().position(|text| text == "not now").unwrap();
    assert!(
        not_now > height,
        "what cannot be done is not on the first page"
    );
    for (entry, can) in ACTIONS.iter().zip(can) {
        let its = |row: &&jagwalk::ui::rows::Row| row.copy == Some(entry.id.into());
        let at = rows.iter().position(|row| its(&row)).unwrap();
        let here = matches!(entry.scope, Scope::Walk | Scope::Rows | Scope::Everywhere);
        if here && !can {
            assert!(at > not_now, "{}", entry.id);
            let muted = |row: &jagwalk::ui::rows::Row| {
                row.spans
                    .iter()
                    .all(|(role, text)| *role == Role::Muted || text.trim().is_empty())
            };
            assert!(muted(&rows[at]), "{}", entry.id);
        }
    }
    desk.keys("/withdraw<enter>")
        .sees("not now")
        .sees("Nothing was\n                      handed in for this step.");
    // A key that does something else here is no key of it.
    let at = |text: &str| texts.iter().position(|line| line.contains(text));
    assert!(at("Starts a browser on the address") > Some(not_now));
}

#[test]
fn the_help_is_looked_through_by_name_and_word_and_tells_the_marks() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    for query in [
        "send-to-end",
        "sendtoend",
        "TO_END",
        "step every send",
        "to the end",
    ] {
        desk.keys("?/").paste(query);
        desk.keys("<enter>").sees("Sends every step that is left");
        desk.keys("<esc><esc>");
    }
    desk.engine.model.look.glyphs = Glyphs::ASCII;
    desk.keys("?/done verified<enter>").sees(" +   ");
}

#[test]
fn a_key_that_does_nothing_says_why() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    for (keys, says) in [
        ("<esc>", "There is nothing to go back from."),
        ("<space>", "Nothing here can be folded."),
        ("b", "No sign-in waits for a browser."),
        (
            "d",
            "d copies a profile under a new name, in the list of profiles (p): not here.",
        ),
        ("X", "No action has the key X; ? lists them."),
        ("+", "Only the diagram is played; D shows it."),
        ("N", "Nothing is looked for; / finds a text."),
        (".", "There is no later attempt."),
        (
            "fR",
            "R sends every step that is left, to the end, on the walk: not here.",
        ),
        ("r", "r is check-again, which can do nothing here."),
        (
            "<esc>e<enter>x<enter>qs",
            "This is a question: y or n answers it.",
        ),
    ] {
        desk.keys(keys).sees(says);
    }
}

#[test]
fn no_key_at_all_is_silent() {
    let keys: Vec<Key> = (' '..='~')
        .map(|c| Key::plain(crossterm::event::KeyCode::Char(c)))
        .chain(
            ["<enter>", "<esc>", "<tab>", "<f5>"]
                .map(|name| Key::parse(name.trim_matches(['<', '>'])).expect("it is a key")),
        )
        .collect();
    for place in ["", "<tab>", "f", "p", "?", "y", "a", "C", "L"] {
        for key in &keys {
            let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
            desk.keys(place);
            let before = desk.screen();
            desk.press(*key);
            let moves = ACTIONS.iter().any(|entry| {
                let its = desk.engine.model.keys.of(entry.action);
                its.iter().any(|keys| keys.first == *key)
                    && entry.scope.holds_in(desk.engine.model.context())
            });
            let quiet = desk.engine.model.screen.toast.is_none() && before == desk.screen();
            assert!(!quiet || moves || desk.left, "{place:?} {key}");
        }
    }
}

#[test]
fn the_way_back_stands_in_the_footer_whatever_else_does() {
    for size in [(60, 16), (80, 24)] {
        let mut desk = Desk::sham(tenant(), 404, "{}", size);
        desk.keys("e<enter><ctrl-u>https://other.example<enter>M");
        assert!(desk.engine.model.opened().is_dirty());
        for place in ["p", "P", "f", "y", "a", "T", "?"] {
            desk.keys(place);
            let screen = desk.screen();
            let foot = screen.lines().last().unwrap_or_default();
            assert!(
                foot.contains("Esc back") && (foot.contains("? help") || place == "?"),
                "{place}: {foot}"
            );
            desk.keys("<esc>");
        }
    }
}

#[test]
fn what_can_follow_a_key_is_told_to_its_end() {
    for size in [(60, 24), (80, 24)] {
        let mut desk = Desk::sham(tenant(), 404, "{}", size);
        desk.keys("'");
        let screen = desk.screen();
        let from = screen
            .lines()
            .position(|line| line.trim() == "' …")
            .expect("it is open");
        for line in screen
            .lines()
            .skip(from + 1)
            .take_while(|line| !line.contains('─'))
        {
            assert!(!line.contains('…'), "{screen}");
        }
        desk.sees("Shows the request")
            .sees("Shows the tokens")
            .sees_no("pressed again");
    }
}

#[test]
fn the_copy_menu_says_of_every_secret_that_it_is_one() {
    for size in [(60, 16), (80, 24)] {
        let mut desk = Desk::lab(size);
        desk.keys("R");
        let mut secrets = 0;
        for _ in 0..7 {
            desk.keys("y").sees("It begins: ").sees_no(" .\n");
            let (width, _) = layout::rows_area(&desk.engine.model);
            for row in desk.engine.model.rows(width).iter() {
                assert!(row.width() <= usize::from(width), "{}", row.plain());
                secrets += usize::from(row.plain().contains("secret"));
            }
            desk.keys("<esc>K");
        }
        assert!(secrets > 10, "{secrets}");
    }
}

#[test]
fn what_finding_does_is_told_to_its_end() {
    for size in [(60, 16), (80, 24)] {
        let mut desk = Desk::sham(tenant(), 404, "{}", size);
        desk.keys("/").sees("Enter finds, Esc back");
    }
}

#[test]
fn what_is_compared_is_handed_off_once() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/idp-idjag-typ<enter><enter><esc><esc>R")
        .sees("invalid_grant");
    desk.keys("H").sees("For the administrator of the IdP");
    let screen = desk.screen();
    // The server’s own words may say it, too.
    for word in ["  expected  ", "  received  "] {
        assert_eq!(screen.matches(word).count(), 1, "{screen}");
    }
    desk.sees_no(": expected ");
}

#[test]
fn prose_has_one_kind_of_apostrophe() {
    let actions = ACTIONS.iter().map(|entry| entry.about);
    let rules = lint::rules::all().flat_map(|rule| [rule.title, rule.why, rule.cause, rule.fix]);
    let fields = fields::FIELDS.iter().map(|field| field.help);
    let flows = FLOWS.iter().flat_map(|flow| [flow.title, flow.about]);
    let steps = FLOWS.iter().flat_map(|flow| flow.steps());
    let steps = steps.flat_map(|step| [step.info().title, step.info().short, step.info().why]);
    let faults = FAULTS.iter().map(|fault| fault.title);
    for says in actions
        .chain(rules)
        .chain(fields)
        .chain(flows)
        .chain(steps)
        .chain(faults)
    {
        let chars: Vec<char> = says.chars().collect();
        let straight = chars
            .windows(3)
            .any(|three| three[1] == '\'' && three[0].is_alphabetic() && three[2].is_alphabetic());
        assert!(!straight, "{says}");
    }
}

#[test]
fn a_fault_is_switched_by_its_name_from_anywhere_and_one_of_another_flow_says_so() {
    let mut desk = Desk::lab((120, 40));
    desk.keys(":idp-idjag-aud-slash").sees("fault");
    desk.keys("<enter>")
        .sees("idp-idjag-aud-slash is on for every request from now on.")
        .sees("fault: idp-idjag-aud-slash");
    desk.keys(":idp-idjag-aud-slash").sees("fault on");
    desk.keys("<enter>").sees("idp-idjag-aud-slash is off.");
    desk.keys("F/actor-token-aud<enter>")
        .sees("(in delegation)");
    desk.keys("<enter>")
        .sees("actor-token-aud is on, but it shows in the flow delegation; f leads there.");
}

#[test]
fn a_dash_at_the_end_looks_for_what_begins_so() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/as-<enter>");
    let model = &desk.engine.model;
    let listed = |id: &str| desk.screen().contains(id);
    assert!(
        listed("as-at-expired") || listed("as-client"),
        "{}",
        desk.screen()
    );
    assert!(!listed("redirect-iss-missing"), "{}", desk.screen());
    assert!(model.under.goes.is_some());
}

#[test]
fn a_page_moves_what_is_seen_and_the_cursor_with_it() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("?");
    let (scroll, cursor) = {
        let state = desk.engine.model.rows_state();
        (state.scroll, state.cursor)
    };
    desk.keys("<pgdn>");
    let after = desk.engine.model.rows_state();
    assert!(after.scroll > scroll);
    assert_eq!(after.scroll - scroll, after.cursor - cursor);
    desk.keys("<pgup>");
    let back = desk.engine.model.rows_state();
    assert_eq!((back.scroll, back.cursor), (scroll, cursor));
}

#[test]
fn on_the_curl_the_curl_is_copied_first_and_no_sentence_is_a_value() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("2'cgy").sees("1 the cURL");
    desk.keys("<esc>'ig")
        .keys("y")
        .sees_no("the value under the cursor")
        .sees("the line under the cursor");
}
