//! Accidents: two runs at once, servers that never end, helpers that hang, a system that fails; and what each says of it.

mod advice;
mod broken;
mod holders;
mod twice;
mod waits;
