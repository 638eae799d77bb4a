//! What a hole's recipe gives equals the direct render, for chains of functions that nobody chose.

use helm_engine::gotmpl::{Filler, MissingKey, Templates};
use helm_engine::helm;
use helm_engine::hole::{self, Expr, Holes, Seed};
use helm_engine::value::{Failure, Str, Value};
use helm_engine::world::{Call, World};
use proptest::collection::vec;
use proptest::prelude::*;

struct Sealing(Option<Holes>);

impl World for Sealing {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} has no answer here", call.function)))
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        self.0.as_mut()
    }
}

/// What may stand behind a value in a pipe.
const STEPS: &[&str] = &[
    "b64enc",
    "quote",
    "squote",
    "upper",
    "lower",
    "title",
    "trim",
    "sha256sum",
    "indent 2",
    "nindent 3",
    "toYaml",
    "toJson",
    "printf \"<%s>\"",
    "printf \"%q\"",
    "default \"none\"",
    "replace \"a\" \"bc\"",
    "trunc 5",
    "trimSuffix \"\\n\"",
    "list \"x\" | join \",\"",
    "dict \"k\" | toYaml",
    "b32enc",
    "repeat 2",
    "html",
    "js",
    "urlquery",
    "coalesce \"\"",
    "cat \"a\"",
    "wrap 10",
    "toString",
];

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,40}",
        "\\PC{1,20}",
        "([ -~]{0,20}\n){1,4}",
        proptest::sample::select(vec!["yes", "null", "1e3", "0x1F", "- a", "a: b", "# c", " x ", "{{ .t }}", "'", "|"])
            .prop_map(str::to_owned),
    ]
    .prop_filter("a text that can be sealed", |it| hole::refusal(it.as_bytes()).is_none())
}

fn run(text: &str, s: Str, holes: Option<Holes>) -> (Option<Str>, Option<Holes>) {
    let functions = helm::functions();
    let mut templates = Templates::new("root");
    templates.parse("t", text.as_bytes(), &functions).expect("a template");
    let mut world = Sealing(holes);
    let data = Value::map([("s", Value::Str(s)), ("t", "plain".into())]);
    (templates.execute("t", &data, &functions, &mut world, MissingKey::Zero).ok(), world.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_filled_is_what_is_rendered(secret in secret(), steps in vec(proptest::sample::select(STEPS), 0..5)) {
        let steps: String = steps.iter().map(|it| format!(" | {it}")).collect();
        let text = format!("a: {{{{ .s{steps} }}}}\n");
        let mut holes = Holes::new(Seed::new([1; 32]));
        if hole::may_be_template(secret.as_bytes()) {
            holes.mark_template("s");
        }
        let token = holes.token(Expr::Secret("s".into()));
        let (printed, holes) = run(&text, token, Some(holes));
        if let (Some(printed), Some(holes)) = (printed, holes) {
            let functions = helm::functions();
            let mut given = |_: &str| Ok::<_, Failure>(Str::from(secret.as_str()));
            let opened = Filler::new(&holes, &functions, &mut given).text(&printed).expect("filled");
            let (direct, _) = run(&text, secret.as_str().into(), None);
            prop_assert_eq!(Some(opened.to_text()), direct.as_ref().map(Str::to_text), "{}", text);
        }
    }
}
