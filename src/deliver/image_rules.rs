//! Whose signatures nodes ask of images, as Talos is told it: `ImageVerificationConfig`, from Talos 1.13.

use crate::stage::spec::{ImageRule, Signer, TalosVersion};

/// A rule, with the public key that it names.
#[derive(Clone, Debug)]
pub struct Rule<'r> {
    /// As the spec has it.
    pub rule: &'r ImageRule,
    /// In PEM, where the rule names one.
    pub key: Option<String>,
}

/// The document; `None` where there are no rules, or Talos knows none.
pub fn document(rules: &[Rule<'_>], talos: TalosVersion) -> Option<String> {
    if rules.is_empty() || (talos.major, talos.minor) < (1, 13) {
        return None;
    }
    let mut text = String::from("apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n");
    for Rule { rule, key } in rules {
        text.push_str(&format!("  - image: {}\n", quoted(&rule.images)));
        match (rule.demand.as_ref().map(|it| &it.signer), key) {
            (None, _) => text.push_str("    skip: true\n"),
            (Some(Signer::Identity { issuer, subject, .. }), _) => {
                text.push_str(&format!("    keyless:\n      issuer: {}\n", quoted(issuer)));
                match subject.contains('*') {
                    false => text.push_str(&format!("      subject: {}\n", quoted(subject))),
                    true => text.push_str(&format!("      subjectRegex: {}\n", quoted(&expression(subject)))),
                }
            }
            (Some(_), key) => {
                text.push_str("    publicKey:\n      certificate: |\n");
                for line in key.as_deref().unwrap_or_default().lines() {
                    text.push_str(&format!("        {line}\n"));
                }
            }
        }
    }
    Some(text)
}

/// A pattern as a regular expression of Go, from the first character to the last.
fn expression(pattern: &str) -> String {
    let mut text = String::from("^");
    for letter in pattern.chars() {
        match letter {
            '*' => text.push_str(".*"),
            '\\' | '.' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => text.extend(['\\', letter]),
            other => text.push(other),
        }
    }
    text + "$"
}

/// A text between quotes, as JSON and YAML both have it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn a_pattern_is_an_expression_of_the_whole() {
        assert_eq!(expression("https://x.io/*@v1+"), r"^https://x\.io/.*@v1\+$");
    }
}
