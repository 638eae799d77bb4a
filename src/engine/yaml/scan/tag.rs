//! Tags, anchors and aliases.

use super::gather::Gathered;
use super::{Scan, Scanner, Token, TokenKind};
use crate::yaml::chars::is_alpha;

impl<'t> Scanner<'t> {
    /// An anchor or alias.
    pub(super) fn scan_named(&mut self, kind: TokenKind) -> Scan<Token<'t>> {
        let start = self.source.mark;
        self.source.skip();
        self.source.ensure(1)?;
        let mut name = Gathered::new(self.source.text);
        while is_alpha(self.source.peek(0)) {
            name.add(self.source.pass());
            self.source.ensure(1)?;
        }
        let ends = self.source.blank_or_end(0)
            || matches!(self.source.peek(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        let name = name.finish();
        if name.is_empty() || !ends {
            return self.fault("did not find expected alphabetic or numeric character");
        }
        Ok(Token { value: name, ..Token::new(kind, start, self.source.mark) })
    }

    pub(super) fn scan_tag(&mut self) -> Scan<Token<'t>> {
        let start = self.source.mark;
        self.source.ensure(2)?;
        let (mut handle, mut suffix);
        if self.source.peek(1) == b'<' {
            self.source.skip();
            self.source.skip();
            handle = Vec::new();
            suffix = self.scan_tag_uri(&[])?;
            if self.source.peek(0) != b'>' {
                return self.fault("did not find the expected '>'");
            }
            self.source.skip();
        } else {
            handle = self.scan_tag_handle(false)?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                suffix = self.scan_tag_uri(&[])?;
            } else {
                // It was no handle after all, but the start of the suffix. A lone `!` is a suffix without a handle.
                suffix = self.scan_tag_uri(&handle)?;
                handle = b"!".to_vec();
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        self.source.ensure(1)?;
        if !self.source.blank_or_end(0) {
            return self.fault("did not find expected whitespace or line break");
        }
        Ok(Token { value: handle.into(), suffix, ..Token::new(TokenKind::Tag, start, self.source.mark) })
    }

    pub(super) fn scan_tag_handle(&mut self, directive: bool) -> Scan<Vec<u8>> {
        self.source.ensure(1)?;
        if self.source.peek(0) != b'!' {
            return self.fault("did not find expected '!'");
        }
        let mut handle = Vec::new();
        self.source.read(&mut handle);
        self.source.ensure(1)?;
        while is_alpha(self.source.peek(0)) {
            self.source.read(&mut handle);
            self.source.ensure(1)?;
        }
        if self.source.peek(0) == b'!' {
            self.source.read(&mut handle);
        } else if directive && handle != b"!" {
            return self.fault("did not find expected '!'");
        }
        Ok(handle)
    }

    /// The rest of a tag. `head` is what was read of it already, with its leading `!`.
    pub(super) fn scan_tag_uri(&mut self, head: &[u8]) -> Scan<Vec<u8>> {
        let mut uri = head.get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        self.source.ensure(1)?;
        loop {
            match self.source.peek(0) {
                b'%' => self.scan_uri_escapes(&mut uri)?,
                b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'.' | b'!' | b'~' | b'*'
                | b'\'' | b'(' | b')' | b'[' | b']' => self.source.read(&mut uri),
                byte if is_alpha(byte) => self.source.read(&mut uri),
                _ => break,
            }
            self.source.ensure(1)?;
            found = true;
        }
        if found { Ok(uri) } else { self.fault("did not find expected tag URI") }
    }

    /// The `%xx` of one UTF-8 character.
    fn scan_uri_escapes(&mut self, uri: &mut Vec<u8>) -> Scan {
        let mut left = None;
        while left != Some(0) {
            self.source.ensure(3)?;
            let digit = |ahead| char::from(self.source.peek(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.source.peek(0), digit(1), digit(2)) else {
                return self.fault("did not find URI escaped octet");
            };
            let octet = (high << 4 | low) as u8;
            left = Some(match (left, octet) {
                (None, 0..=0x7F) => 0,
                (None, 0xC0..=0xDF) => 1,
                (None, 0xE0..=0xEF) => 2,
                (None, 0xF0..=0xF7) => 3,
                (None, _) => return self.fault("found an incorrect leading UTF-8 octet"),
                (Some(count), 0x80..=0xBF) => count - 1,
                (Some(_), _) => return self.fault("found an incorrect trailing UTF-8 octet"),
            });
            uri.push(octet);
            for _ in 0..3 {
                self.source.skip();
            }
        }
        Ok(())
    }
}
