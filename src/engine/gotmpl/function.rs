//! The functions a template may call, with the Go signatures their arguments are checked against.

use std::collections::BTreeMap;

use crate::gotmpl::{Machine, Reflect};
use crate::value::{Failure, Kind, Type, Value};

/// Go's `reflect.Value` as the type of a parameter or result: accepts everything, as the builtins do.
pub const REFLECT: Type = Type::Named { name: "reflect.Value", kind: Kind::Struct, underlying: None };

/// A template function as Go's `FuncMap` would hold it.
///
/// A function named `TYPE.METHOD`, such as `common.Values.AsMap`, is the method of a named map type; the receiver is its
/// first parameter.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// What templates call it by, or `TYPE.METHOD`.
    pub name: &'static str,
    /// The parameter types. The executor checks count and types, in Go's words, before the body runs, so that the body
    /// may rely on them; a parameter of type `Type::Any` may be `Value::Nil`.
    pub params: &'static [Type],
    /// Whether the last parameter repeats, as in `func(args ...any)`.
    pub variadic: bool,
    /// The declared result type: what the result may be piped into without a run-time check.
    pub result: Type,
    /// What becomes of a call while secrets are not at hand.
    pub sealed: Sealed,
    /// What computes the result once the arguments are checked.
    pub body: Body,
}

/// How a function computes.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// From its arguments alone.
    Pure(fn(&[Value]) -> Result<Value, Failure>),
    /// With the execution it stands in, as `include` and `tpl` do.
    Machine(fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>),
    /// By asking the world: time, chance, keys, the cluster.
    Impure,
    /// From its arguments alone, where it matters whether a nil came out of an `interface {}`.
    Reflect(fn(&[Reflect]) -> Result<Value, Failure>),
    /// The first argument whose truth is `until`, or else the last; those after it are not evaluated.
    Lazy {
        /// The truth that ends the evaluation: true for `or`, false for `and`.
        until: bool,
    },
    /// The builtin `call`.
    Call,
}

/// What becomes of a call that has a sealed string among its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The result would depend on the sealed text, and is no string: an error that names the place.
    Refuse,
    /// The function never looks into the text: it is called as ever (`dict`, `list`, `get`, `default`, `print`).
    Pass,
    /// The function asks only whether its arguments are empty (`empty`, `default`): a secret never is, so it is called as
    /// ever; text computed from secrets may be, which is an error.
    Truth,
    /// The function looks into its arguments themselves, not into what they hold (`len`, `index`): an error for a sealed
    /// string, and no matter for a list or map of them.
    Outer,
    /// The function asks whether anything in its arguments, however deep, is empty (`merge`, `compact`).
    Filled,
    /// The function looks for keys or names (`get`, `dict`, `include`): an error for a sealed key, and no matter for a sealed value.
    Keys(Keys),
    /// The function compares (`eq`): an error, but for the question whether a secret is empty text. It says `if_equal` of
    /// what is equal.
    Equal {
        /// True for `eq`, false for `ne`.
        if_equal: bool,
    },
    /// `contains`: an error, but for the question whether text is a template.
    Contains,
    /// `tpl`: sealed text passes through where it is known to hold no template of its own.
    Template,
    /// The function lays its argument out as text (`nindent`, `toYaml`): the layout is public, and the sealed strings in
    /// it are computed when the bundle is opened.
    Layout(Layout),
    /// The function reads a document (`fromYaml`): what it reads is public, and the sealed strings in it are filled when the
    /// bundle is opened, where the document then reads alike.
    Read,
    /// The result is a string that is computed when the bundle is opened.
    Defer,
    /// As `Defer`, and something is known of that string (`b64enc`, `quote`, `sha256sum`).
    Known(Gives),
}

/// Which arguments of a function are keys or names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Every argument (`get`, `hasKey`): maps among them are no matter, for only strings are sealed.
    All,
    /// So many from the first on (`include`, `set`).
    First(usize),
    /// The first, the third, the fifth ... (`dict`).
    EverySecond,
    /// All but so many at the end.
    AllBut(usize),
}

/// How a function lays out its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Spaces before each line.
    Indent,
    /// The same, behind the end of a line.
    NewLineIndent,
    /// JSON on one line, as `toJson` writes it.
    Json,
    /// YAML in blocks, as `toYaml` writes it.
    Yaml,
}

/// What is known of the text that a function gives, whatever the text that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// It is empty only where that is.
    Text,
    /// The same; and it has no braces beside one another where that has none.
    SameBraces,
    /// The same, as one line in quotes.
    Quoted,
    /// It is empty only where that is, and is one line without braces.
    Code,
    /// Its arguments, as a format has them (`printf`).
    Formatted,
    /// Its last argument, with one text in the place of another (`replace`).
    Replaced,
    /// Its last argument, without a text at its beginning or end (`trimPrefix`).
    Cut,
}

/// A name behind its first eight bytes as a number, in which most names differ.
type Name<'n> = (u64, &'n str);

fn by_start(name: &str) -> Name<'_> {
    let start = name.bytes().chain(std::iter::repeat(0)).take(8).fold(0, |start, it| start << 8 | u64::from(it));
    (start, name)
}

/// Functions by name. The default is Go's builtins.
#[derive(Clone, Debug)]
pub struct Functions {
    by_name: BTreeMap<Name<'static>, &'static Function>,
    /// Methods of named map types, by type and name.
    methods: BTreeMap<&'static str, BTreeMap<&'static str, &'static Function>>,
}

impl Functions {
    /// No function at all.
    pub(super) fn none() -> Self {
        Functions { by_name: BTreeMap::new(), methods: BTreeMap::new() }
    }

    /// Adds functions; a later one of the same name replaces an earlier one.
    #[must_use]
    pub fn with(mut self, functions: &'static [Function]) -> Self {
        for function in functions {
            match function.name.rsplit_once('.') {
                Some((owner, method)) => self.methods.entry(owner).or_default().insert(method, function),
                None => self.by_name.insert(by_start(function.name), function),
            };
        }
        self
    }

    /// Takes functions away.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.by_name.retain(|(_, name), _| !names.contains(name));
        self
    }

    /// The function of this name; methods are not among them.
    pub fn get(&self, name: &str) -> Option<&'static Function> {
        self.by_name.get(&by_start(name)).copied()
    }

    /// The method of this name that a named map type has.
    pub fn method(&self, type_name: &str, name: &str) -> Option<&'static Function> {
        // Those that templates may call begin with a capital letter.
        if !name.starts_with(|it: char| it.is_ascii_uppercase()) {
            return None;
        }
        self.methods.get(type_name)?.get(name).copied()
    }

    /// All functions by name, then all methods by type and name.
    pub fn iter(&self) -> impl Iterator<Item = &'static Function> {
        self.by_name.values().chain(self.methods.values().flat_map(BTreeMap::values)).copied()
    }
}
