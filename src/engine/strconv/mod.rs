//! Go's `strconv`: numbers and quoted strings as text.

/// `strconv.FormatFloat(value, verb, precision, 64)`; precision -1 is the shortest that reads back.
pub fn format_float(value: f64, verb: u8, precision: i32) -> String {
    todo!("{value} {verb} {precision}")
}

/// `strconv.Quote`.
pub fn quote(text: &[u8]) -> String {
    todo!("{text:?}")
}

/// `strconv.Unquote` for all three quote characters; `None` where Go gives `ErrSyntax`.
pub fn unquote(text: &str) -> Option<Vec<u8>> {
    todo!("{text:?}")
}

/// `strconv.ParseInt(text, base, bits)`; base 0 takes prefixes and underscores. The error is Go's
/// `*strconv.NumError` text: `strconv.ParseInt: parsing "x": invalid syntax`.
pub fn parse_int(text: &str, base: u32, bits: u32) -> Result<i64, String> {
    todo!("{text:?} {base} {bits}")
}

/// `strconv.ParseUint(text, base, bits)`.
pub fn parse_uint(text: &str, base: u32, bits: u32) -> Result<u64, String> {
    todo!("{text:?} {base} {bits}")
}

/// `strconv.Atoi`.
pub fn atoi(text: &str) -> Result<i64, String> {
    todo!("{text:?}")
}

/// `strconv.ParseFloat(text, 64)`.
pub fn parse_float(text: &str) -> Result<f64, String> {
    todo!("{text:?}")
}

/// `strconv.ParseBool`.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    todo!("{text:?}")
}
