//! Go's `complex128`, which only a constant such as `1+2i` can make.

use std::any::Any;
use std::rc::Rc;

use crate::strconv;
use crate::value::{Kind, Object, Type, Value};

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    pub real: f64,
    pub imaginary: f64,
}

impl Object for Complex {
    fn object_type(&self) -> Type {
        Type::Named { name: "complex128", kind: Kind::Complex128, underlying: None }
    }

    fn truth(&self) -> bool {
        self.real != 0.0 || self.imaginary != 0.0
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(vec![("real", Value::Float(self.real)), ("imaginary", Value::Float(self.imaginary))])
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn print(&self) -> String {
        let real = strconv::format_float(self.real, b'g', -1);
        let imaginary = strconv::format_float(self.imaginary, b'g', -1);
        let sign = if imaginary.starts_with(['+', '-']) { "" } else { "+" };
        format!("({real}{sign}{imaginary}i)")
    }

    fn plain(&self) -> Value {
        (*self).into()
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Complex>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl From<Complex> for Value {
    fn from(complex: Complex) -> Value {
        Value::Object(Rc::new(complex))
    }
}
