//! Booleans as text.

use super::{SYNTAX, number_error};

/// `strconv.ParseBool`. The error is Go's `*strconv.NumError` text.
pub fn parse_bool(text: impl AsRef<[u8]>) -> Result<bool, String> {
    match text.as_ref() {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        other => Err(number_error("ParseBool", other, SYNTAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_bool;

    #[test]
    fn takes_only_gos_spellings() {
        assert_eq!(parse_bool("True"), Ok(true));
        assert_eq!(parse_bool("F"), Ok(false));
        assert_eq!(parse_bool("yes"), Err(r#"strconv.ParseBool: parsing "yes": invalid syntax"#.into()));
        assert_eq!(parse_bool(b"\xff"), Err(r#"strconv.ParseBool: parsing "\xff": invalid syntax"#.into()));
    }
}
