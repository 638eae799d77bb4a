//! The tar archive that a parcel is: one header for a name and a size, and nothing else in it.

use tar::Header;

use super::is_program;
use crate::stage::bundle;

/// A block of a tar archive, in bytes.
pub const BLOCK: u64 = 512;

/// The header of a member.
pub fn header(path: &str, size: u64) -> [u8; 512] {
    let mut header = bundle::header(size);
    if is_program(path) {
        header.set_mode(0o755);
    }
    // A path is checked where it is read, and short.
    let _ = header.set_path(path);
    header.set_cksum();
    *header.as_bytes()
}

/// Whether a path is one that a header holds.
pub(super) fn fits(path: &str) -> bool {
    path.is_ascii() && read(&header(path, 0)).is_some_and(|(found, _)| found == path)
}

/// How many bytes fill the last block of so many.
pub fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK) - size
}

/// How many bytes a member takes with its header.
pub fn length(size: u64) -> u64 {
    BLOCK + size + padding(size)
}

/// The path and the size in a header; `None` where it is none of ours.
pub fn read(bytes: &[u8; 512]) -> Option<(String, u64)> {
    let found = Header::from_byte_slice(bytes);
    let path = String::from_utf8(found.path_bytes().into_owned()).ok()?;
    let size = found.size().ok()?;
    (header(&path, size) == *bytes).then_some((path, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_is_written_and_no_other() {
        for path in ["workspace/a", "tools/a"] {
            for size in [0, 1, 512, (1 << 33) - 1, 1 << 33, 1 << 40] {
                let bytes = header(path, size);
                assert_eq!(read(&bytes), Some((path.into(), size)));
                for at in 0..512 {
                    let mut other = bytes;
                    other[at] ^= 1;
                    assert_ne!(read(&other), Some((path.into(), size)), "byte {at}");
                }
            }
        }
        assert!(fits(&format!("{}/{}", "a".repeat(140), "b".repeat(90))) && !fits(&"a".repeat(200)) && !fits("\u{e9}"));
        assert_eq!((padding(0), padding(1), padding(512)), (0, 511, 0));
    }
}
