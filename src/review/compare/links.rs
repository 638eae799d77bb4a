//! Where the makers of a chart tell of its versions.

use super::model::Link;
use super::side::Part;

/// Release notes and comparison of two versions, where the chart names a repository on GitHub or GitLab among its sources.
pub(super) fn of(old: Option<&Part>, new: Option<&Part>) -> Vec<Link> {
    let versions = (old.and_then(|it| it.version.as_deref()), new.and_then(|it| it.version.as_deref()));
    let (Some(from), Some(to)) = versions else { return Vec::new() };
    let content = |part: Option<&Part>| part.and_then(|it| it.content.as_ref().ok()).cloned();
    let (Some(before), Some(after)) = (content(old), content(new)) else { return Vec::new() };
    if from == to {
        return Vec::new();
    }
    let Some(repository) = after.sources.iter().find_map(|it| repository(it)) else { return Vec::new() };
    // Tags are of the program where the chart tells its version, and with a `v` nearly always.
    let tag = |app: &Option<String>, own: &str| {
        let version = app.as_deref().filter(|it| !it.is_empty()).unwrap_or(own);
        let digit = version.starts_with(|it: char| it.is_ascii_digit());
        if digit { format!("v{version}") } else { version.to_owned() }
    };
    let (from, to) = (tag(&before.app_version, from), tag(&after.app_version, to));
    if from == to
        || ![&from, &to].iter().all(|it| it.bytes().all(|it| it.is_ascii_alphanumeric() || b".-_+".contains(&it)))
    {
        return Vec::new();
    }
    let gitlab = repository.starts_with("https://gitlab.com/");
    let (notes, compare) = if gitlab { ("/-/releases/", "/-/compare/") } else { ("/releases/tag/", "/compare/") };
    vec![
        Link { what: "release notes", address: format!("{repository}{notes}{to}") },
        Link { what: "comparison", address: format!("{repository}{compare}{from}...{to}") },
    ]
}

/// `https://github.com/owner/name` of an address in it.
fn repository(source: &str) -> Option<String> {
    let host = ["https://github.com/", "https://gitlab.com/"].into_iter().find(|it| source.starts_with(it))?;
    let mut names = source[host.len()..].split(['/', '?', '#']);
    let (owner, name) = (names.next()?, names.next()?.trim_end_matches(".git"));
    let plain = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b".-_".contains(&it));
    (plain(owner) && plain(name)).then(|| format!("{host}{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_repositories_and_nothing_else() {
        let at = |it: &str| repository(it);
        assert_eq!(at("https://github.com/a/b.git"), Some("https://github.com/a/b".into()));
        assert_eq!(at("https://github.com/a/b/tree/main/c"), Some("https://github.com/a/b".into()));
        assert_eq!(at("https://gitlab.com/a/b"), Some("https://gitlab.com/a/b".into()));
        assert_eq!(at("https://example.net/a/b"), None);
        assert_eq!(at("https://github.com/a"), None);
        assert_eq!(at("https://github.com/a/b)[x"), None);
    }
}
