//! sprig's random strings and numbers.

use rand::{CryptoRng, RngExt};

use crate::budget;
use crate::gotmpl::{Body, Function, Sealed};
use crate::value::{Failure, Str, Type};

/// The functions of this module.
pub const FUNCTIONS: &[Function] = &[
    entry("getHostByName", &[Type::String], Type::String),
    entry("randAlpha", &[Type::Int], Type::String),
    entry("randAlphaNum", &[Type::Int], Type::String),
    entry("randAscii", &[Type::Int], Type::String),
    entry("randBytes", &[Type::Int], Type::String),
    entry("randInt", &[Type::Int, Type::Int], Type::Int),
    entry("randNumeric", &[Type::Int], Type::String),
    entry("shuffle", &[Type::String], Type::String),
    entry("uuidv4", &[], Type::String),
];

pub const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub const DIGITS: &[u8] = b"0123456789";
/// Every printable ASCII character, the space included.
pub const PRINTABLE: &[u8] =
    b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/// The longest text that is made: where Go's memory ends is not for us to find out.
const LONGEST: i64 = crate::limits::RANDOM.most as i64;

const fn entry(name: &'static str, params: &'static [Type], result: Type) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Pass, body: Body::Impure }
}

/// So many characters of a set; none where the count is negative, as sprig drops that error.
///
/// Mirrors sprig's `randAlphaNum`, `randAlpha`, `randNumeric` and `randAscii` with their sets.
pub fn characters(count: i64, set: &[u8], rng: &mut dyn CryptoRng) -> Result<Str, Failure> {
    let count = length(count.max(0))?;
    let text: Vec<u8> = (0..count).filter_map(|_| set.get(rng.random_range(0..set.len())).copied()).collect();
    Ok(text.into())
}

/// So many random bytes.
///
/// Mirrors sprig's `randBytes`, before its base64.
pub fn bytes(count: i64, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; length(count)?];
    rng.fill_bytes(&mut bytes);
    Ok(bytes)
}

/// A number from `least` up to but not including `end`.
///
/// Mirrors sprig's `randInt`.
pub fn integer(least: i64, end: i64, rng: &mut dyn CryptoRng) -> Result<i64, Failure> {
    let span = end.wrapping_sub(least);
    if span <= 0 {
        return Err("invalid argument to Intn".into());
    }
    Ok(rng.random_range(0..span).wrapping_add(least))
}

/// The characters of a text in random order; invalid bytes become U+FFFD.
///
/// Mirrors `xstrings.Shuffle`.
pub fn shuffle(text: &[u8], rng: &mut dyn CryptoRng) -> String {
    let mut characters: Vec<char> = go_runes(text);
    for index in (1..characters.len()).rev() {
        characters.swap(index, rng.random_range(0..=index));
    }
    characters.into_iter().collect()
}

/// A random UUID of version 4.
pub fn uuid(rng: &mut dyn CryptoRng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
}

fn length(count: i64) -> Result<usize, Failure> {
    match usize::try_from(count) {
        Ok(length) => {
            budget::ask(length)?;
            if count <= LONGEST { Ok(length) } else { Err("runtime error: makeslice: len out of range".into()) }
        }
        _ => Err("runtime error: makeslice: len out of range".into()),
    }
}

/// A text as Go's `[]rune` sees it: one U+FFFD for each byte that is not UTF-8.
fn go_runes(text: &[u8]) -> Vec<char> {
    let mut runes = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        runes.extend(chunk.valid().chars());
        runes.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    runes
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn only_characters_of_the_set_and_all_of_them() {
        let rng = &mut StdRng::seed_from_u64(1);
        for set in [LETTERS, LETTERS_AND_DIGITS, DIGITS, PRINTABLE] {
            let text = characters(5000, set, rng).expect("text");
            assert_eq!(text.len(), 5000);
            let mut seen = text.to_vec();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen, set);
        }
        assert_eq!(PRINTABLE.len(), 95);
        assert_eq!(characters(-1, DIGITS, rng).expect("text"), Str::default());
    }

    #[test]
    fn gos_complaints() {
        let rng = &mut StdRng::seed_from_u64(1);
        assert_eq!(integer(3, 3, rng).expect_err("empty").message, "invalid argument to Intn");
        let refused = bytes(-1, rng).expect_err("negative").message;
        assert_eq!(refused, "runtime error: makeslice: len out of range");
        assert!((0..1000).all(|_| (-2..5).contains(&integer(-2, 5, rng).expect("number"))));
    }

    #[test]
    fn shuffling_keeps_the_characters() {
        let rng = &mut StdRng::seed_from_u64(1);
        let mut seen: Vec<char> = shuffle("h\u{e9}llo\u{1f600}".as_bytes(), rng).chars().collect();
        seen.sort_unstable();
        assert_eq!(seen, ['h', 'l', 'l', 'o', '\u{e9}', '\u{1f600}']);
        assert_eq!(shuffle(b"\xe2\x82", rng), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn uuids_are_of_version_four() {
        let text = uuid(&mut StdRng::seed_from_u64(1));
        assert_eq!((text.len(), &text[14..15]), (36, "4"));
        assert!("89ab".contains(&text[19..20]));
    }
}
