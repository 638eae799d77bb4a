//! RFC 6902: the steps that take one value to another, exactly.

use serde_json::{Map, Value as Json, json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A JSON patch that makes `new` of `old`. No step tests or moves.
pub(super) fn patch(old: &Json, new: &Json) -> Json {
    let mut steps = Steps { path: String::new(), steps: Vec::new() };
    steps.values(old, new);
    Json::Array(steps.steps)
}

struct Steps {
    path: String,
    steps: Vec<Json>,
}

impl Steps {
    fn values(&mut self, old: &Json, new: &Json) {
        match (old, new) {
            _ if old == new => {}
            (Json::Object(old), Json::Object(new)) => self.objects(old, new),
            (Json::Array(old), Json::Array(new)) => self.lists(old, new),
            _ => self.step("replace", Some(new)),
        }
    }

    fn objects(&mut self, old: &Map<String, Json>, new: &Map<String, Json>) {
        for key in old.keys().filter(|it| !new.contains_key(*it)) {
            self.below(key, |it| it.step("remove", None));
        }
        for (key, value) in new {
            self.below(key, |it| match old.get(key) {
                Some(old) => it.values(old, value),
                None => it.step("add", Some(value)),
            });
        }
    }

    /// Runs that are equal stay; what stands between them is changed in place as far as it goes, then added or removed.
    fn lists(&mut self, old: &[Json], new: &[Json]) {
        let texts = |list: &[Json]| -> Vec<String> { list.iter().map(Json::to_string).collect() };
        let mut shift: isize = 0;
        for op in capture_diff_slices(Algorithm::Myers, &texts(old), &texts(new)) {
            let (old_range, new_range) = (op.old_range(), op.new_range());
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let at = old_range.start.saturating_add_signed(shift);
            let (gone, come) = (&old[old_range], &new[new_range]);
            let both = gone.len().min(come.len());
            for index in 0..both {
                self.below(&(at + index).to_string(), |it| it.values(&gone[index], &come[index]));
            }
            for _ in both..gone.len() {
                self.below(&(at + both).to_string(), |it| it.step("remove", None));
            }
            for (index, value) in come.iter().enumerate().skip(both) {
                self.below(&(at + index).to_string(), |it| it.step("add", Some(value)));
            }
            shift += come.len() as isize - gone.len() as isize;
        }
    }

    fn below(&mut self, key: &str, inner: impl FnOnce(&mut Steps)) {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&key.replace('~', "~0").replace('/', "~1"));
        inner(self);
        self.path.truncate(length);
    }

    fn step(&mut self, op: &str, value: Option<&Json>) {
        self.steps.push(match value {
            Some(value) => json!({ "op": op, "path": self.path, "value": value }),
            None => json!({ "op": op, "path": self.path }),
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            (0..4i64).prop_map(Json::from),
            "[a~/\"-]{0,3}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map("[ab/~]{0,2}", inner, 0..5)
                    .prop_map(|it| Json::Object(it.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Another implementation of RFC 6902 applies the steps.
        #[test]
        fn leads_from_old_to_new(old in values(), new in values()) {
            let steps: json_patch::Patch = serde_json::from_value(patch(&old, &new)).expect("a patch");
            let mut at = old.clone();
            json_patch::patch(&mut at, &steps).expect("it applies");
            prop_assert_eq!(&at, &new);
            prop_assert_eq!(steps.0.is_empty(), old == new);
        }

        /// The readable comparison sees a difference wherever there is one.
        #[test]
        fn agrees_with_the_fields(old in values(), new in values()) {
            prop_assert_eq!(crate::review::compare::fields::compare(&old, &new).is_empty(), old == new);
        }
    }
}
