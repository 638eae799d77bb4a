//! The order in which go-yaml writes keys: letters after everything else, runs of digits by their number.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

use crate::value::{Str, Value};
use crate::yaml::resolve::Version;

/// Sorts entries that come in the order of their keys' bytes.
///
/// The order is no total one for every set of keys, so this is a merge sort of its own: the standard library may panic.
pub fn sorted(mut entries: Vec<(Str, Value)>, version: Version) -> Vec<(Str, Value)> {
    // Entries come in the order of bytes, which among letters is the one wanted.
    if entries.iter().all(|(key, _)| key.iter().all(u8::is_ascii_alphabetic)) {
        return entries;
    }
    let keys: Vec<Vec<char>> = entries.iter().map(|(key, _)| runes(key)).collect();
    if keys.windows(2).all(|pair| !less(&pair[1], &pair[0], version)) {
        return entries;
    }
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let mut merged = Vec::with_capacity(order.len());
    let mut width = 1;
    while width < order.len() {
        for pair in order.chunks(width * 2) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some((&one, left_rest)), Some((&other, right_rest))) = (left.split_first(), right.split_first())
            {
                if less(&keys[other], &keys[one], version) {
                    merged.push(other);
                    right = right_rest;
                } else {
                    merged.push(one);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        width *= 2;
    }
    let mut taken: Vec<Option<(Str, Value)>> = entries.drain(..).map(Some).collect();
    order.into_iter().filter_map(|index| taken[index].take()).collect()
}

fn runes(key: &[u8]) -> Vec<char> {
    let mut runes = Vec::with_capacity(key.len());
    for chunk in key.utf8_chunks() {
        runes.extend(chunk.valid().chars());
        runes.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    runes
}

/// Mirrors `keyList.Less` of `gopkg.in/yaml.v2` and `yaml/v3`.
fn less(a: &[char], b: &[char], version: Version) -> bool {
    let Some(at) = a.iter().zip(b).position(|(one, other)| one != other) else { return a.len() < b.len() };
    let (one, other) = (a[at], b[at]);
    match (is_letter(one), is_letter(other)) {
        (true, true) => return one < other,
        (false, false) => {}
        (one_is_letter, other_is_letter) => {
            let after_digit = version == Version::V3 && at > 0 && is_digit(a[at - 1]);
            return if after_digit { one_is_letter } else { other_is_letter };
        }
    }
    let zero = one == '0' || other == '0';
    let in_number = a[..at].iter().rev().take_while(|it| is_digit(**it)).any(|it| *it != '0');
    let start = i64::from(zero && in_number);
    let (one_number, one_length) = number(&a[at..], start);
    let (other_number, other_length) = number(&b[at..], start);
    (one_number, one_length, one) < (other_number, other_length, other)
}

/// The number of the digits that come first, and how many they are.
fn number(runes: &[char], start: i64) -> (i64, usize) {
    let digits = runes.iter().take_while(|it| is_digit(**it));
    digits.fold((start, 0), |(number, length), digit| {
        let value = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(value), length + 1)
    })
}

fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { contains(&LETTERS, rune) }
}

fn is_digit(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_digit() } else { contains(&DIGITS, rune) }
}

/// The Unicode version is that of Go's tables.
static LETTERS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| ranges(r"[\p{L}&&\p{age=15.0}]"));
static DIGITS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| ranges(r"[\p{Nd}&&\p{age=15.0}]"));

fn contains(ranges: &[(char, char)], rune: char) -> bool {
    let index = ranges.partition_point(|&(_, end)| end < rune);
    ranges.get(index).is_some_and(|&(start, _)| start <= rune)
}

fn ranges(class: &str) -> Vec<(char, char)> {
    match regex_syntax::parse(class).map(|it| it.into_kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.iter().map(|it| (it.start(), it.end())).collect(),
        _ => Vec::new(),
    }
}
