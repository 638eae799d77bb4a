//! Eight bytes at once, in a word: the highest bit of each byte of an answer says whether the byte of the text is meant.

const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
const HIGH: u64 = !LOW;
const ONES: u64 = 0x0101_0101_0101_0101;

/// The eight bytes from an index on, as a word; zero where the text is over.
pub fn word(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    u64::from_le_bytes(rest.first_chunk().copied().unwrap_or_else(|| {
        let mut last = [0; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        last
    }))
}

/// Which bytes are one of two.
pub fn either(word: u64, first: u8, second: u8) -> u64 {
    let differs = |byte: u8| {
        let it = word ^ (ONES * u64::from(byte));
        ((it & LOW) + LOW) | it
    };
    !(differs(first) & differs(second)) & HIGH
}

/// The index of the first of these bytes.
pub fn first(answer: u64) -> usize {
    (answer.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_judged_by_itself() {
        for byte in 0..=255_u8 {
            for around in [0, b'x', b'"', 0x80, 0xFF] {
                let text = [around, around, byte, around, around, byte, byte, around];
                let word = word(&text, 0);
                let expect = |is_meant: &dyn Fn(u8) -> bool| {
                    text.iter().rev().fold(0, |bits, &it| bits << 8 | u64::from(is_meant(it)) << 7)
                };
                assert_eq!(either(word, b'"', b'\\'), expect(&|it| matches!(it, b'"' | b'\\')), "{text:?}");
            }
        }
    }
}
