//! What must hold for all inputs, tried on many that nobody chose.

mod sealed;
mod texts;
