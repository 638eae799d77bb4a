//! The main job from spec to opened patch, run as a user runs it, with the real age and the real openssl as witnesses.

mod bad_input;
mod determinism;
mod fleet;
mod helm;
mod images;
mod opened;
mod quickstart;
mod surroundings;
mod timings;
