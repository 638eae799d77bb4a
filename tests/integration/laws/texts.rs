//! Values that are merged, lines of `--set`, versions, headers of parcels.

use std::collections::BTreeMap;

use helm_engine::gotmpl::{MissingKey, Templates};
use helm_engine::helm::{self, HelmVersion, strvals};
use helm_engine::sprig::semver::Version;
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};
use helm_engine::yaml;
use ichor::stage::parcel::tarball;
use proptest::collection::btree_map;
use proptest::prelude::*;

struct NoWorld;

impl World for NoWorld {
    fn answer(&mut self, _: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new("nothing has an answer here"))
    }
}

/// Keys in `m` hold mappings and all others hold texts, so that merging meets no two kinds at one key.
#[derive(Clone, Debug, PartialEq)]
enum Tree {
    Text(String),
    Map(BTreeMap<String, Tree>),
}

impl Tree {
    fn value(&self) -> Value {
        match self {
            Tree::Text(it) => it.as_str().into(),
            Tree::Map(map) => Value::map(map.iter().map(|(key, it)| (key.as_str(), it.value()))),
        }
    }

    /// The lines of `--set-string` that make it.
    fn lines(&self, path: &str, lines: &mut Vec<String>) {
        match self {
            Tree::Text(it) => lines.push(format!("{path}={}", escaped(it))),
            Tree::Map(map) => map.iter().for_each(|(key, it)| {
                let dot = if path.is_empty() { "" } else { "." };
                it.lines(&format!("{path}{dot}{}", escaped(key)), lines);
            }),
        }
    }
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|it| "\\.,=[]{}".contains(it).then_some('\\').into_iter().chain([it])).collect()
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = "[a-z .,=\\[\\]{}é]{1,9}".prop_map(Tree::Text);
    let texts = btree_map("t[a-c]", leaf, 0..3);
    texts.prop_map(Tree::Map).prop_recursive(3, 20, 3, |inner| {
        (btree_map("t[a-c.,=]", "[ -~]{0,6}x".prop_map(Tree::Text), 0..3), btree_map("m[a-c]", inner, 0..3)).prop_map(
            |(mut map, more)| {
                map.extend(more);
                Tree::Map(map)
            },
        )
    })
}

fn merged(text: &str, values: &[&Tree]) -> String {
    let functions = helm::functions();
    let mut templates = Templates::new("root");
    templates.parse("t", text.as_bytes(), &functions).expect("a template");
    let data = Value::map(["a", "b", "c"].into_iter().zip(values.iter().map(|it| it.value())));
    let printed = templates.execute("t", &data, &functions, &mut NoWorld, MissingKey::Zero);
    printed.expect("rendered").to_text().into_owned()
}

fn version() -> impl Strategy<Value = String> {
    ("(0|[1-9][0-9]{0,2})\\.(0|[1-9])\\.(0|[1-9])", "(-(0|[1-9]|a|b|rc1)(\\.(0|10|2|a))?)?").prop_map(|(a, b)| a + &b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn values_merge_alike_in_any_grouping(a in tree(), b in tree(), c in tree()) {
        let left = merged("{{ mergeOverwrite (mergeOverwrite (deepCopy .a) .b) .c | toYaml }}", &[&a, &b, &c]);
        let right = merged("{{ mergeOverwrite (deepCopy .a) (mergeOverwrite (deepCopy .b) .c) | toYaml }}", &[&a, &b, &c]);
        prop_assert_eq!(&left, &right);
        let mirrored = merged("{{ merge (deepCopy .c) .b .a | toYaml }}", &[&a, &b, &c]);
        prop_assert_eq!(&left, &mirrored);
        prop_assert_eq!(merged("{{ mergeOverwrite (deepCopy .a) .a | toYaml }}", &[&a]), merged("{{ .a | toYaml }}", &[&a]));
    }

    #[test]
    fn lines_of_set_give_what_they_were_made_of(tree in tree()) {
        let mut lines = Vec::new();
        tree.lines("", &mut lines);
        for helm in [HelmVersion::UNNAMED, HelmVersion::NEWEST] {
            let dest = Map::any();
            for line in &lines {
                strvals::parse_into_string(line.as_bytes(), &dest, helm).expect("a line");
            }
            let joined = Map::any();
            strvals::parse_into_string(lines.join(",").as_bytes(), &joined, helm).expect("one line");
            let text = |it: Map| yaml::write(&Value::Map(it)).expect("written");
            let joined = text(joined);
            let dest = text(dest);
            prop_assert_eq!(&dest, &joined, "{:?}", lines);
            // Mappings without a text have no line.
            if let Some(whole) = pruned(&tree) {
                prop_assert_eq!(dest, yaml::write(&whole.value()).expect("written"), "{:?}", lines);
            }
        }
    }

    #[test]
    fn versions_have_one_order(a in version(), b in version(), c in version()) {
        let read = |it: &str| Version::parse(it).expect("a version");
        let (x, y, z) = (read(&a), read(&b), read(&c));
        prop_assert_eq!(x.compare(&y), y.compare(&x).reverse());
        prop_assert_eq!(x.compare(&x), std::cmp::Ordering::Equal);
        if x.compare(&y).is_le() && y.compare(&z).is_le() {
            prop_assert!(x.compare(&z).is_le());
        }
        prop_assert_eq!(x.to_string(), a);
    }

    #[test]
    fn a_header_of_a_parcel_reads_back(path in "[a-z0-9]{1,20}(/[a-z0-9][a-z0-9.-]{0,20}){0,3}", size in 0u64..(1 << 33)) {
        prop_assert_eq!(tarball::read(&tarball::header(&path, size)), Some((path, size)));
        prop_assert_eq!((size + tarball::padding(size)) % 512, 0);
    }

    #[test]
    fn what_is_written_as_yaml_reads_back(tree in tree()) {
        let text = yaml::write(&tree.value()).expect("written");
        let read = yaml::read(text.as_bytes()).expect("read");
        prop_assert_eq!(yaml::write(&read).expect("written"), text);
    }
}

/// Without the mappings that hold nothing; `None` where nothing is left.
fn pruned(tree: &Tree) -> Option<Tree> {
    match tree {
        Tree::Text(_) => Some(tree.clone()),
        Tree::Map(map) => {
            let map: BTreeMap<_, _> = map.iter().filter_map(|(key, it)| Some((key.clone(), pruned(it)?))).collect();
            (!map.is_empty()).then_some(Tree::Map(map))
        }
    }
}
