//! Tests of `printer`.

use std::rc::Rc;

use super::*;
use crate::fmt::sprintf;

/// A struct as Helm's `common.KubeVersion` or a pointer as `*semver.Version`, by its type's name.
#[derive(Debug)]
struct Version(&'static str);

impl Object for Version {
    fn object_type(&self) -> Type {
        let kind = if self.0.starts_with('*') { Kind::Ptr } else { Kind::Struct };
        Type::Named { name: self.0, kind, underlying: None }
    }

    fn has_string_method(&self) -> bool {
        self.0.starts_with('*')
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(vec![("major", Value::Uint64(1)), ("pre", "a".into())])
    }

    fn print(&self) -> String {
        "v1-a".into()
    }

    fn plain(&self) -> Value {
        Value::Nil
    }

    fn equals(&self, _: &dyn Object) -> bool {
        false
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn objects_print_by_method_or_fields() {
    let print = |name, format: &str| {
        let value = Value::Object(Rc::new(Version(name)));
        sprintf(format.as_bytes(), &[value.clone(), Value::list([value])]).to_string()
    };
    assert_eq!(print("m.Version", "%v %+[1]v %[1]d %[2]v"), "{1 a} {major:1 pre:a} {1 %!d(string=a)} [{1 a}]");
    assert_eq!(print("m.Version", "%#v %5[1]v|%[1]q"), "m.Version{major:0x1, pre:\"a\"} {    1     a}|{'\\x01' \"a\"}");
    assert_eq!(print("*m.Version", "%v %[1]s %6[1]v|%[1]q %[2]v"), "v1-a v1-a   v1-a|\"v1-a\" [v1-a]");
    assert_eq!(
        print("*m.Version", "%#v %[1]d %[1]w"),
        "&m.Version{major:0x1, pre:\"a\"} &{1 %!d(string=a)} %!w(*m.Version=&{1 a})"
    );
    assert_eq!(print("*m.Version", "%[2]d"), "[824633720832]");
}

#[test]
fn a_value_that_holds_itself_ends() {
    let map = Map::any();
    map.insert("a", Value::Map(map.clone()));
    map.insert("b", Value::Map(map.clone()));
    let mut printer = Printer::default();
    printer.argument(&Value::Map(map.clone()), 'v');
    assert!(printer.finish().ends_with(b"a:%!v(PANIC=value contains itself)"));
    map.remove("a");
    map.remove("b");
}
