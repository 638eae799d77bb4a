//! Whose signatures charts and images must bear.

use std::borrow::Cow;

use super::fields::{Fields, Reader};
use super::keys::{Table, VERIFY, VERIFY_IMAGES};
use super::source::Source;
use crate::base::code::Code;
use crate::base::diagnostic::Place;
use crate::object::image::Reference;
use helm_engine::yaml::node::Node;

/// Whose signature something must bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The holder of the private half of a key that cosign takes; the file of the public half.
    Key(String),
    /// Somebody whom an issuer knew while they signed.
    Identity {
        /// The address of who vouched for them: `https://token.actions.githubusercontent.com`.
        issuer: String,
        /// Who they are; `*` stands for any text.
        subject: String,
        /// The file of the authorities and logs that are believed; those of the public Sigstore without it.
        root: Option<String>,
    },
    /// The holder of a key of OpenPGP, over the provenance file that Helm makes; the file of the public keys.
    Keyring(String),
}

/// A demand for a signature, and where it stands in the spec.
#[derive(Clone, Debug)]
pub struct Demand {
    /// By whom.
    pub signer: Signer,
    /// Where the spec says it.
    pub place: Place,
}

/// Whose signature some images must bear. Of several that an image matches, the first counts.
#[derive(Clone, Debug)]
pub struct ImageRule {
    /// The names that it is for, without tags; `*` stands for any text.
    pub images: String,
    /// By whom; absent where no signature is asked for.
    pub demand: Option<Demand>,
}

/// The first rule that an image matches.
pub fn rule_of<'r>(rules: &'r [ImageRule], image: &Reference) -> Option<&'r ImageRule> {
    rules.iter().find(|it| matches(&it.images, &image.name()))
}

/// Whether a text is that of a pattern, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| matches(rest, text.get(at..).unwrap_or_default()))
}

/// The demand of a part.
pub(super) fn demand(reader: &mut Reader, fields: &Fields<'_>, source: Option<&Source>) -> Option<Demand> {
    let node = fields.get("verify")?;
    let found = one(reader, node, "`verify`", &VERIFY)?.1?;
    let fits = match (source, &found.signer) {
        (None, _) | (Some(Source::Oci(_)), _) => true,
        (Some(Source::Local(path)), Signer::Keyring(_)) => path.ends_with(".tgz"),
        (Some(_), Signer::Keyring(_)) => true,
        (Some(_), _) => false,
    };
    if !fits {
        let help =
            "cosign signs what lies in a registry (`oci://`); an archive from elsewhere has a `.prov` (`keyring`)";
        reader.fault(Code::S005, node, "a chart from here bears no such signature", help);
        return None;
    }
    Some(found)
}

/// The rules for images.
pub(super) fn rules(reader: &mut Reader, fields: &Fields<'_>) -> Vec<ImageRule> {
    let Some(node) = fields.get("verifyImages") else { return Vec::new() };
    let items = reader.items(node, "`verifyImages`");
    items.into_iter().filter_map(|it| rule(reader, it)).collect()
}

fn rule(reader: &mut Reader, node: Node<'_>) -> Option<ImageRule> {
    let (fields, demand) = one(reader, node, "an entry of `verifyImages`", &VERIFY_IMAGES)?;
    let at = reader.need(&fields, "an entry of `verifyImages`", "images")?;
    let images = reader.word(at, "`images`")?.into_owned();
    // What comes before a star must leave room for the name of a host.
    let is_whole = images.starts_with('*')
        || images.split_once(['/', '*']).is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost");
    if !is_whole {
        let help = "write it in full, such as `docker.io/library/nginx` or `quay.io/cilium/*`";
        reader.fault(Code::S005, at, format!("`{images}` matches no image"), help);
        return None;
    }
    Some(ImageRule { images, demand })
}

/// One mapping that says by whom. Without a signer, `skip` must be there.
fn one<'n>(reader: &mut Reader, node: Node<'n>, what: &str, table: &Table) -> Option<(Fields<'n>, Option<Demand>)> {
    let fields = reader.fields(node, what, &table.names())?;
    let word = |reader: &mut Reader, name: &str| -> Option<String> {
        fields.get(name).and_then(|it| reader.word(it, &format!("`{name}`"))).map(Cow::into_owned)
    };
    let [key, issuer, subject, root, keyring, skip] =
        ["key", "issuer", "subject", "root", "keyring", "skip"].map(|it| word(reader, it));
    let place = reader.place(node);
    let help = "write `key`, or `issuer` and `subject`";
    let signer = match (key, issuer, subject, keyring) {
        (None, None, None, None) if skip.as_deref() == Some("true") => return Some((fields, None)),
        (Some(key), None, None, None) if root.is_none() => Signer::Key(key),
        (None, Some(issuer), Some(subject), None) => Signer::Identity { issuer, subject, root },
        (None, None, None, Some(keyring)) if root.is_none() => Signer::Keyring(keyring),
        (None, None, None, None) => {
            reader.fault(Code::S003, node, format!("{what} says not by whom"), help);
            return None;
        }
        _ => {
            reader.fault(Code::S008, node, format!("{what} names more than one signer, or half of one"), help);
            return None;
        }
    };
    if skip.is_some() {
        reader.fault(Code::S008, node, format!("{what} names a signer, and is passed over"), "take `skip` out");
        return None;
    }
    Some((fields, Some(Demand { signer, place })))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("quay.io/cilium/*", "quay.io/cilium/cilium"),
            ("*", ""),
            ("a*c*", "abc"),
            ("a*", "a"),
            ("https://x/*@refs/tags/v*", "https://x/y/z@refs/tags/v1.2"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("quay.io/cilium/*", "quay.io/ciliums"), ("a", "ab"), ("*b", "abc"), ("", "a"), ("a.c", "abc")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
