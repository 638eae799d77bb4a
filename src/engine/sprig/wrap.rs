//! Breaking a line at words.

/// Breaks `text` after `width` bytes or the last space before, with `separator` between lines. A word longer than that
/// is broken where `break_words` says so.
///
/// Mirrors `goutils.WrapCustom`.
pub(super) fn wrap(text: &[u8], width: i64, separator: &[u8], break_words: bool) -> Vec<u8> {
    let width = usize::try_from(width.max(1)).unwrap_or(1);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > width {
        if let Some(after) = rest.strip_prefix(b" ") {
            rest = after;
            continue;
        }
        let space = rest.iter().take(width + 1).rposition(|it| *it == b' ');
        let (line, skip) = match space {
            Some(at) => (at, 1),
            None if break_words => (width, 0),
            None => match rest.iter().skip(width).position(|it| *it == b' ') {
                Some(at) => (width + at, 1),
                None => break,
            },
        };
        out.extend_from_slice(rest.get(..line).unwrap_or_default());
        out.extend_from_slice(separator);
        rest = rest.get(line + skip..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
