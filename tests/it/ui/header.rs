//! The first line of the screen: what must not be overlooked is there in words and colour, however narrow it is.

use jagwalk::{
    profile::{Profile, fields},
    ui::theme::Role,
};
use ratatui::buffer::Buffer;

use super::desk::{Desk, Sham, tenant};
use crate::{pty::Pty, world::World};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

fn with(set: &[(jagwalk::profile::FieldPath, &str)]) -> Profile {
    let mut profile = tenant();
    for (field, text) in set {
        profile.edit(*field, text).expect("it fits the field");
    }
    profile
}

/// Returns the style of a text of the first line, which has to be there whole.
#[track_caller]
fn first_line_has(desk: &Desk<Sham>, text: &str, role: Role) {
    let cells: Buffer = desk.cells();
    let width = cells.area.width;
    let line: Vec<&str> = (0..width).map(|x| cells[(x, 0)].symbol()).collect();
    let whole = line.concat();
    let at = whole
        .find(text)
        .unwrap_or_else(|| panic!("no {text:?} in {whole:?}"));
    let x = u16::try_from(whole[..at].chars().count()).unwrap();
    let style = desk.engine.model.look.style(role);
    assert_eq!(
        cells[(x, 0)].style().fg,
        style.fg.or(cells[(0, 1)].style().fg),
        "{whole:?}"
    );
    assert!(
        style.fg.is_some() || style.bg.is_some(),
        "{role:?} has no colour of its own"
    );
}

#[test]
fn production_and_unverified_certificates_are_marked_at_every_size_and_on_every_page() {
    let profile = with(&[
        (
            fields::TITLE,
            "The tenant of Acme whose title is far too long for any line of a small terminal, or of a large one",
        ),
        (fields::ENVIRONMENT, "prod"),
        (fields::NETWORK_INSECURE, "true"),
        (
            fields::NETWORK_PROXY,
            "http://ada:hunter2@proxy.corp.example:3128",
        ),
    ]);
    for size in SIZES {
        let mut desk = Desk::sham(profile.clone(), 404, "{}", size);
        for keys in [
            "", "m", "z", "<esc>", "p", "<esc>", "P", "<esc>", "?", "<esc>", "l", "n",
        ] {
            desk.keys(keys);
            first_line_has(&desk, "production", Role::MarkProd);
            first_line_has(&desk, "TLS not verified", Role::MarkInsecure);
            first_line_has(&desk, "proxy", Role::Text);
            first_line_has(&desk, "The", Role::Text);
            desk.sees_no("hunter2");
        }
        if size.0 >= 120 {
            desk.keys("m").sees("proxy proxy.corp.example:3128");
        }
    }
}

#[test]
fn the_proxy_of_the_environment_is_marked_where_something_goes_through_it() {
    let world = World::new().with_env("https_proxy", "http://ada:hunter2@proxy.example:3128");
    world.write_config(
        "profiles/far.toml",
        "format = 1\n[idp]\nissuer = \"https://idp.example\"\n",
    );
    let mut pty = Pty::start(&world, &["--profile", "far"], 24, 80);
    pty.wait_for("proxy proxy.example:3128");
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("hunter2"));
    // What stays on this machine goes straight.
    let mut pty = Pty::start(&world, &["--profile", "lab"], 24, 80);
    pty.wait_for("ready");
    assert!(!pty.screen().contains("proxy"), "{}", pty.screen());
}

#[test]
fn a_title_gives_way_and_short_ones_stay_whole() {
    let mut desk = Desk::sham(with(&[(fields::ENVIRONMENT, "test")]), 404, "{}", (60, 16));
    desk.sees("jagwalk  xaa · Acme · test");
    let wide = with(&[(
        fields::TITLE,
        "Tenant número uno of the whole wide world and beyond it",
    )]);
    desk = Desk::sham(wide, 404, "{}", (60, 16));
    desk.sees("jagwalk  xaa · Tenant número uno of")
        .sees("… · test");
}
