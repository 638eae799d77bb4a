//! `%YAML` and `%TAG`.

use super::{Scan, Scanner, Token, TokenKind};
use crate::yaml::chars::{is_alpha, is_blank};

impl<'t> Scanner<'t> {
    pub(super) fn scan_directive(&mut self) -> Scan<Token<'t>> {
        let start = self.source.mark;
        self.source.skip();
        let name = self.scan_directive_name()?;
        let mut token = match name.as_slice() {
            b"YAML" => {
                let version = self.scan_version()?;
                Token { version, ..Token::new(TokenKind::VersionDirective, start, self.source.mark) }
            }
            b"TAG" => {
                let (handle, prefix) = self.scan_tag_directive()?;
                Token {
                    value: handle.into(),
                    suffix: prefix,
                    ..Token::new(TokenKind::TagDirective, start, self.source.mark)
                }
            }
            _ => return self.fault("found unknown directive name"),
        };
        token.end = self.source.mark;
        self.skip_blanks()?;
        self.skip_comment()?;
        self.expect_line_end()?;
        Ok(token)
    }

    /// Passes the line break that must come here, or stays at the end of the text.
    pub(super) fn expect_line_end(&mut self) -> Scan {
        if !self.source.break_or_end(0) {
            return self.fault("did not find expected comment or line break");
        }
        if self.source.breaks(0) {
            self.source.ensure(2)?;
            self.source.skip_line();
        }
        Ok(())
    }

    fn scan_directive_name(&mut self) -> Scan<Vec<u8>> {
        self.source.ensure(1)?;
        let mut name = Vec::new();
        while is_alpha(self.source.peek(0)) {
            self.source.read(&mut name);
            self.source.ensure(1)?;
        }
        if name.is_empty() {
            return self.fault("could not find expected directive name");
        }
        if !self.source.blank_or_end(0) {
            return self.fault("found unexpected non-alphabetical character");
        }
        Ok(name)
    }

    fn scan_version(&mut self) -> Scan<(u8, u8)> {
        self.skip_blanks()?;
        let major = self.scan_version_number()?;
        if self.source.peek(0) != b'.' {
            return self.fault("did not find expected digit or '.' character");
        }
        self.source.skip();
        Ok((major, self.scan_version_number()?))
    }

    fn scan_version_number(&mut self) -> Scan<u8> {
        self.source.ensure(1)?;
        let (mut value, mut length) = (0, 0);
        while self.source.peek(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.fault("found extremely long version number");
            }
            value = value * 10 + (self.source.peek(0) - b'0');
            self.source.skip();
            self.source.ensure(1)?;
        }
        if length == 0 { self.fault("did not find expected version number") } else { Ok(value) }
    }

    fn scan_tag_directive(&mut self) -> Scan<(Vec<u8>, Vec<u8>)> {
        self.skip_blanks()?;
        let handle = self.scan_tag_handle(true)?;
        self.source.ensure(1)?;
        if !is_blank(self.source.peek(0)) {
            return self.fault("did not find expected whitespace");
        }
        self.skip_blanks()?;
        let prefix = self.scan_tag_uri(&[])?;
        self.source.ensure(1)?;
        if !self.source.blank_or_end(0) {
            return self.fault("did not find expected whitespace or line break");
        }
        Ok((handle, prefix))
    }
}
