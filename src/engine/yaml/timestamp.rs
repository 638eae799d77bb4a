//! Which scalars YAML 1.1 takes for times.

/// Whether go-yaml takes the text for a timestamp: one of the four layouts its resolver gives to `time.Parse`.
pub fn is_timestamp(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|it| it.is_ascii_digit()).count();
    digits == 4
        && text.get(4) == Some(&b'-')
        && (timestamp(text, b"Tt", true) || timestamp(text, b" ", false) || date(text))
}

fn date(text: &[u8]) -> bool {
    Reader(text).date().is_some_and(|rest| rest.0.is_empty())
}

fn timestamp(text: &[u8], separators: &[u8], zoned: bool) -> bool {
    let parsed = (|| {
        let mut rest = Reader(text).date()?;
        let separator = rest.byte()?;
        if !separators.contains(&separator) {
            return None;
        }
        // A space in a layout of `time.Parse` stands for any number of them.
        while separator == b' ' && rest.0.first() == Some(&b' ') {
            rest.byte();
        }
        rest.number(23)?;
        rest.literal(b':')?;
        rest.number(59)?;
        rest.literal(b':')?;
        rest.number(59)?;
        rest.fraction();
        if zoned {
            rest.zone()?;
        }
        Some(rest.0.is_empty())
    })();
    parsed == Some(true)
}

/// The text not yet read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Year, month and day, and what follows.
    fn date(mut self) -> Option<Reader<'a>> {
        let (year, rest) = self.0.split_at_checked(4)?;
        let year = year.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit.wrapping_sub(b'0')));
        self.0 = rest;
        self.literal(b'-')?;
        let month = self.number(12).filter(|&it| it > 0)?;
        self.literal(b'-')?;
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.number(days).filter(|&it| it > 0)?;
        Some(self)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then_some(())
    }

    /// One or two digits, up to the limit.
    fn number(&mut self, limit: u32) -> Option<u32> {
        let length = self.0.iter().take(2).take_while(|it| it.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(length).filter(|_| length > 0)?;
        self.0 = rest;
        let value = digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        (value <= limit).then_some(value)
    }

    fn fraction(&mut self) {
        let digits = self.0.iter().skip(1).take_while(|it| it.is_ascii_digit()).count();
        if matches!(self.0.first(), Some(b'.' | b',')) && digits > 0 {
            self.0 = &self.0[1 + digits..];
        }
    }

    fn zone(&mut self) -> Option<()> {
        match self.byte()? {
            b'Z' => Some(()),
            b'+' | b'-' => {
                self.two_digits(24)?;
                self.literal(b':')?;
                self.two_digits(60)
            }
            _ => None,
        }
    }

    fn two_digits(&mut self, limit: u32) -> Option<()> {
        let length = self.0.len();
        self.number(limit)?;
        (length - self.0.len() == 2).then_some(())
    }
}
