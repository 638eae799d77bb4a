//! Templates: read, executed, and executed with values that are sealed.

use helm_engine::budget::{self, Account};
use helm_engine::gotmpl::{Filler, MissingKey, Templates};
use helm_engine::helm;
use helm_engine::hole::{Expr, Holes, Seed, may_be_template};
use helm_engine::value::{Failure, Str, Value};
use helm_engine::world::{Call, World};

/// Enough for any small template, and soon used up by one that grows.
const MEMORY: u64 = 16 << 20;
/// As many steps as a template of some hundred bytes may take here.
const STEPS: usize = 200_000;

struct Sealing(Option<Holes>);

impl World for Sealing {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        match call.function {
            "now" => Ok(Value::Int(0)),
            name => Err(Failure::new(format!("{name} has no answer here"))),
        }
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        self.0.as_mut()
    }
}

/// Reads a template.
pub fn parse(bytes: &[u8]) {
    let mut templates = Templates::new("root");
    if let Err(fault) = templates.parse("t", bytes, &helm::functions()) {
        assert!(!fault.to_string().is_empty());
    }
}

/// Reads and executes one over values of every kind.
pub fn exec(bytes: &[u8]) {
    let data = data(&"plain".into(), &"a: [1, {b: c}]\n".into());
    let _ = run(bytes, &data, None);
}

/// What a template makes of a sealed value opens to what it makes of the value itself, or is refused. After a zero byte
/// follows the secret.
pub fn sealed(bytes: &[u8]) {
    let cut = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    let (template, secret) = bytes.split_at(cut);
    let secret = std::str::from_utf8(secret.get(1..).unwrap_or_default()).unwrap_or_default();
    let s = if helm_engine::hole::refusal(secret.as_bytes()).is_some() { "hunter2" } else { secret };
    let t = "second: secret\n";
    let _account = Account::open();
    let mut holes = Holes::new(Seed::new([1; 32]));
    let mut token = |name: &str, secret: &str| {
        if may_be_template(secret.as_bytes()) {
            holes.mark_template(name);
        }
        holes.token(Expr::Secret(name.into()))
    };
    let tokens = (token("s", s), token("t", t));
    let (printed, holes) = run(template, &data(&tokens.0, &tokens.1), Some(holes));
    let (Some(printed), Some(holes)) = (printed, holes) else { return };
    let functions = helm::functions();
    let mut secret = |name: &str| Ok::<_, Failure>(Str::from(if name == "s" { s } else { t }));
    let mut filler = Filler::new(&holes, &functions, &mut secret);
    let Ok(opened) = filler.text(&printed) else { return };
    let (direct, _) = run(template, &data(&s.into(), &t.into()), None);
    // The direct render may have met a bound of memory or depth where the sealed one met none.
    if let Some(direct) = direct {
        assert_eq!(String::from_utf8_lossy(&opened), String::from_utf8_lossy(&direct), "filled, and rendered directly");
    }
}

fn data(s: &Str, t: &Str) -> Value {
    let (s, t): (Value, Value) = (s.clone().into(), t.clone().into());
    let deep = Value::map([
        ("one", s.clone()),
        (
            "two",
            Value::map([("three", Value::list([s.clone(), Value::map([("four", s.clone()), ("n", Value::Int(1))])]))]),
        ),
        ("list", Value::list([Value::list([s.clone()]), t.clone()])),
    ]);
    let numbers = Value::list([Value::Int(3), Value::Int(-1), Value::Int(0)]);
    Value::map([
        ("s", s),
        ("t", t),
        ("deep", deep),
        ("i", Value::Int(3)),
        ("f", Value::Float(1.5)),
        ("yes", Value::Bool(true)),
        ("no", Value::Nil),
        ("numbers", numbers),
    ])
}

fn run(text: &[u8], data: &Value, holes: Option<Holes>) -> (Option<Str>, Option<Holes>) {
    budget::set_limit(MEMORY);
    budget::set_steps(STEPS);
    let _account = Account::open();
    let functions = helm::functions();
    let mut templates = Templates::new("root");
    if templates.parse("t", text, &functions).is_err() {
        return (None, holes);
    }
    let mut world = Sealing(holes);
    let printed = templates.execute("t", data, &functions, &mut world, MissingKey::Zero);
    (printed.ok(), world.0)
}
