//! Cuts manifests into groups that each stay below a limit.

use crate::object::document::documents;
use crate::stage::pack::Manifest;

/// Groups of manifests in order, each below `limit` bytes where that can be. A manifest that is too large by itself is
/// cut between documents into `NAME-01`, `NAME-02`, which sort where it stood. One group where the limit calls for no
/// cut; `overhead` is what a manifest costs beside its contents, in bytes per line and in all.
pub fn split(manifests: &[Manifest], limit: usize) -> Vec<Vec<Manifest>> {
    let total: usize = manifests.iter().map(weight).sum();
    if total <= limit {
        return vec![manifests.to_vec()];
    }
    let pieces = manifests.iter().flat_map(|it| if weight(it) > limit { cut(it, limit) } else { vec![it.clone()] });
    let mut groups: Vec<Vec<Manifest>> = Vec::new();
    let mut room = 0;
    for piece in pieces {
        let weight = weight(&piece);
        match groups.last_mut() {
            Some(group) if weight <= room => group.push(piece),
            _ => {
                groups.push(vec![piece]);
                room = limit;
            }
        }
        room = room.saturating_sub(weight);
    }
    groups
}

/// What a manifest takes in a patch: its lines are indented there.
fn weight(manifest: &Manifest) -> usize {
    const HEAD: usize = 128;
    const INDENT: usize = 6;
    HEAD + manifest.name.len() + manifest.contents.len() + INDENT * manifest.contents.lines().count()
}

fn cut(manifest: &Manifest, limit: usize) -> Vec<Manifest> {
    let mut texts: Vec<String> = Vec::new();
    let mut size = 0;
    for document in documents(&manifest.contents) {
        let mut text = format!("---\n{}", document.text);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let weight = weight(&Manifest { name: String::new(), contents: text.clone() });
        match texts.last_mut() {
            Some(last) if size + weight <= limit => {
                last.push_str(&text);
                size += weight;
            }
            _ => {
                texts.push(text);
                size = weight + manifest.name.len();
            }
        }
    }
    let width = if texts.len() > 99 { 3 } else { 2 };
    let named = |(index, contents)| Manifest { name: format!("{}-{:0width$}", manifest.name, index + 1), contents };
    texts.into_iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, documents: usize) -> Manifest {
        let contents = (0..documents).map(|it| format!("---\nkind: A\nmetadata: {{name: n{it}}}\n")).collect();
        Manifest { name: name.into(), contents }
    }

    #[test]
    fn nothing_is_cut_below_the_limit() {
        let manifests = [manifest("00-a", 3), manifest("10-b", 3)];
        assert_eq!(split(&manifests, 1 << 20), [manifests.to_vec()]);
    }

    #[test]
    fn groups_keep_the_order_and_every_document() {
        let manifests = [manifest("00-a", 40), manifest("10-b", 2), manifest("20-c", 2)];
        let groups = split(&manifests, 1500);
        assert!(groups.len() > 2);
        let names: Vec<&str> = groups.iter().flatten().map(|it| it.name.as_str()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(groups.iter().all(|group| group.iter().map(weight).sum::<usize>() <= 1500 + 128));
        let joined: String = groups.iter().flatten().map(|it| it.contents.as_str()).collect();
        let whole: String = manifests.iter().map(|it| it.contents.as_str()).collect();
        assert_eq!(joined, whole);
    }
}
