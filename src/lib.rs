//! `ichor` builds the sealed bootstrap of Talos Linux clusters: pinned charts, stable certificates, reproducible bundles.
//!
//! Anyone can rebuild a bundle bit for bit and review every change to it; only key holders can open it.
//!
//! # The flow
//!
//! Data flows one way, and each type is made by its own stage alone, so that a skipped step does not compile:
//!
//! | type | is | made by |
//! |---|---|---|
//! | [`stage::spec::Spec`] | what the user wrote: parts, values, recipients | `spec` reads `ichor.yaml` |
//! | [`stage::lock::Lock`] | what was resolved and minted: versions, digests, pins | `lock`, the verb |
//! | [`stage::vendored::Vendored`] | the charts and manifests themselves, each compared with its digest | `vendored` |
//! | [`stage::render::Rendered`] | what Helm would print, with holes where secrets go | `render`, by [`helm_engine`] |
//! | [`stage::seal::Sealed`] | the same, with each hole as a readable mark | `seal` |
//! | [`stage::pack::Packed`] | the manifests as Talos takes them, with their names | `pack` |
//! | [`stage::bundle::Bundle`] | one archive with an index of all of it | `bundle` |
//!
//! `open` reads a bundle, fills the holes with what an identity unseals, and hands the manifests to [`deliver`].
//!
//! # The rooms
//!
//! Imports point one way: `base <- engine <- object <- gitops <- stage <- deliver <- review <- edge <- workspace <- ops`, and the binary on top. The engine
//! is a crate of its own, [`helm_engine`], that knows nothing of the other rooms.
//!
//! # What always holds
//!
//! - Only [`edge`] touches files, network, other programs, the clock and the random source. All else takes them as arguments.
//! - A build asks for no key, no network and no clock. Equal inputs give equal bytes.
//! - Nothing that is read is believed before it is checked: names where they are read, content by its digest, envelopes by
//!   the place they were sealed for, the lists of a lock by what is rendered.
//! - No text of a template, value, manifest or bundle is ever taken for a hole.
//! - A secret is in no error, log, argument or diff. Files with secrets are for their owner alone, and what a user has is
//!   never cut short: what is written goes to a new file that takes the old one's name.
//! - Code decides by variants of errors, never by their words.
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | part | one chart or one set of manifests of a spec |
//! | to mint | to make a key, a certificate or a random value for the first time |
//! | pin | something minted that the lock keeps: it is known by release, function and arguments |
//! | envelope | the secret half of a pin, sealed to the recipients with age |
//! | recipient | a public key that envelopes are sealed to |
//! | identity | the private key that opens them |
//! | hole | the place of a secret in a render; it remembers what the template does with the secret |
//! | leaf | a certificate that signs no other |
//! | bundle | what `build` makes: manifests with holes, envelopes, and an index |
//! | target | who takes the manifests of an opened bundle: talosctl, Omni, Flux and others |
//! | finding | what `check` or `diff` tells |
#![forbid(unsafe_code)]

pub mod base;
pub mod deliver;
pub mod edge;
pub mod gitops;
pub mod object;
pub mod ops;
pub mod review;
pub mod stage;
pub mod workspace;
