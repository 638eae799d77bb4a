//! Bytes on their way, and their digest so far.

use std::io::{self, Read};

use crate::base::digest::Hasher;

/// Reads on, and hashes what is read.
pub(super) struct Hashed<R> {
    pub(super) reader: R,
    pub(super) hasher: Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
