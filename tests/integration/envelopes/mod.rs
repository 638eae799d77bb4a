//! Envelopes that somebody without a key put elsewhere: in a lock, in a bundle; and locks from before envelopes were bound.

mod archive;
mod before;
mod proofs;
mod swaps;
mod tampering;
