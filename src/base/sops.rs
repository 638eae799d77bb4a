//! How a file that SOPS has encrypted is recognized.

/// Whether a file is encrypted by SOPS: it holds sealed values, and SOPS' own data as YAML, JSON, dotenv or INI.
pub(crate) fn is_sops(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("ENC[AES256_GCM,") && (own_data(&text).is_some() || text.contains("\"sops\":"))
}

/// How a file of SOPS is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each value is sealed in its place, and SOPS adds the key `sops`.
    Yaml,
    /// As in YAML.
    Json,
    /// Lines `KEY=value`, and those of SOPS begin with `sops_`.
    Dotenv,
    /// Sections, and that of SOPS is `[sops]`.
    Ini,
    /// Any bytes, sealed as one.
    Binary,
}

impl Form {
    /// The form of a file: SOPS tells it by the name, and where the name says nothing, it shows in what the file holds.
    pub fn of(path: &str, bytes: &[u8]) -> Form {
        Form::of_name(path).unwrap_or_else(|| match own_data(&String::from_utf8_lossy(bytes)) {
            Some(form) => form,
            None => Form::Binary,
        })
    }

    /// The format that SOPS reads a file of this name as; `None` for binary data.
    pub(crate) fn of_name(path: &str) -> Option<Form> {
        let ends = |endings: &[&str]| endings.iter().any(|it| path.ends_with(it));
        match () {
            () if ends(&[".yaml", ".yml"]) => Some(Form::Yaml),
            () if ends(&[".json", ".ipynb"]) => Some(Form::Json),
            () if ends(&[".env"]) => Some(Form::Dotenv),
            () if ends(&[".ini"]) => Some(Form::Ini),
            () => None,
        }
    }

    /// The name by which SOPS takes it as `--input-type`.
    pub fn name(self) -> &'static str {
        match self {
            Form::Yaml => "yaml",
            Form::Json => "json",
            Form::Dotenv => "dotenv",
            Form::Ini => "ini",
            Form::Binary => "binary",
        }
    }
}

/// The form in which SOPS' own data stand on a line of their own. In JSON they do not: that of a binary file is JSON too.
fn own_data(text: &str) -> Option<Form> {
    text.lines().find_map(|line| match line {
        _ if line.starts_with("sops:") => Some(Form::Yaml),
        _ if line.starts_with("sops_version=") => Some(Form::Dotenv),
        "[sops]" => Some(Form::Ini),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognized_and_talk_of_it_is_not() {
        for (sealed, form) in [
            ("a: ENC[AES256_GCM,data:x]\nsops:\n    version: 3.9.0\n", Form::Yaml),
            ("{\"data\": \"ENC[AES256_GCM,data:x]\", \"sops\": {}}", Form::Binary),
            ("a=ENC[AES256_GCM,data:x]\nsops_version=3.9.0\n", Form::Dotenv),
            ("[main]\na = ENC[AES256_GCM,data:x]\n[sops]\nversion = 3.9.0\n", Form::Ini),
        ] {
            assert!(is_sops(sealed.as_bytes()), "{sealed}");
            assert_eq!(Form::of("secret.sops", sealed.as_bytes()), form);
            assert_eq!(Form::of("a/.env", sealed.as_bytes()), Form::Dotenv);
        }
        for plain in
            ["a: 1\n", "sops: true\n", "note: |\n  ENC[AES256_GCM,data] stands under\n  sops: in such a file\n"]
        {
            assert!(!is_sops(plain.as_bytes()), "{plain}");
        }
    }
}
