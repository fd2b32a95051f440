//! Looking for an entry of a list: words in any order, each a part of its texts, however it is written there.

use std::ops::Range;

/// The words that are looked for. Capitals, `-`, `_` and blanks make no difference: `idjag`, `id-jag` and `ID JAG` are
/// all in `IDJAG-TYP`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wanted(Vec<Vec<char>>);

impl Wanted {
    /// Reads words with blanks between them.
    pub fn new(text: &str) -> Self {
        let words = text
            .split_whitespace()
            .map(|word| word.chars().flat_map(plain).collect());
        Self(words.filter(|word: &Vec<char>| !word.is_empty()).collect())
    }

    /// Tells whether nothing is looked for, so that everything fits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether each word is in one of an entry's texts.
    pub fn fits(&self, texts: &[&str]) -> bool {
        let texts: Vec<Vec<(char, usize)>> = texts.iter().map(|text| letters(text)).collect();
        let has = |word: &Vec<char>| texts.iter().any(|text| found(text, word).next().is_some());
        self.0.iter().all(has)
    }

    /// Returns the places of a text where one of the words is, as bytes, in no order.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let letters = letters(text);
        let place = |(from, to): (usize, usize)| {
            let (last, at) = letters[to - 1];
            // A letter may have been taken apart: the end is that of the letter in the text.
            let end = text[at..]
                .chars()
                .next()
                .map_or(last.len_utf8(), char::len_utf8);
            letters[from].1..at + end
        };
        let words = self.0.iter();
        words
            .flat_map(|word| found(&letters, word))
            .map(place)
            .collect()
    }
}

/// A letter as it is compared; nothing of what makes no difference.
fn plain(c: char) -> impl Iterator<Item = char> {
    let counts = !(c.is_whitespace() || matches!(c, '-' | '_'));
    c.to_lowercase().filter(move |_| counts)
}

/// A text as it is compared, each letter with the byte where it stands.
fn letters(text: &str) -> Vec<(char, usize)> {
    let all = text.char_indices();
    all.flat_map(|(at, c)| plain(c).map(move |c| (c, at)))
        .collect()
}

/// Where a word is among letters: from which to before which.
fn found<'a>(
    text: &'a [(char, usize)],
    word: &'a [char],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let here = move |letters: &[(char, usize)]| letters.iter().map(|(c, _)| c).eq(word);
    let all = text.windows(word.len()).enumerate();
    all.filter(move |(_, letters)| here(letters))
        .map(|(from, letters)| (from, from + letters.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_in_any_order_however_they_are_written() {
        let texts = ["IDJAG-TYP", "The ID-JAG’s typ is oauth-id-jag+jwt."];
        for text in [
            "idjag",
            "id-jag",
            "ID JAG",
            "id_jag",
            "typ idjag",
            "idjagtyp",
            "jwt TYP",
            "",
            " - ",
        ] {
            assert!(Wanted::new(text).fits(&texts), "{text}");
        }
        for text in ["idjag sub", "gaj", "jwtx"] {
            assert!(!Wanted::new(text).fits(&texts), "{text}");
        }
        // Two texts of an entry are not read as one.
        assert!(!Wanted::new("typthe").fits(&texts));
    }

    #[test]
    fn the_places_are_those_of_the_text_as_it_stands() {
        let of = |wanted: &str, text: &'static str| -> Vec<&str> {
            let places = Wanted::new(wanted).places(text);
            places.into_iter().map(|place| &text[place]).collect()
        };
        assert_eq!(of("idjag", "an ID-JAG, id jag"), ["ID-JAG", "id jag"]);
        assert_eq!(of("b a", "ab é"), ["b", "a"]);
        assert_eq!(of("x", "İ x"), ["x"]);
        assert_eq!(of("i\u{307}", "İ"), ["İ"]);
        assert_eq!(of("", "text"), [""; 0]);
    }
}
