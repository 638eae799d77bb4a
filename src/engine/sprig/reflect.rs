//! Asking a value for its type.
//!
//! Mirrors sprig's `reflect.go`.

use super::arguments::{ANY, BOOL, STRING, any, function, string, text};
use super::equal::deep_equal;
use crate::gotmpl::{Function, Sealed};

pub(super) const FUNCTIONS: &[Function] =
    &[
        function("typeOf", &[ANY], STRING, Sealed::Pass, |args| string(any(args, 0).type_name())),
        function("typeIs", &[STRING, ANY], BOOL, Sealed::Pass, |args| {
            Ok((text(args, 0) == *any(args, 1).type_name()).into())
        }),
        function("typeIsLike", &[STRING, ANY], BOOL, Sealed::Pass, |args| {
            let (target, name) = (text(args, 0), any(args, 1).type_name());
            Ok((target == *name || name.strip_prefix('*').is_some_and(|it| target == *it)).into())
        }),
        function("kindOf", &[ANY], STRING, Sealed::Pass, |args| string(any(args, 0).kind().name())),
        function("kindIs", &[STRING, ANY], BOOL, Sealed::Pass, |args| {
            Ok((text(args, 0) == *any(args, 1).kind().name()).into())
        }),
        function("deepEqual", &[ANY, ANY], BOOL, Sealed::Refuse, |args| {
            Ok(deep_equal(&any(args, 0), &any(args, 1)).into())
        }),
    ];
