//! QR codes on the screen of the real program: read back from its cells by a decoder.

use crate::{pty::Pty, qr, world::World};

/// Returns what the QR code on the screen says, if there is one that can be read.
fn scanned(screen: &str) -> Option<String> {
    let rows: Vec<Vec<char>> = screen.lines().map(|line| line.chars().collect()).collect();
    let dot = |c: &char| matches!(c, '█' | '▀' | '▄');
    let lines = || rows.iter().filter(|row| row.iter().any(dot));
    let left = lines().filter_map(|row| row.iter().position(dot)).min()?;
    let code: Vec<String> = lines().map(|row| row.iter().skip(left).collect()).collect();
    qr::decode(&code)
}

/// Opens a lab profile and walks to its sign-in.
#[track_caller]
fn waiting(world: &World, sso: &str, (rows, cols): (u16, u16), text: &str) -> Pty {
    world.write_config(
        "profiles/mine.toml",
        &format!("format = 1\nlab = true\n\n[sso]\n{sso}\n"),
    );
    let mut pty = Pty::start(world, &["--profile", "mine"], rows, cols);
    pty.wait_for("ready");
    pty.send("R");
    pty.wait_for(text);
    pty
}

#[test]
fn the_page_of_the_device_shows_a_code_that_leads_to_the_address_with_the_code_in_it() {
    let world = World::new();
    let mut pty = waiting(&world, "login = \"device\"", (24, 80), "enter the code:");
    // A page is written in pieces; the code is whole when it can be read.
    pty.wait_until(|screen| scanned(&screen.contents()).is_some());
    let screen = pty.screen();
    let line = |wanted: &dyn Fn(&str) -> bool| {
        let found = screen.lines().map(str::trim_end).find(|line| wanted(line));
        found
            .unwrap_or_else(|| panic!("no such line on\n{screen}"))
            .to_owned()
    };
    let address = line(&|line| line.starts_with("http://"));
    // `    W D J B - M J H T`, before the QR code.
    let spaced = line(&|line| line.starts_with("    ") && line.contains(" - "));
    let code: String = spaced
        .chars()
        .take_while(char::is_ascii)
        .filter(|c| !c.is_whitespace())
        .collect();
    assert_eq!(code.len(), 9, "{screen}");
    assert_eq!(
        scanned(&screen),
        Some(format!("{address}?user_code={code}")),
        "{screen}"
    );

    // Where it does not fit, that is said, and the address and the code stay.
    pty.resize(16, 60);
    pty.wait_for("A QR code of the address needs ");
    pty.wait_until(|screen| scanned(&screen.contents()).is_none());
    let screen = pty.screen();
    assert!(
        screen.contains(&address) && screen.contains(spaced[..24].trim_end()),
        "{screen}"
    );
    assert_eq!(scanned(&screen), None);
}

const SHOWN: &str = "login = \"show\"\nredirect_uri = \"http://127.0.0.1:0/callback\"\nparams = { login_hint = \"alice\" }";

/// Copies the address, and returns it.
#[track_caller]
fn copied(pty: &mut Pty) -> String {
    pty.send("c");
    pty.wait_for("Sent to the terminal");
    pty.copied().pop().expect("it was copied")
}

#[test]
fn a_large_terminal_shows_the_whole_authorize_address_as_a_code() {
    let world = World::new();
    let mut pty = waiting(&world, SHOWN, (60, 200), "left. Esc cancels");
    let address = copied(&mut pty);
    pty.send("Q");
    pty.wait_for("as a QR code");
    pty.wait_until(|screen| scanned(&screen.contents()).is_some());
    assert_eq!(scanned(&pty.screen()), Some(address), "{}", pty.screen());
}

#[test]
fn a_small_terminal_shows_the_whole_address_raw_and_says_how_large_the_code_would_be() {
    let world = World::new();
    let mut pty = waiting(&world, SHOWN, (24, 80), "left. Esc cancels");
    let address = copied(&mut pty);
    let raw: String = pty
        .screen()
        .lines()
        .skip_while(|line| !line.starts_with("http://"))
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(raw, address);
    pty.send("Q");
    pty.wait_for("As a QR code the address needs a screen of ");
    pty.wait_until(|screen| {
        let text = screen.contents();
        let after = text.split("needs a screen of ").nth(1).unwrap_or_default();
        after.contains(';')
    });
    let screen = pty.screen();
    assert_eq!(scanned(&screen), None, "{screen}");
    // The size it names is enough, and one line less is not.
    let after = screen
        .split("needs a screen of ")
        .nth(1)
        .expect("it stands there");
    let size: Vec<u16> = after
        .split(|c: char| !c.is_ascii_digit())
        .take(2)
        .map(|number| number.parse().expect("a size"))
        .collect();
    pty.resize(size[1] - 1, size[0].max(80));
    pty.wait_for(&format!("this one is {}x{}.", size[0].max(80), size[1] - 1));
    pty.resize(size[1], size[0].max(80));
    pty.wait_until(|screen| scanned(&screen.contents()) == Some(address.clone()));
}
