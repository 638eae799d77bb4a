//! What begins at a character, and the tokens of one character.

use super::{Scan, Scanner, Token, TokenKind};

impl Scanner<'_> {
    /// Scans one more token into the queue, or more where block collections end.
    pub(super) fn fetch_next(&mut self) -> Scan {
        self.source.ensure(1)?;
        if !self.stream_started {
            self.stream_started = true;
            let mark = self.source.mark;
            self.tokens.push_back(Token::new(TokenKind::StreamStart, mark, mark));
            return Ok(());
        }
        self.skip_to_token()?;
        let column = self.source.mark.column;
        self.unindent_to(column as isize);
        self.source.ensure(4)?;

        let byte = self.source.peek(0);
        let in_flow = self.flow_level > 0;
        if byte == 0 {
            return self.fetch_stream_end();
        }
        if column == 0 && byte == b'%' {
            return self.fetch_directive();
        }
        if self.at_document_indicator() {
            let kind = if byte == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
            return self.fetch_document_indicator(kind);
        }
        let ends_word = self.source.blank_or_end(1);
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if ends_word => self.fetch_block_entry(),
            b'?' if in_flow || ends_word => self.fetch_key(),
            b':' if in_flow || ends_word => self.fetch_value(),
            b'*' => self.fetch_named(TokenKind::Alias),
            b'&' => self.fetch_named(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            // A tab here is one that may not indent.
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                self.fault("found character that cannot start any token")
            }
            _ => self.fetch_plain(),
        }
    }

    fn skip_to_token(&mut self) -> Scan {
        loop {
            self.source.ensure(1)?;
            if self.source.mark.column == 0 && self.source.at_byte_order_mark() {
                self.source.skip();
            }
            self.source.ensure(1)?;
            loop {
                let tab_allowed = self.flow_level > 0 || !self.key_allowed;
                match self.source.peek(0) {
                    b' ' => self.source.skip_spaces(usize::MAX),
                    b'\t' if tab_allowed => self.source.skip(),
                    _ => break,
                }
                self.source.ensure(1)?;
            }
            self.skip_comment()?;
            if !self.source.breaks(0) {
                return Ok(());
            }
            self.source.ensure(2)?;
            self.source.skip_line();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Scan {
        if self.source.mark.column != 0 {
            self.source.mark.column = 0;
            self.source.mark.line += 1;
        }
        self.unindent_to(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let mark = self.source.mark;
        self.tokens.push_back(Token::new(TokenKind::StreamEnd, mark, mark));
        Ok(())
    }

    fn fetch_directive(&mut self) -> Scan {
        self.unindent_to(-1);
        self.remove_key()?;
        self.key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Scan {
        self.unindent_to(-1);
        self.remove_key()?;
        self.key_allowed = false;
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Scan {
        self.save_key()?;
        self.enter_flow()?;
        self.key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Scan {
        self.remove_key()?;
        self.leave_flow();
        self.key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Scan {
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    /// In a flow collection a `-` is wrong, but there the parser says so, which knows more.
    fn fetch_block_entry(&mut self) -> Scan {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.fault("block sequence entries are not allowed in this context");
            }
            let mark = self.source.mark;
            self.indent_to(mark.column, None, TokenKind::BlockSequenceStart, mark)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scan {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return self.fault("mapping keys are not allowed in this context");
            }
            let mark = self.source.mark;
            self.indent_to(mark.column, None, TokenKind::BlockMappingStart, mark)?;
        }
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan {
        let index = self.keys.len().saturating_sub(1);
        if self.key_is_valid(index)? {
            // The key began earlier: its token, and that of its mapping, go before what stands there.
            let key = self.keys[index];
            self.insert(Some(key.token_number), Token::new(TokenKind::Key, key.mark, key.mark));
            self.indent_to(key.mark.column, Some(key.token_number), TokenKind::BlockMappingStart, key.mark)?;
            self.keys[index].possible = false;
            self.forget_key(key.token_number);
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return self.fault("mapping values are not allowed in this context");
                }
                let mark = self.source.mark;
                self.indent_to(mark.column, None, TokenKind::BlockMappingStart, mark)?;
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_named(&mut self, kind: TokenKind) -> Scan {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_named(kind)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Scan {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_tag()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Scan {
        self.remove_key()?;
        self.key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_quoted(&mut self, single: bool) -> Scan {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_quoted(single)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Scan {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_plain()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn push_indicator(&mut self, kind: TokenKind, length: usize) {
        let start = self.source.mark;
        for _ in 0..length {
            self.source.skip();
        }
        self.tokens.push_back(Token::new(kind, start, self.source.mark));
    }
}
