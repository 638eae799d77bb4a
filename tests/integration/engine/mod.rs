//! The engine against what Helm and Go answered, and against itself.

mod case;
mod cases;
mod gotmpl;
mod helm;
mod holes;
mod yaml;
