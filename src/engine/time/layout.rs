//! Go's time layouts, cut into literal text and verbs.

/// One element of a layout that stands for a part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    LongMonth,
    ShortMonth,
    Month,
    ZeroMonth,
    LongWeekday,
    ShortWeekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    ShortYear,
    UpperHalf,
    LowerHalf,
    ZoneName,
    /// A numeric zone; `zulu` where UTC is `Z`.
    Offset {
        zulu: bool,
        form: OffsetForm,
    },
    Fraction(Fraction),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetForm {
    Hours,
    Minutes,
    ColonMinutes,
    Seconds,
    ColonSeconds,
}

/// Fractional seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    pub digits: usize,
    /// Whether trailing zeros are left out.
    pub trim: bool,
    pub separator: u8,
}

/// The literal text up to a verb, the verb, and what follows.
#[derive(Debug)]
pub struct Chunk<'a> {
    pub prefix: &'a [u8],
    /// `None` at the end of the layout.
    pub verb: Option<Verb>,
    /// The verb as it is written.
    pub text: &'a [u8],
    pub rest: &'a [u8],
}

/// Cuts off the first verb of a layout.
///
/// Mirrors `time.nextStdChunk`.
pub fn next_chunk(layout: &[u8]) -> Chunk<'_> {
    for (start, tail) in (0..layout.len()).map(|it| (it, &layout[it..])) {
        if let Some((skip, verb, length)) = verb_at(tail) {
            let (begin, end) = (start + skip, start + skip + length);
            return Chunk {
                prefix: &layout[..begin],
                verb: Some(verb),
                text: &layout[begin..end],
                rest: &layout[end..],
            };
        }
    }
    Chunk { prefix: layout, verb: None, text: b"", rest: b"" }
}

/// The verb a text begins with: the literal bytes before it, and its length.
fn verb_at(text: &[u8]) -> Option<(usize, Verb, usize)> {
    let here = |verb, length| Some((0, verb, length));
    let starts = |prefix: &str| text.starts_with(prefix.as_bytes());
    let followed_by_lower = || text.get(3).is_some_and(u8::is_ascii_lowercase);
    match text.first()? {
        b'J' if starts("January") => here(Verb::LongMonth, 7),
        b'J' if starts("Jan") && !followed_by_lower() => here(Verb::ShortMonth, 3),
        b'M' if starts("Monday") => here(Verb::LongWeekday, 6),
        b'M' if starts("Mon") && !followed_by_lower() => here(Verb::ShortWeekday, 3),
        b'M' if starts("MST") => here(Verb::ZoneName, 3),
        b'0' => match text.get(1)? {
            b'1' => here(Verb::ZeroMonth, 2),
            b'2' => here(Verb::ZeroDay, 2),
            b'3' => here(Verb::ZeroHour12, 2),
            b'4' => here(Verb::ZeroMinute, 2),
            b'5' => here(Verb::ZeroSecond, 2),
            b'6' => here(Verb::ShortYear, 2),
            _ if starts("002") => here(Verb::ZeroYearDay, 3),
            _ => None,
        },
        b'1' if starts("15") => here(Verb::Hour, 2),
        b'1' => here(Verb::Month, 1),
        b'2' if starts("2006") => here(Verb::LongYear, 4),
        b'2' => here(Verb::Day, 1),
        b'_' if starts("_2006") => Some((1, Verb::LongYear, 4)),
        b'_' if starts("_2") => here(Verb::SpaceDay, 2),
        b'_' if starts("__2") => here(Verb::SpaceYearDay, 3),
        b'3' => here(Verb::Hour12, 1),
        b'4' => here(Verb::Minute, 1),
        b'5' => here(Verb::Second, 1),
        b'P' if starts("PM") => here(Verb::UpperHalf, 2),
        b'p' if starts("pm") => here(Verb::LowerHalf, 2),
        b'-' => offset_at(text, "-", false),
        b'Z' => offset_at(text, "Z", true),
        b'.' | b',' => fraction_at(text),
        _ => None,
    }
}

fn offset_at(text: &[u8], sign: &str, zulu: bool) -> Option<(usize, Verb, usize)> {
    const FORMS: [(&str, OffsetForm); 5] = [
        ("070000", OffsetForm::Seconds),
        ("07:00:00", OffsetForm::ColonSeconds),
        ("0700", OffsetForm::Minutes),
        ("07:00", OffsetForm::ColonMinutes),
        ("07", OffsetForm::Hours),
    ];
    let tail = text.strip_prefix(sign.as_bytes())?;
    let (written, form) = FORMS.iter().find(|(written, _)| tail.starts_with(written.as_bytes()))?;
    Some((0, Verb::Offset { zulu, form: *form }, written.len() + 1))
}

fn fraction_at(text: &[u8]) -> Option<(usize, Verb, usize)> {
    let separator = *text.first()?;
    let digit = *text.get(1).filter(|it| matches!(it, b'0' | b'9'))?;
    let digits = text[1..].iter().take_while(|it| **it == digit).count();
    // A further digit would make it a number that only looks like a fraction.
    if text.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    // Go keeps the count in twelve bits.
    let fraction = Fraction { digits: digits & 0xfff, trim: digit == b'9', separator };
    Some((0, Verb::Fraction(fraction), 1 + digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_cut_as_in_go() {
        let mut rest: &[u8] = b"Janet Jan _2 _2006 .000x .0001 Z07:00:00 Month";
        let mut verbs = Vec::new();
        while let Chunk { verb: Some(verb), rest: after, .. } = next_chunk(rest) {
            verbs.push(verb);
            rest = after;
        }
        let fraction = Verb::Fraction(Fraction { digits: 3, trim: false, separator: b'.' });
        let zone = Verb::Offset { zulu: true, form: OffsetForm::ColonSeconds };
        assert_eq!(verbs, [Verb::ShortMonth, Verb::SpaceDay, Verb::LongYear, fraction, Verb::ZeroMonth, zone]);
        assert_eq!(rest, b" Month");
    }
}
