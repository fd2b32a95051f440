//! How many colours there are: decided once, from values handed in, and every colour of a theme brought down to it.

use ratatui::style::Color;

use super::Lookup;

/// How many colours the terminal may be sent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Depth {
    /// No colour: bold, underline, reverse and dim only.
    None,
    /// The sixteen that the user's terminal defines.
    Sixteen,
    /// A cube of 216 colours and a ramp of 24 greys.
    Indexed,
    /// Any colour.
    True,
}

/// What `--color` and the configuration can say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ColorChoice {
    /// The environment decides.
    #[default]
    Auto,
    /// Colours, whatever `NO_COLOR` says; how many, the environment decides.
    Always,
    /// No colour.
    Never,
}

impl ColorChoice {
    /// The words on the command line and in the configuration.
    pub const WORDS: [&'static str; 3] = ["auto", "always", "never"];

    /// Reads one of [`ColorChoice::WORDS`].
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Self::Auto),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}

impl Depth {
    /// Every depth, from none to all.
    pub const ALL: [Depth; 4] = [Self::None, Self::Sixteen, Self::Indexed, Self::True];

    /// Decides: the flag, then the configuration, then `NO_COLOR`, `COLORTERM` and `TERM`, else sixteen.
    pub fn decide(flag: Option<ColorChoice>, config: Option<ColorChoice>, env: Lookup<'_>) -> Self {
        match flag.or(config).unwrap_or_default() {
            ColorChoice::Never => Self::None,
            ColorChoice::Always => Self::of_terminal(env).max(Self::Sixteen),
            ColorChoice::Auto if set(env, "NO_COLOR").is_some() => Self::None,
            ColorChoice::Auto => Self::of_terminal(env),
        }
    }

    fn of_terminal(env: Lookup<'_>) -> Self {
        let term = set(env, "TERM").unwrap_or_default();
        // GNU screen hands COLORTERM of the terminal outside on and then garbles true colour.
        let in_screen = set(env, "STY").is_some() && set(env, "TMUX").is_none();
        let colorterm = set(env, "COLORTERM").filter(|_| !in_screen);
        if colorterm.is_some_and(|word| matches!(word.as_str(), "truecolor" | "24bit")) {
            return Self::True;
        }
        match term.as_str() {
            "dumb" => Self::None,
            "alacritty" | "contour" | "foot" | "wezterm" | "xterm-ghostty" | "xterm-kitty" => {
                Self::True
            }
            _ if term.ends_with("-direct") => Self::True,
            _ if term.contains("256color") => Self::Indexed,
            _ if term.ends_with("-m") || term.ends_with("-mono") => Self::None,
            "vt52" | "vt100" | "vt102" | "vt220" | "vt320" => Self::None,
            _ => Self::Sixteen,
        }
    }
}

/// Returns a variable that is set to something.
fn set(env: Lookup<'_>, name: &str) -> Option<String> {
    env(name).filter(|value| !value.is_empty())
}

/// One of the sixteen colours that the user's terminal defines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ansi(pub(super) u8);

impl Ansi {
    /// The names that themes use, by number.
    pub const NAMES: [&'static str; 16] = [
        "black",
        "red",
        "green",
        "yellow",
        "blue",
        "magenta",
        "cyan",
        "white",
        "bright-black",
        "bright-red",
        "bright-green",
        "bright-yellow",
        "bright-blue",
        "bright-magenta",
        "bright-cyan",
        "bright-white",
    ];

    /// Reads one of [`Ansi::NAMES`]; `gray` and `grey` are `bright-black`.
    pub fn from_name(name: &str) -> Option<Self> {
        if matches!(name, "gray" | "grey") {
            return Some(Self(8));
        }
        (0..)
            .zip(Self::NAMES)
            .find(|(_, known)| *known == name)
            .map(|(number, _)| Self(number))
    }

    fn color(self) -> Color {
        match self.0 {
            0 => Color::Black,
            1 => Color::Red,
            2 => Color::Green,
            3 => Color::Yellow,
            4 => Color::Blue,
            5 => Color::Magenta,
            6 => Color::Cyan,
            7 => Color::Gray,
            8 => Color::DarkGray,
            9 => Color::LightRed,
            10 => Color::LightGreen,
            11 => Color::LightYellow,
            12 => Color::LightBlue,
            13 => Color::LightMagenta,
            14 => Color::LightCyan,
            _ => Color::White,
        }
    }
}

/// A colour as a theme states it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Paint {
    /// The terminal's own colour for text or background.
    Default,
    /// One of the terminal's sixteen.
    Ansi(Ansi),
    /// A colour of its own, and the one of the sixteen to stand in for it; none takes the nearest.
    Rgb(Rgb, Option<Ansi>),
}

/// Red, green and blue.
pub type Rgb = [u8; 3];

impl Paint {
    /// Returns the colour to send where there are at least 256 of them.
    pub(super) fn fine(self, depth: Depth) -> Color {
        match self {
            Self::Default => Color::Reset,
            Self::Ansi(ansi) => ansi.color(),
            Self::Rgb([r, g, b], _) if depth == Depth::True => Color::Rgb(r, g, b),
            Self::Rgb(rgb, _) => Color::Indexed(nearest_256(rgb)),
        }
    }

    /// Returns the colour to send where there are sixteen.
    pub(super) fn coarse(self) -> Color {
        match self {
            Self::Default => Color::Reset,
            Self::Ansi(ansi) => ansi.color(),
            Self::Rgb(rgb, ansi) => ansi.unwrap_or_else(|| nearest_16(rgb)).color(),
        }
    }
}

/// Returns the nearest colour of the cube (16 to 231) or of the grey ramp (232 to 255); the first sixteen are the user's.
pub fn nearest_256(rgb: Rgb) -> u8 {
    let [r, g, b] = rgb.map(nearest_level);
    let in_cube = 16 + 36 * r + 6 * g + b;
    let in_ramp = (232..=255)
        .min_by_key(|&index| distance(rgb_of_256(index), rgb))
        .unwrap_or(232);
    if distance(rgb_of_256(in_ramp), rgb) < distance(rgb_of_256(in_cube), rgb) {
        in_ramp
    } else {
        in_cube
    }
}

/// Returns the nearest of the 256 colours for letters on a ground that are as easy to read as the theme meant them, up to
/// the 4.5 that WCAG 2 §1.4.3 asks for: the nearest one alone may be paler.
pub fn nearest_256_on(ground: Rgb, rgb: Rgb) -> u8 {
    let shown = rgb_of_256(nearest_256(ground));
    let least = contrast(rgb, ground).min(4.5);
    (16..=255)
        .filter(|&index| contrast(rgb_of_256(index), shown) >= least)
        .min_by_key(|&index| distance(rgb_of_256(index), rgb))
        .unwrap_or_else(|| nearest_256(rgb))
}

/// Returns how far two colours are apart in brightness, from 1 to 21 (WCAG 2, contrast ratio).
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Returns the nearest of the sixteen, by hue and brightness: plain distance would make every pastel a grey.
pub fn nearest_16([r, g, b]: Rgb) -> Ansi {
    let most = r.max(g).max(b);
    let chroma = most - r.min(g).min(b);
    if u16::from(chroma) * 4 < u16::from(most) || most < 96 {
        return Ansi(match most {
            0..96 => 0,
            96..178 => 8,
            178..242 => 7,
            242.. => 15,
        });
    }
    // A part counts as lit when it is nearer to the strongest than to the weakest.
    let threshold = most - chroma / 2;
    let lit = |part: u8| u8::from(part > threshold);
    let hue = lit(r) | lit(g) << 1 | lit(b) << 2;
    Ansi(if most > 240 { hue + 8 } else { hue })
}

/// Returns what xterm shows for a number; only the first sixteen differ between terminals.
pub fn rgb_of_256(index: u8) -> Rgb {
    match index {
        0..16 => XTERM_16[usize::from(index)],
        16..232 => {
            let place = index - 16;
            [place / 36, place / 6 % 6, place % 6].map(|level| CUBE[usize::from(level)])
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// Returns what a colour is on paper, where the sixteen are those of xterm; `None` for the terminal's own.
pub fn rgb_of(color: Color) -> Option<Rgb> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(rgb_of_256(index)),
        named => (0..16)
            .find(|&number| Ansi(number).color() == named)
            .map(rgb_of_256),
    }
}

/// Stand on paper for the terminal's own colour of text and its background; the other way round where that is light.
pub const PAPER: [Rgb; 2] = [[224, 224, 230], [18, 18, 22]];

/// Returns how bright a colour is, from 0 to 1 (WCAG 2, relative luminance).
pub fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn nearest_level(part: u8) -> u8 {
    (0..6)
        .min_by_key(|&level| CUBE[usize::from(level)].abs_diff(part))
        .unwrap_or(0)
}

fn distance(a: Rgb, b: Rgb) -> u32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
        .sum()
}

const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

const XTERM_16: [Rgb; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Case = (
        Option<ColorChoice>,
        Option<ColorChoice>,
        &'static [(&'static str, &'static str)],
        Depth,
    );

    fn decided(
        flag: Option<ColorChoice>,
        config: Option<ColorChoice>,
        env: &[(&str, &str)],
    ) -> Depth {
        Depth::decide(flag, config, &|name| {
            env.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn depth_is_decided_by_the_first_that_speaks() {
        use ColorChoice::{Always, Auto, Never};
        let table: &[Case] = &[
            (None, None, &[], Depth::Sixteen),
            (None, None, &[("TERM", "xterm")], Depth::Sixteen),
            (None, None, &[("TERM", "xterm-256color")], Depth::Indexed),
            (None, None, &[("TERM", "xterm-kitty")], Depth::True),
            (None, None, &[("TERM", "xterm-direct")], Depth::True),
            (None, None, &[("TERM", "dumb")], Depth::None),
            (None, None, &[("TERM", "vt100")], Depth::None),
            (
                None,
                None,
                &[("TERM", "xterm"), ("COLORTERM", "truecolor")],
                Depth::True,
            ),
            (
                None,
                None,
                &[("TERM", "xterm-256color"), ("COLORTERM", "yes")],
                Depth::Indexed,
            ),
            (
                None,
                None,
                &[("COLORTERM", "24bit"), ("NO_COLOR", "1")],
                Depth::None,
            ),
            (
                None,
                None,
                &[("COLORTERM", "24bit"), ("NO_COLOR", "")],
                Depth::True,
            ),
            (
                None,
                None,
                &[
                    ("TERM", "screen-256color"),
                    ("COLORTERM", "truecolor"),
                    ("STY", "1.x"),
                ],
                Depth::Indexed,
            ),
            (
                Some(Never),
                Some(Always),
                &[("COLORTERM", "24bit")],
                Depth::None,
            ),
            (
                Some(Always),
                Some(Never),
                &[("COLORTERM", "24bit"), ("NO_COLOR", "1")],
                Depth::True,
            ),
            (Some(Always), None, &[("TERM", "dumb")], Depth::Sixteen),
            (None, Some(Never), &[("COLORTERM", "24bit")], Depth::None),
            (
                None,
                Some(Always),
                &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
                Depth::Indexed,
            ),
            (
                Some(Auto),
                Some(Never),
                &[("TERM", "xterm-256color")],
                Depth::Indexed,
            ),
        ];
        for (flag, config, env, depth) in table {
            assert_eq!(
                decided(*flag, *config, env),
                *depth,
                "{flag:?} {config:?} {env:?}"
            );
        }
        for word in ColorChoice::WORDS {
            assert!(ColorChoice::from_word(word).is_some(), "{word}");
        }
    }

    #[test]
    fn the_sixteen_are_nearest_to_themselves_and_pastels_keep_their_hue() {
        for index in 0..16 {
            assert_eq!(nearest_16(rgb_of_256(index)), Ansi(index));
        }
        assert_eq!(nearest_16([0xff, 0x8a, 0x8f]), Ansi(9));
        assert_eq!(nearest_16([0x2f, 0x6b, 0x2a]), Ansi(2));
        assert_eq!(nearest_16([0x1b, 0x1d, 0x28]), Ansi(0));
    }

    #[test]
    fn every_one_of_the_256_has_one_of_the_sixteen() {
        for index in 0..=255 {
            assert!(nearest_16(rgb_of_256(index)).0 < 16);
        }
    }

    #[test]
    fn names_of_the_sixteen_are_read_back() {
        for (number, name) in (0..).zip(Ansi::NAMES) {
            assert_eq!(Ansi::from_name(name), Some(Ansi(number)));
        }
    }

    #[test]
    fn letters_stay_as_easy_to_read_with_256_colours() {
        let (ground, mauve) = ([0xef, 0xf1, 0xf5], [0x88, 0x39, 0xef]);
        let on = rgb_of_256(nearest_256(ground));
        assert!(contrast(rgb_of_256(nearest_256(mauve)), on) < 4.5);
        assert!(contrast(rgb_of_256(nearest_256_on(ground, mauve)), on) >= 4.5);
        // What was pale already stays what is nearest.
        assert_eq!(nearest_256_on([0; 3], [0; 3]), 16);
    }

    proptest! {
        #[test]
        fn bringing_colours_down_is_total_and_nearest(rgb in any::<Rgb>()) {
            prop_assert!(nearest_16(rgb).0 < 16);
            let chosen = nearest_256(rgb);
            prop_assert!(chosen >= 16);
            let best = (16..=255).map(|index| distance(rgb_of_256(index), rgb)).min();
            prop_assert_eq!(Some(distance(rgb_of_256(chosen), rgb)), best);
        }
    }
}
