//! Every bound on what charts, values and templates of others may ask for, in one table.
//!
//! A bound that Go, Helm or a library of theirs has is theirs, so that what they refuse is refused alike. The others stand where
//! those would run out of memory or go on without an end.

/// A bound.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it is called, in the table and its test.
    pub name: &'static str,
    /// What it bounds.
    pub of: &'static str,
    /// The most that is taken, in `unit`.
    pub most: u64,
    /// What is counted.
    pub unit: Unit,
    /// Who sets it, or how a user raises it.
    pub note: &'static str,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Levels of nesting.
    Levels,
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Characters.
    Characters,
}

impl Limit {
    /// A row of a table.
    pub const fn new(name: &'static str, of: &'static str, most: u64, unit: Unit, note: &'static str) -> Limit {
        Limit { name, of, most, unit, note }
    }

    /// The most that is taken, as a length.
    pub const fn size(&self) -> usize {
        self.most as usize
    }
}

/// Writes the rows as constants, and all of them as one list.
#[macro_export]
macro_rules! limits {
    ($($constant:ident $name:literal $of:literal $most:expr, $unit:ident $note:literal)*) => {
        $(
            #[doc = $of]
            pub const $constant: $crate::limits::Limit =
                $crate::limits::Limit::new($name, $of, $most, $crate::limits::Unit::$unit, $note);
        )*
        /// Every row.
        pub const ALL: &[&$crate::limits::Limit] = &[$(&$constant),*];
    };
}

limits! {
    MEMORY "memory" "What one render, or one bundle that is opened, may ask for" 1 << 30, Bytes "`--max-memory MIB`"
    STEPS "steps" "What one template walks, its loops and what it calls included" 100_000_000, Count "`--max-steps COUNT`"
    PRINTED "printed" "What one template prints, into the texts that functions take too" 1 << 28, Bytes ""
    CALLS "calls" "Functions that call templates, within each other" 5_000, Levels ""
    TEMPLATES "templates" "`{{template}}` within `{{template}}`" 100_000, Levels "Go's; the memory of the stack ends sooner"
    PARENTHESES "parentheses" "Parentheses within each other in a template" 10_000, Levels "Go's"
    INCLUDES "includes" "`include` of one template from within itself" 1_000, Levels "Helm's"
    NUMBERS "numbers" "A list of numbers that `until` or `seq` makes" 1 << 28, Count "memory ends sooner"
    REPEATED "repeated" "A text that `repeat` or `indent` makes" 1 << 32, Bytes "memory ends sooner"
    RANDOM "random" "A random text" 1 << 28, Characters "memory ends sooner"
    SEALED_CHAIN "sealed-chain" "Functions that a sealed value goes through" 1_000, Levels ""
    NESTED_VALUES "nested-values" "Values that are copied or merged by templates" 10_000, Levels ""
    PRINTED_VALUES "printed-values" "Values that `print` shows" 100_000, Levels ""
    YAML_DEPTH "yaml-depth" "Collections of a YAML document within each other" 10_000, Levels "go-yaml's"
    YAML_KEY "yaml-key" "A key of YAML without quotes or `?`" 1_024, Characters "go-yaml's"
    YAML_ALIASES "yaml-aliases" "Nodes of a document of which 99 of 100 may come from aliases; from ten times as many on, 10 of 100" 400_000, Count "go-yaml's"
    JSON_DEPTH "json-depth" "Collections of a JSON text within each other, schemas too" 10_000, Levels "Go's"
    TOML_DEPTH "toml-depth" "Tables and lists of a TOML text within each other" 250, Levels ""
    SET_INDEX "set-index" "An index of `--set`" 65_536, Count "Helm's"
    SET_DEPTH "set-depth" "Dots in a name of `--set`" 30, Levels "Helm's"
    VERSION "version" "A version" 256, Bytes "that of Helm's library"
    CONSTRAINT "constraint" "A constraint on versions" 512, Bytes "that of Helm's library"
    CONSTRAINT_GROUPS "constraint-groups" "Alternatives of a constraint" 32, Count "that of Helm's library"
    REGEX_HEIGHT "regex-height" "Groups of a regular expression within each other" 1_000, Levels "Go's"
    REGEX_COPIES "regex-copies" "A repetition in a regular expression" 1_000, Count "Go's"
    REGEX_SIZE "regex-size" "What a regular expression is compiled to" 1 << 28, Bytes ""
    GLOB_DEPTH "glob-depth" "Alternatives within each other in a pattern of `.Files.Glob`" 256, Levels ""
    RELEASE_NAME "release-name" "The name of a release" 53, Bytes "Helm's"
}
