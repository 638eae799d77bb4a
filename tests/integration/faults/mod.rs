//! Accidents: two runs at once, servers that never end, helpers that hang; and what each says of it.

mod advice;
mod holders;
mod twice;
mod waits;
