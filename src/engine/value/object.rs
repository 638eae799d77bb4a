//! Go values with fields or methods of their own: times, certificates, versions, `.Capabilities`, `.Files`.

use std::any::Any;
use std::fmt::Debug;

use super::{Failure, Type, Value};

/// A struct, pointer or named type that templates reach by field or method.
pub trait Object: Debug {
    /// Its Go type: a `Type::Named`.
    fn object_type(&self) -> Type;

    /// The exported field or map entry of this name.
    fn field(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The parameter types of the method of this name, `None` where there is no such method. The last type is repeated
    /// where the flag says the method is variadic.
    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        let _ = name;
        None
    }

    /// Why a template cannot use a member that exists: Go's word on the results of a method, told once the number of
    /// arguments is right, or on a field that is not exported.
    fn member_fault(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// Calls a method whose arguments were checked against [`Object::method`].
    fn call(&self, name: &str, args: &[Value]) -> Result<Value, Failure> {
        let _ = args;
        Err(Failure::new(format!("no method {name}")))
    }

    /// What the value becomes when it is passed to a function, where Go would copy it into an `interface {}` and it
    /// would lose the methods of its pointer: `{{ .Capabilities.KubeVersion }}` prints by its `String` method,
    /// `{{ print .Capabilities.KubeVersion }}` does not.
    fn copied(&self) -> Option<Value> {
        None
    }

    /// What `deepCopy` makes of it, where that is not the value itself.
    fn deep_copied(&self) -> Option<Value> {
        None
    }

    /// Truth as `text/template` has it. A struct is always true.
    fn truth(&self) -> bool {
        true
    }

    /// What `%v` prints: the `String` method where the Go type has one.
    fn print(&self) -> String;

    /// What an action prints for it as output. It differs from `%v` where Go's executor can take the address of a value
    /// whose pointer has a `String` method.
    fn output(&self) -> String {
        self.print()
    }

    /// Whether the Go type has a `String` method, which then prints it under `%v`, `%s`, `%q`, `%x` and `%X`.
    fn has_string_method(&self) -> bool {
        true
    }

    /// The fields of a struct, or of what a pointer points to, in the order of Go. They print it where `String` does not.
    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }

    /// As [`Object::fields`], where structs inside print as such.
    fn printed_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        self.fields()
    }

    /// What `%#v` prints.
    fn print_go(&self) -> String {
        self.print()
    }

    /// What the type is as plain data: what `encoding/json` writes, and what `range`, `len` and `index` see where the
    /// Go kind allows them.
    fn plain(&self) -> Value;

    /// Go's `==` against another object.
    fn equals(&self, other: &dyn Object) -> bool;

    /// `reflect.DeepEqual` against another object: differs where the type holds pointers.
    fn deep_equals(&self, other: &dyn Object) -> bool {
        self.equals(other)
    }

    /// For functions that need the concrete Rust type back.
    fn as_any(&self) -> &dyn Any;
}
