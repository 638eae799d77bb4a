//! Who may open what is sealed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A public key that things are sealed to, and a word on whose it is: `age1... alice`, `ssh-ed25519 AAAA... alice@host`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// The key as age takes it: `age1...`, `age1plugin1...`, or the type and the body of an SSH public key.
    pub key: String,
    /// What follows the key; may be empty.
    pub comment: String,
}

impl Recipient {
    /// Whether what is sealed to it stays sealed for a quantum computer. age mixes such keys with no others in one file.
    pub fn is_post_quantum(&self) -> bool {
        self.key.starts_with("age1pq1") || self.key.starts_with("age1tagpq1")
    }

    /// The key as messages show it: the whole of a short one, both ends of a long one; with the comment.
    pub fn short(&self) -> String {
        let key: Vec<char> = self.key.chars().collect();
        let shown = if key.len() <= 70 {
            self.key.clone()
        } else {
            format!("{}...{}", key[..24].iter().collect::<String>(), key[key.len() - 8..].iter().collect::<String>())
        };
        if self.comment.is_empty() { shown } else { format!("{shown} {}", self.comment) }
    }
}

/// The text is no recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a recipient: expected `age1...`, `ssh-ed25519 ...` or `ssh-rsa ...`")]
pub struct ParseRecipientError(String);

impl FromStr for Recipient {
    type Err = ParseRecipientError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The message says that this is a private key, and does not repeat it.
        let private = text.to_uppercase().contains("SECRET-KEY") || text.contains("PRIVATE KEY");
        let shown = if private {
            "a private key".to_owned()
        } else {
            format!("`{}`", text.chars().take(40).collect::<String>())
        };
        let fault = || ParseRecipientError(shown.clone());
        let mut words = text.split_whitespace();
        let first = words.next().ok_or_else(fault)?;
        let key = match first {
            "ssh-ed25519" | "ssh-rsa" => format!("{first} {}", words.next().ok_or_else(fault)?),
            age if age.starts_with("age1") => age.to_owned(),
            _ => return Err(fault()),
        };
        Ok(Recipient { key, comment: words.collect::<Vec<_>>().join(" ") })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if !self.comment.is_empty() {
            write!(f, " {}", self.comment)?;
        }
        Ok(())
    }
}

impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
