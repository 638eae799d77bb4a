//! What is fuzzed: for every door through which bytes of others come in, a function that takes any bytes.
//!
//! A target must come back, whatever it is given, and holds a law where there is one: what is written reads back as it was,
//! what a hole is filled with is what the value itself prints. `fuzz_targets` gives each to libFuzzer; `main.rs` runs
//! all of them over the kept corpus without it.

mod gitops;
mod keys;
mod packed;
mod template;
mod texts;

/// A target by its name, which is that of its folder in `corpus`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("age", keys::age),
    ("bundle", packed::bundle),
    ("chart", packed::chart),
    ("exec", template::exec),
    ("gitops", gitops::sources),
    ("identity", keys::identity),
    ("lex", template::parse),
    ("lock", texts::lock),
    ("pem", keys::pem),
    ("registry", packed::registry),
    ("schema", texts::schema),
    ("sealed", template::sealed),
    ("set", texts::set),
    ("spec", texts::spec),
    ("substitute", gitops::substitute),
    ("yaml", texts::yaml),
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, target)) = TARGETS.iter().find(|it| it.0 == name) {
        target(bytes);
    }
}
