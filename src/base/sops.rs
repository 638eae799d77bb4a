//! How a file that SOPS has encrypted is recognized.

/// Whether a file is encrypted by SOPS: it holds sealed values, and SOPS' own data as YAML, JSON, dotenv or INI.
pub fn is_sops(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let own_data = |line: &str| {
        line.starts_with("sops:")
            || line.trim_start().starts_with("\"sops\":")
            || line.starts_with("sops_version=")
            || line == "[sops]"
    };
    text.contains("ENC[AES256_GCM,") && (text.lines().any(own_data) || text.contains("\"sops\":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognized_and_talk_of_it_is_not() {
        for sealed in [
            "a: ENC[AES256_GCM,data:x]\nsops:\n    version: 3.9.0\n",
            "{\"a\": \"ENC[AES256_GCM,data:x]\", \"sops\": {}}",
            "a=ENC[AES256_GCM,data:x]\nsops_version=3.9.0\n",
            "[main]\na = ENC[AES256_GCM,data:x]\n[sops]\nversion = 3.9.0\n",
        ] {
            assert!(is_sops(sealed.as_bytes()), "{sealed}");
        }
        for plain in
            ["a: 1\n", "sops: true\n", "note: |\n  ENC[AES256_GCM,data] stands under\n  sops: in such a file\n"]
        {
            assert!(!is_sops(plain.as_bytes()), "{plain}");
        }
    }
}
