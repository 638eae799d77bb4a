//! What a `.sops.yaml` says of a file: whom SOPS would encrypt it to.
//!
//! Mirrors `config.go` of SOPS 3.11: the first rule counts that has no `path_regex`, or one that matches the file's path from
//! the folder of the `.sops.yaml`.

use crate::base::recipient::{ParseRecipientError, Recipient};
use helm_engine::sprig;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// The name of such a file.
pub const FILE: &str = ".sops.yaml";

/// Why no recipients can be taken from a `.sops.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The text is no YAML, or something else than a mapping.
    #[error("it is no YAML mapping")]
    NotYaml,
    /// No rule is for the file. Its path.
    #[error("none of its `creation_rules` is for `{0}`")]
    NoRule(String),
    /// The rule for the file has no key of age: it seals by other means, or to nobody. Its path.
    #[error("the rule for `{0}` names no age key")]
    NoKey(String),
    /// A rule has a `path_regex` that cannot be read.
    #[error("`path_regex: {pattern}` is no regular expression: {message}")]
    Pattern {
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A rule names a key of age that is none.
    #[error(transparent)]
    Recipient(#[from] ParseRecipientError),
    /// The rule for the file asks for keys of several groups to open it. Its path.
    #[error("the rule for `{0}` has several key groups, and SOPS needs keys of more than one of them")]
    Shared(String),
}

impl RuleError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        match self {
            RuleError::NotYaml | RuleError::Pattern { .. } => "correct it: `sops` reads the same file",
            RuleError::NoRule(_) | RuleError::NoKey(_) => {
                "add a rule with `path_regex: lockfiles/.*[.]lock$` and your keys under `age`, or list keys in the spec"
            }
            RuleError::Recipient(_) => "`age-keygen -y key.txt` prints the public key of an identity",
            RuleError::Shared(_) => "one key alone opens what is sealed here: list in the spec the keys that may",
        }
    }
}

/// Whether a rule is for a file. What cannot be read may hold one: SOPS is to say what is wrong with it.
pub(crate) fn has_rule(text: &str, file: &str) -> bool {
    !matches!(rule(text, file), Ok(None))
}

/// The age keys to whom SOPS would encrypt a file; `file` is its path from the folder of the `.sops.yaml`.
pub fn recipients(text: &str, file: &str) -> Result<Vec<Recipient>, RuleError> {
    let rule = rule(text, file)?.ok_or_else(|| RuleError::NoRule(file.into()))?;
    let groups = list(rule.get("key_groups"));
    let mut words = Vec::new();
    if groups.is_empty() {
        keys(&rule, &mut words);
    }
    // Every number is one of JSON here. Without any, all groups are needed.
    let one_is_enough = matches!(rule.get("shamir_threshold"), Some(Value::Float(1.0)));
    if groups.len() > 1 && !one_is_enough {
        return Err(RuleError::Shared(file.into()));
    }
    groups.iter().for_each(|group| group_keys(group, &mut words));
    let found = words.iter().map(|it| it.parse()).collect::<Result<Vec<Recipient>, _>>()?;
    if found.is_empty() { Err(RuleError::NoKey(file.into())) } else { Ok(found) }
}

/// The first rule that is for a file.
fn rule(text: &str, file: &str) -> Result<Option<Map>, RuleError> {
    let Ok(Value::Map(config)) = yaml::read(text.as_bytes()) else { return Err(RuleError::NotYaml) };
    for rule in list(config.get("creation_rules")) {
        let Value::Map(rule) = rule else { continue };
        let pattern = match rule.get("path_regex") {
            Some(Value::Str(pattern)) if !pattern.is_empty() => pattern.to_text().into_owned(),
            _ => return Ok(Some(rule)),
        };
        let matches = sprig::regex_matches(&pattern, file);
        if matches.map_err(|message| RuleError::Pattern { pattern, message })? {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// The age keys of a rule or group: a list, or one text with commas.
fn keys(holder: &Map, found: &mut Vec<String>) {
    let texts = match holder.get("age") {
        Some(text @ Value::Str(_)) => vec![text],
        other => list(other),
    };
    for text in texts {
        let Value::Str(text) = text else { continue };
        found.extend(text.to_text().split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned));
    }
}

/// The age keys of a key group, and of the groups that are merged into it.
fn group_keys(group: &Value, found: &mut Vec<String>) {
    let Value::Map(group) = group else { return };
    keys(group, found);
    list(group.get("merge")).iter().for_each(|it| group_keys(it, found));
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::List(list)) => list.to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq";
    const TWO: &str = "age1a3aw0uep5e3q2gltu7x74vx2pnx3udvlyavngx6pwpq7ezqyu38savdrv6";

    fn taken(rules: &str, file: &str) -> Result<Vec<String>, RuleError> {
        let text = rules.replace("ONE", ONE).replace("TWO", TWO);
        Ok(recipients(&text, file)?.into_iter().map(|it| it.key.replace(ONE, "ONE").replace(TWO, "TWO")).collect())
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rules = "creation_rules:\n- {path_regex: 'talos/.*[.]sops[.]ya?ml$', age: ONE}\n- {path_regex: '[.]lock$', age: 'TWO, ONE'}\n- age: [ONE]\n";
        assert_eq!(taken(rules, "talos/a.sops.yaml"), Ok(vec!["ONE".into()]));
        assert_eq!(taken(rules, "lockfiles/a.lock"), Ok(vec!["TWO".into(), "ONE".into()]));
        assert_eq!(taken(rules, "other"), Ok(vec!["ONE".into()]));
        let only = "creation_rules: [{path_regex: 'x$', age: ONE}]";
        assert_eq!(taken(only, "lockfiles/a.lock"), Err(RuleError::NoRule("lockfiles/a.lock".into())));
        assert!(has_rule(only, "x") && !has_rule(only, "y") && !has_rule("stores: {}", "y") && has_rule("- a", "y"));
    }

    #[test]
    fn groups_count_where_one_of_them_is_enough() {
        let group = "creation_rules: [{key_groups: [{age: [ONE], merge: [{age: [TWO]}], pgp: [AB]}]}]";
        assert_eq!(taken(group, "x"), Ok(vec!["ONE".into(), "TWO".into()]));
        let two = "creation_rules: [{shamir_threshold: 1, key_groups: [{age: [ONE]}, {age: [TWO]}]}]";
        assert_eq!(taken(two, "x"), Ok(vec!["ONE".into(), "TWO".into()]));
        assert_eq!(taken(&two.replace("shamir_threshold: 1, ", ""), "x"), Err(RuleError::Shared("x".into())));
    }

    #[test]
    fn what_names_no_key_is_told_apart() {
        assert_eq!(taken("creation_rules: [{pgp: AB}]", "x"), Err(RuleError::NoKey("x".into())));
        assert_eq!(taken("- a", "x"), Err(RuleError::NotYaml));
        assert!(matches!(taken("creation_rules: [{path_regex: '('}]", "x"), Err(RuleError::Pattern { .. })));
        let secret = taken("creation_rules: [{age: AGE-SECRET-KEY-1QQQ}]", "x").expect_err("no recipient").to_string();
        assert!(!secret.contains("QQQ"), "{secret}");
    }
}
