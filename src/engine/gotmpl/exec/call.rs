//! Calls functions and methods: evaluates arguments and fits them to parameters.

use std::rc::Rc;

use crate::budget;
use crate::gotmpl::exec::{At, ExecError, Machine, Reflect, Result, State};
use crate::gotmpl::funcs::{indirect_type, truth};
use crate::gotmpl::function::{Body, Function, REFLECT, Sealed};
use crate::gotmpl::node::Operand;
use crate::gotmpl::sealed;
use crate::value::{Failure, Kind, Object, Type, Value};
use crate::world::Call;

/// What is called.
pub(super) enum Callee<'f> {
    Function(&'f Function),
    /// The method of a named map type: a function whose first parameter is the receiver.
    Bound(&'f Function, Reflect),
    Method {
        object: Rc<dyn Object>,
        params: &'static [Type],
        variadic: bool,
    },
}

impl Callee<'_> {
    /// The parameters the arguments must fit, and whether the last repeats.
    fn signature(&self) -> (&'static [Type], bool) {
        match self {
            Callee::Function(function) => (function.params, function.variadic),
            Callee::Bound(function, _) => (function.params.get(1..).unwrap_or_default(), function.variadic),
            Callee::Method { params, variadic, .. } => (params, *variadic),
        }
    }
}

impl<'t, 'w> State<'t, '_, 'w> {
    /// Calls with the arguments and, after them, what came down the pipeline.
    pub(super) fn eval_call(
        &mut self,
        dot: &Reflect,
        callee: Callee<'w>,
        node: At<'t>,
        name: &'t str,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        let (params, variadic) = callee.signature();
        let given = args.len() + usize::from(last.is_some());
        let fixed = params.len().saturating_sub(usize::from(variadic));
        if variadic && given < fixed {
            let got = args.len();
            return Err(self.error(format!("wrong number of args for {name}: want at least {fixed} got {got}")));
        }
        if !variadic && given != fixed {
            return Err(self.error(format!("wrong number of args for {name}: want {fixed} got {given}")));
        }
        if let Callee::Method { object, .. } = &callee
            && let Some(fault) = object.member_fault(name)
        {
            return Err(self.error(fault));
        }
        if let Callee::Function(Function { body: Body::Lazy { until }, .. }) = callee {
            return self.eval_lazy(dot, *until, args, last);
        }
        let argv = self.eval_args(dot, params, args, last)?;
        let called = match &callee {
            Callee::Function(Function { body: Body::Call, .. }) => Err(not_callable(args.first(), argv.first())),
            callee => self.machine.call(name, callee, argv),
        };
        called.map_err(|failure| {
            self.at = node;
            self.call_error(name, failure)
        })
    }

    /// Calls a function; `node` is what errors of the function itself point at.
    pub(super) fn eval_function(
        &mut self,
        dot: &Reflect,
        function: &'static Function,
        node: At<'t>,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        self.eval_call(dot, Callee::Function(function), node, function.name, args, last)
    }

    /// The arguments, each fitted to its parameter; the last parameter takes all that are left.
    fn eval_args(
        &mut self,
        dot: &Reflect,
        params: &'static [Type],
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Vec<Reflect>> {
        let param = |index: usize| params.get(index).or(params.last()).copied().unwrap_or(Type::Any);
        let mut argv = Vec::with_capacity(args.len() + 1);
        for (index, arg) in args.iter().enumerate() {
            argv.push(self.eval_arg(dot, param(index), arg)?);
        }
        if let Some(last) = last {
            argv.push(self.validate_type(last, param(args.len()))?);
        }
        Ok(argv)
    }

    /// `and` and `or`: the first argument whose truth is `until`, or else the last.
    fn eval_lazy(&mut self, dot: &Reflect, until: bool, args: &'t [Operand], last: Option<Reflect>) -> Result<Reflect> {
        let mut value = Reflect::Invalid;
        for arg in args {
            value = self.eval_arg(dot, REFLECT, arg)?;
            if self.truth(&value)? == until {
                return Ok(value);
            }
        }
        match last {
            Some(last) => self.validate_type(last, REFLECT),
            None => Ok(value),
        }
    }

    /// Truth as `if`, `with`, `and` and `or` see it.
    pub(super) fn truth(&mut self, value: &Reflect) -> Result<bool> {
        let functions = self.machine.functions;
        match self.machine.world().holes() {
            Some(holes) => {
                let truth = sealed::truth(value.value(), sealed::Facts { holes, functions });
                truth.map_err(|failure| self.error_from(failure))
            }
            None => Ok(truth(value.value())),
        }
    }

    /// One argument as a parameter of this type takes it.
    fn eval_arg(&mut self, dot: &Reflect, param: Type, arg: &'t Operand) -> Result<Reflect> {
        self.at = At::Operand(arg);
        let value = match arg {
            Operand::Dot { .. } => dot.clone(),
            Operand::Nil { .. } => {
                if can_be_nil(&param) {
                    return Ok(Reflect::zero(param));
                }
                return Err(self.error(format!("cannot assign nil to {param}")));
            }
            Operand::Field { fields, .. } => self.eval_field_chain(dot, dot.clone(), arg, fields, &[], None)?,
            Operand::Variable(variable) => self.eval_variable(dot, arg, variable, &[], None)?,
            Operand::Pipe(pipe) => self.eval_pipeline(dot, pipe)?,
            Operand::Identifier { function, .. } => self.eval_function(dot, function, At::Operand(arg), &[], None)?,
            Operand::Chain { .. } => self.eval_chain(dot, arg, &[], None)?,
            _ if param == Type::Any || param == REFLECT => return self.eval_constant(arg),
            _ => return self.eval_typed_constant(&param, arg),
        };
        self.validate_type(value, param)
    }

    /// A constant as a value of the parameter's type.
    fn eval_typed_constant(&self, param: &Type, arg: &Operand) -> Result<Reflect> {
        let number = match arg {
            Operand::Number(number) => Some(number),
            _ => None,
        };
        let int = number.and_then(|it| it.int);
        let uint = number.and_then(|it| it.uint);
        let (value, expected) = match (param.kind(), arg) {
            (Kind::Bool, Operand::Bool { value, .. }) => (Some(Value::Bool(*value)), "bool"),
            (Kind::Bool, _) => (None, "bool"),
            (Kind::String, Operand::String { text, .. }) => (Some(Value::Str(text.clone())), "string"),
            (Kind::String, _) => (None, "string"),
            (Kind::Float64, _) => (number.and_then(|it| it.float).map(Value::Float), "float"),
            (Kind::Int, _) => (int.map(Value::Int), "integer"),
            (Kind::Int32, _) => (int.map(|it| Value::Int32(it as i32)), "integer"),
            (Kind::Int64, _) => (int.map(Value::Int64), "integer"),
            (Kind::Uint8, _) => (uint.map(|it| Value::Uint8(it as u8)), "unsigned integer"),
            (Kind::Uint64, _) => (uint.map(Value::Uint64), "unsigned integer"),
            _ => return Err(self.error(format!("can't handle {} for arg of type {param}", arg.text()))),
        };
        value.map(Reflect::Value).ok_or_else(|| self.error(format!("expected {expected}; found {}", arg.text())))
    }

    /// The value as a parameter of this type takes it. Mirrors `validateType`.
    fn validate_type(&self, value: Reflect, param: Type) -> Result<Reflect> {
        let Some(value_type) = value.type_of() else {
            if can_be_nil(&param) {
                return Ok(Reflect::zero(param));
            }
            return Err(self.error(format!("invalid value; expected {param}")));
        };
        if param == REFLECT || param == Type::Any {
            return Ok(value);
        }
        match value {
            Reflect::Value(value) if value_type.assignable_to(&param) => Ok(Reflect::Value(assigned(value, param))),
            Reflect::Interface(value) | Reflect::Value(value) => {
                let dynamic = value.type_of().unwrap_or(Type::Any);
                if dynamic.assignable_to(&param) {
                    return Ok(Reflect::Value(assigned(value, param)));
                }
                // One dereference is tried, no more.
                if dynamic.kind() == Kind::Ptr && indirect_type(&dynamic) == param.to_string() {
                    return Ok(Reflect::Value(value));
                }
                Err(self.error(format!("wrong type for value; expected {param}; got {dynamic}")))
            }
            Reflect::Invalid => Ok(Reflect::Invalid),
        }
    }

    #[cold]
    #[inline(never)]
    fn call_error(&self, name: &str, failure: Failure) -> Box<ExecError> {
        let message = format!("error calling {name}: {}", failure.message);
        self.error_from(Failure { message, source: failure.source })
    }
}

impl Machine<'_> {
    /// Every call of a function or method goes through here, with arguments that fit.
    fn call(
        &mut self,
        name: &str,
        callee: &Callee<'_>,
        mut argv: Vec<Reflect>,
    ) -> std::result::Result<Reflect, Failure> {
        match callee {
            Callee::Method { object, .. } => {
                let args = values(argv);
                if let Some(holes) = self.world().holes()
                    && args.iter().any(|it| holes.stand_in(it))
                {
                    return Err(sealed::looks_inside(name));
                }
                Ok(Reflect::typed(object.call(name, &args)?, None))
            }
            Callee::Function(function) => self.call_function(function, argv),
            Callee::Bound(function, receiver) => {
                argv.insert(0, receiver.clone());
                self.call_function(function, argv)
            }
        }
    }

    fn call_function(&mut self, function: &Function, argv: Vec<Reflect>) -> std::result::Result<Reflect, Failure> {
        let functions = self.functions;
        if !matches!(function.body, Body::Impure)
            && function.sealed != Sealed::Pass
            && let Some(holes) = self.world().holes()
            && let Some(answer) = sealed::defer(function, &values(argv.clone()), holes, functions)
        {
            return Ok(Reflect::typed(answer?, Some(function.result)));
        }
        let value = match function.body {
            Body::Pure(body) => body(&values(argv))?,
            Body::Machine(body) => body(self, &values(argv))?,
            Body::Impure => self.world().answer(&Call { function: function.name, args: &values(argv) })?,
            Body::Reflect(body) => body(&argv)?,
            Body::Lazy { .. } | Body::Call => return Err(Failure::new("unreachable")),
        };
        if let Value::Str(text) = &value {
            budget::ask(TEXT + text.len())?;
        }
        Ok(match function.result {
            REFLECT => Reflect::of(value),
            result => Reflect::typed(value, Some(result)),
        })
    }
}

/// What a text takes beside its bytes.
const TEXT: usize = 32;

/// The arguments as the function sees them.
fn values(argv: Vec<Reflect>) -> Vec<Value> {
    let copied = |value| match &value {
        Value::Object(object) => object.copied().unwrap_or(value),
        _ => value,
    };
    argv.into_iter().map(|it| copied(it.into_value())).collect()
}

/// A value of one type stored under another that it is assignable to.
fn assigned(value: Value, to: Type) -> Value {
    match value {
        Value::Map(map) if map.map_type() != to => Value::Map(map.with_type(to)),
        Value::List(list) if list.list_type() != to => Value::List(list.with_type(to)),
        Value::Object(object) if matches!(to, Type::Slice(_) | Type::Map(_)) => assigned(object.plain(), to),
        value => value,
    }
}

/// Mirrors `canBeNil`.
fn can_be_nil(param: &Type) -> bool {
    *param == REFLECT || matches!(param.kind(), Kind::Interface | Kind::Map | Kind::Ptr | Kind::Slice | Kind::Func)
}

/// No template has a function as a value, so the builtin `call` always fails.
fn not_callable(first: Option<&Operand>, callee: Option<&Reflect>) -> Failure {
    let value = callee.map_or(&Value::Nil, Reflect::value);
    if matches!(value, Value::Nil) {
        return Failure::new("call of nil");
    }
    let name = match (first, value) {
        (Some(operand), _) => operand.text(),
        (None, Value::Str(text)) => text.to_text().into_owned(),
        (None, value) => format!("<{} Value>", value.type_name()),
    };
    Failure::new(format!("non-function {name} of type {}", value.type_name()))
}
