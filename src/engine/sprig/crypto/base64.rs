//! Base64 as Go's `encoding/base64.StdEncoding` reads it, with the place of the fault.

/// Decodes; line breaks are skipped. The error is the byte Go names in `illegal base64 data at input byte N`.
///
/// Mirrors `base64.StdEncoding.DecodeString`.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().enumerate().filter(|(_, it)| !matches!(it, b'\n' | b'\r'));
    loop {
        let mut group = [0u8; 4];
        let mut filled = 0;
        while filled < 4 {
            match input.next() {
                None if filled == 0 => return Ok(out),
                // Go counts the digits it has seen of the group off the end.
                None => return Err(text.len() - filled),
                Some((at, b'=')) => {
                    padding(text, at, filled, &mut input)?;
                    out.extend_from_slice(&join(group)[..filled - 1]);
                    return Ok(out);
                }
                Some((at, byte)) => {
                    group[filled] = value(*byte).ok_or(at)?;
                    filled += 1;
                }
            }
        }
        out.extend_from_slice(&join(group));
    }
}

/// The error text of a fault.
pub fn fault(at: usize) -> String {
    format!("illegal base64 data at input byte {at}")
}

/// Checks what follows the first `=`, which stands at `at` after `filled` digits of its group.
fn padding<'a>(
    text: &[u8],
    at: usize,
    filled: usize,
    rest: &mut impl Iterator<Item = (usize, &'a u8)>,
) -> Result<(), usize> {
    match filled {
        0 | 1 => return Err(at),
        2 => match rest.next() {
            None => return Err(text.len()),
            Some((_, b'=')) => (),
            // Go names the byte before the one that should have been the second `=`.
            Some((second, _)) => return Err(second - 1),
        },
        _ => (),
    }
    rest.next().map_or(Ok(()), |(trailing, _)| Err(trailing))
}

fn join(group: [u8; 4]) -> [u8; 3] {
    let bits = group.iter().fold(0u32, |bits, it| bits << 6 | u32::from(*it));
    [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
