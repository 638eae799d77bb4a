//! Go's `text/template`.

mod complex;
mod exec;
mod funcs;
mod function;
mod item;
mod lex;
mod lex_literals;
mod lex_text;
mod node;
mod option;
mod parse;
mod reflect;
mod sealed;
mod template;
mod unicode;

pub use exec::{ExecError, Machine, TemplatePlace};
pub use function::{Body, Function, Functions, Gives, Keys, Layout, Sealed};
pub use option::MissingKey;
pub use parse::ParseError;
pub use reflect::Reflect;
pub use sealed::{FillError, Filler, MAX_CHAIN};
pub use template::Templates;
