//! Booleans as text.

use super::{NumberError, NumberFault};

/// `strconv.ParseBool`.
pub fn parse_bool(text: impl AsRef<[u8]>) -> Result<bool, NumberError> {
    match text.as_ref() {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        other => Err(NumberError::new("ParseBool", other, NumberFault::Syntax)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_bool;

    #[test]
    fn takes_only_gos_spellings() {
        assert_eq!(parse_bool("True"), Ok(true));
        assert_eq!(parse_bool("F"), Ok(false));
        assert_eq!(
            parse_bool("yes").map_err(String::from),
            Err(r#"strconv.ParseBool: parsing "yes": invalid syntax"#.into())
        );
        assert_eq!(
            parse_bool(b"\xff").map_err(String::from),
            Err(r#"strconv.ParseBool: parsing "\xff": invalid syntax"#.into())
        );
    }
}
