//! Gzip files: compressed members, one after the other.

use std::io::{Error, ErrorKind, Result};

use flate2::{Decompress, FlushDecompress, Status};

/// What is wrong with a gzip file that does not just end too soon, in Go's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GzipError {
    #[error("gzip: invalid header")]
    Header,
    #[error("gzip: invalid checksum")]
    Checksum,
    #[error("flate: corrupt input before offset 0")]
    Corrupt,
}

impl From<GzipError> for Error {
    fn from(fault: GzipError) -> Error {
        Error::other(fault)
    }
}

/// How long the fixed part of a member's header is.
pub(super) const HEADER: usize = 10;
/// How every member begins.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
/// A name or comment of a header that is longer is refused.
const MAX_TEXT: usize = 512;

/// What a gzip file holds, up to a limit in bytes, and the fault at which it breaks off.
///
/// Mirrors `compress/gzip.Reader`.
pub(super) fn unpack(bytes: &[u8], limit: usize) -> (Vec<u8>, Option<Error>) {
    // With room for one byte more, the end shows without another round.
    let mut plain = Plain { bytes: vec![0; (hinted_size(bytes) + 1).min(limit)], filled: 0, limit };
    let mut rest = bytes;
    let fault = loop {
        match plain.add_member(rest) {
            Ok([]) => break None,
            Ok(after) => rest = after,
            Err(fault) => break Some(fault),
        }
    };
    plain.bytes.truncate(plain.filled);
    (plain.bytes, fault)
}

/// The size a gzip file gives at its end, within reason: it may lie.
fn hinted_size(bytes: &[u8]) -> usize {
    let hint = bytes.last_chunk().map_or(0, |it| u32::from_le_bytes(*it)) as usize;
    hint.min(bytes.len().saturating_mul(16))
}

/// What was unpacked so far.
struct Plain {
    /// With room behind, which is zero.
    bytes: Vec<u8>,
    filled: usize,
    limit: usize,
}

impl Plain {
    /// Unpacks one member and gives what follows it, or nothing once the limit is reached.
    fn add_member<'b>(&mut self, packed: &'b [u8]) -> Result<&'b [u8]> {
        let start = self.filled;
        let mut rest = packed.get(header(packed)?..).unwrap_or_default();
        let mut inflate = Decompress::new(false);
        loop {
            if self.filled >= self.limit {
                return Ok(&[]);
            }
            if self.filled == self.bytes.len() {
                self.bytes.resize((2 * self.filled).max(1 << 12).min(self.limit), 0);
            }
            let (before, given) = (inflate.total_in(), inflate.total_out());
            let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
            let status = inflate.decompress(rest, room, FlushDecompress::None).map_err(|_| GzipError::Corrupt)?;
            let (taken, given) = (inflate.total_in() - before, inflate.total_out() - given);
            self.filled += given as usize;
            rest = rest.get(taken as usize..).unwrap_or_default();
            match status {
                Status::StreamEnd => break,
                _ if (taken, given) == (0, 0) => return Err(ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
        let added = self.bytes.get(start..self.filled).unwrap_or_default();
        let (sum, rest) = rest.split_first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        let (length, rest) = rest.split_first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(added) || u32::from_le_bytes(*length) != added.len() as u32 {
            return Err(GzipError::Checksum.into());
        }
        Ok(rest)
    }
}

/// The length of a member's header.
fn header(bytes: &[u8]) -> Result<usize> {
    let fixed: &[u8; HEADER] = bytes.first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
    if !fixed.starts_with(&[MAGIC[0], MAGIC[1], DEFLATE]) {
        return Err(GzipError::Header.into());
    }
    let has = |flag: u8| fixed[3] & flag != 0;
    let mut length = HEADER;
    let rest = |length: usize| bytes.get(length..).ok_or(ErrorKind::UnexpectedEof);
    if has(1 << 2) {
        let extra = rest(length)?.first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        length += 2 + usize::from(u16::from_le_bytes(*extra));
    }
    for _ in [has(1 << 3), has(1 << 4)].into_iter().filter(|it| *it) {
        let text = rest(length)?;
        match memchr::memchr(0, text.get(..MAX_TEXT).unwrap_or(text)) {
            Some(end) => length += end + 1,
            None if text.len() >= MAX_TEXT => return Err(GzipError::Header.into()),
            None => return Err(ErrorKind::UnexpectedEof.into()),
        }
    }
    if has(1 << 1) {
        let sum = rest(length)?.first_chunk().ok_or(ErrorKind::UnexpectedEof)?;
        if u32::from(u16::from_le_bytes(*sum)) != crc32fast::hash(&bytes[..length]) & 0xFFFF {
            return Err(GzipError::Header.into());
        }
        length += 2;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn member(text: &[u8], builder: flate2::GzBuilder) -> Vec<u8> {
        let mut encoder = builder.write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn check(packed: &[u8], text: &[u8], fault: Option<&str>) {
        let (plain, found) = unpack(packed, 1 << 20);
        assert_eq!((plain.as_slice(), found.map(|it| it.to_string()).as_deref()), (text, fault));
    }

    #[test]
    fn members_follow_each_other() {
        let long = vec![b'x'; 100_000];
        let named = flate2::GzBuilder::new().filename("a").comment("b").extra("c");
        let both = [member(&long, named), member(b"y", flate2::GzBuilder::new())].concat();
        check(&both, &[long.as_slice(), b"y"].concat(), None);
        check(&[&both, &[0; 12][..]].concat(), &[long.as_slice(), b"y"].concat(), Some("gzip: invalid header"));
        let empty = member(b"", flate2::GzBuilder::new());
        check(&[&empty.repeat(2000), both.as_slice()].concat(), &[long.as_slice(), b"y"].concat(), None);
        let (cut, fault) = unpack(&both, 1000);
        assert!(cut == long[..1000] && fault.is_none());
    }

    #[test]
    fn what_is_damaged_breaks_off() {
        let packed = member(b"some text", flate2::GzBuilder::new());
        let without = |count: usize| &packed[..packed.len() - count];
        check(without(1), b"some text", Some("unexpected end of file"));
        check(without(9), b"some text", Some("unexpected end of file"));
        let mut other_sum = packed.clone();
        other_sum[packed.len() - 8] ^= 1;
        check(&other_sum, b"some text", Some("gzip: invalid checksum"));
        let mut other_header = packed.clone();
        other_header[3] = 1 << 1;
        check(&other_header, b"", Some("gzip: invalid header"));
    }
}
