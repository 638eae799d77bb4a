//! Decoding of base 64 and base 32, with the errors of Go's `encoding/base64` and `encoding/base32`.

static BASE64: [u8; 256] = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
static BASE32: [u8; 256] = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

/// What stands for a byte that is no digit.
const NONE: u8 = 0xFF;

/// The bytes, or the offset that Go's error names. Line ends are skipped wherever they stand.
pub fn base64_decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).peekable();
    while input.peek().is_some() {
        let mut number = 0_u32;
        let mut count = 0;
        while count < 4 {
            let Some((at, byte)) = input.next() else { return Err(text.len() - count) };
            let digit = digit(&BASE64, byte);
            if digit != NONE {
                number = number << 6 | u32::from(digit);
                count += 1;
                continue;
            }
            // Two or three digits may be followed by padding, and that by nothing.
            match (byte, count) {
                (b'=', 2) => match input.next() {
                    None => return Err(text.len()),
                    Some((_, b'=')) => {}
                    Some((at, _)) => return Err(at - 1),
                },
                (b'=', 3) => {}
                _ => return Err(at),
            }
            if let Some((at, _)) = input.next() {
                return Err(at);
            }
            break;
        }
        number <<= 6 * (4 - count);
        out.extend(number.to_be_bytes().into_iter().skip(1).take(count - 1));
    }
    Ok(out)
}

/// The bytes, or the offset that Go's error names, counted without line ends.
pub(crate) fn base32_decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<_>>();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut at = 0;
    while at < text.len() {
        let mut number = 0_u64;
        let mut count = 0;
        while count < 8 {
            let Some(&byte) = text.get(at) else { return Err(text.len() - count) };
            at += 1;
            if byte == b'=' && count >= 2 && text.len() - at < 8 {
                // The padding must fill the group, and be as long as some number of bytes asks for.
                let missing = 8 - count - 1;
                if text.len() - at < missing {
                    return Err(text.len());
                }
                if let Some(offset) = text.iter().skip(at).take(missing).position(|it| *it != b'=') {
                    return Err(at + offset - 1);
                }
                if matches!(count, 3 | 6) {
                    return Err(at - 1);
                }
                at = text.len();
                break;
            }
            match digit(&BASE32, byte) {
                NONE => return Err(at - 1),
                digit => number = number << 5 | u64::from(digit),
            }
            count += 1;
        }
        number <<= 5 * (8 - count);
        out.extend(number.to_be_bytes().into_iter().skip(3).take(count * 5 / 8));
    }
    Ok(out)
}

/// The value of each byte in an alphabet.
const fn digits(alphabet: &[u8]) -> [u8; 256] {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        digits[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    digits
}

fn digit(digits: &[u8; 256], byte: u8) -> u8 {
    digits[usize::from(byte)]
}
