//! Evaluates fields, map keys and methods.

use crate::gotmpl::exec::call::Callee;
use crate::gotmpl::exec::{At, ExecError, Reflect, Result, State, quoted};
use crate::gotmpl::node::{Fields, Operand};
use crate::gotmpl::{Function, MissingKey};
use crate::value::{Kind, Object, Type, Value};

impl<'t, 'w> State<'t, '_, 'w> {
    /// `.a.b.c` on a receiver; the last may be a method and gets the arguments.
    pub(super) fn eval_field_chain(
        &mut self,
        dot: &Reflect,
        mut receiver: Reflect,
        node: &'t Operand,
        fields: &'t Fields,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        let (path, end) = fields.split_last();
        for field in path {
            receiver = self.eval_field(dot, receiver, node, field, &[], None)?;
        }
        self.eval_field(dot, receiver, node, end, args, last)
    }

    fn eval_field(
        &mut self,
        dot: &Reflect,
        receiver: Reflect,
        node: &'t Operand,
        field: &'t str,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        let has_args = !args.is_empty() || last.is_some();
        match receiver.value() {
            Value::Nil => match receiver {
                Reflect::Interface(_) => Err(self.error(format!("nil pointer evaluating interface {{}}.{field}"))),
                _ if self.machine.missing_key == MissingKey::Error => {
                    Err(self.error(format!("nil data; no entry for key {}", quoted(field))))
                }
                _ => Ok(Reflect::Invalid),
            },
            Value::Map(map) => {
                if let Some(method) = self.named_method(map.map_type(), field) {
                    let callee = Callee::Bound(method, receiver);
                    return self.eval_call(dot, callee, At::Operand(node), field, args, last);
                }
                self.check_no_args(has_args, field)?;
                match map.get(field) {
                    Some(value) => Ok(Reflect::typed(value, map.map_type().element())),
                    None => self.missing_key(field, map.map_type().element()),
                }
            }
            Value::List(list) => match self.named_method(list.list_type(), field) {
                Some(method) => {
                    let callee = Callee::Bound(method, receiver);
                    self.eval_call(dot, callee, At::Operand(node), field, args, last)
                }
                None => Err(self.no_field(field, &receiver)),
            },
            Value::Object(object) => {
                if let Some((params, variadic)) = object.method(field) {
                    let callee = Callee::Method { object: object.clone(), params, variadic };
                    return self.eval_call(dot, callee, At::Operand(node), field, args, last);
                }
                self.object_field(&**object, &receiver, field, has_args)
            }
            _ => Err(self.no_field(field, &receiver)),
        }
    }

    fn object_field(&self, object: &dyn Object, receiver: &Reflect, field: &str, has_args: bool) -> Result<Reflect> {
        let object_type = object.object_type();
        let value = object.field(field);
        if object_type.kind() == Kind::Map {
            self.check_no_args(has_args, field)?;
            let element = object_type.element().unwrap_or(Type::Any);
            return match value {
                Some(value) => Ok(Reflect::typed(value, Some(element))),
                None => self.missing_key(field, Some(element)),
            };
        }
        match value {
            Some(_) if has_args => Err(self.error(format!("{field} has arguments but cannot be invoked as function"))),
            Some(value) => Ok(Reflect::typed(value, None)),
            None if object.fields().is_some_and(|it| it.iter().any(|(name, _)| *name == field)) => {
                let struct_type = receiver.type_of().unwrap_or(object_type);
                Err(self.error(format!("{field} is an unexported field of struct type {struct_type}")))
            }
            None => Err(self.no_field(field, receiver)),
        }
    }

    /// A method comes before an entry of the same name.
    fn named_method(&self, receiver: Type, field: &str) -> Option<&'w Function> {
        match receiver {
            Type::Named { name, .. } => self.machine.functions.method(name, field),
            _ => None,
        }
    }

    fn missing_key(&self, key: &str, element: Option<Type>) -> Result<Reflect> {
        match self.machine.missing_key {
            MissingKey::Default => Ok(Reflect::Invalid),
            MissingKey::Zero => Ok(element.map_or(Reflect::Invalid, Reflect::zero)),
            MissingKey::Error => Err(self.error(format!("map has no entry for key {}", quoted(key)))),
        }
    }

    fn check_no_args(&self, has_args: bool, field: &str) -> Result<()> {
        if has_args {
            return Err(self.error(format!("{field} is not a method but has arguments")));
        }
        Ok(())
    }

    fn no_field(&self, field: &str, receiver: &Reflect) -> Box<ExecError> {
        if let Value::Object(object) = receiver.value()
            && let Some(fault) = object.member_fault(field)
        {
            return self.error(fault);
        }
        let type_name = receiver.type_of().map_or_else(|| "<nil>".into(), |it| it.to_string());
        self.error(format!("can't evaluate field {field} in type {type_name}"))
    }
}
