//! Go slices.

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

use super::{Map, Str, Type, Value, capacity};

/// A slice: shared contents, a static type, and whether it is the `nil` slice.
#[derive(Clone, Debug)]
pub struct List {
    list_type: Type,
    nil: bool,
    pub(super) contents: Rc<Contents>,
}

#[derive(Debug, Default)]
pub(super) struct Contents {
    pub items: RefCell<Vec<Value>>,
    spare: Spare,
}

/// What lies between the last item and the capacity of the slice in Go.
#[derive(Clone, Debug, Default)]
enum Spare {
    #[default]
    Nothing,
    /// Zero values, as many as `append` leaves after it has added each item on its own.
    Grown,
    /// So many zero values.
    Room(usize),
    /// The rest of the slice it was cut from.
    Rest(Vec<Value>),
}

impl Contents {
    /// Every value that is held.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let rest = match &mut self.spare {
            Spare::Rest(rest) => rest.as_mut_slice(),
            _ => &mut [],
        };
        self.items.get_mut().iter_mut().chain(rest)
    }
}

impl List {
    /// A slice of the given slice type (`Type::LIST`, `Type::STRINGS`, ...). Every item must be of its element type.
    pub fn new(list_type: Type, items: Vec<Value>) -> Self {
        List::with(list_type, items, Spare::Nothing)
    }

    /// One to which Go has appended the items one by one.
    pub(crate) fn grown(list_type: Type, items: Vec<Value>) -> Self {
        List::with(list_type, items, Spare::Grown)
    }

    /// One with room for so many items.
    pub(crate) fn with_capacity(list_type: Type, items: Vec<Value>, capacity: usize) -> Self {
        let room = capacity.saturating_sub(items.len());
        List::with(list_type, items, Spare::Room(room))
    }

    fn with(list_type: Type, items: Vec<Value>, spare: Spare) -> Self {
        List { list_type, nil: false, contents: Rc::new(Contents { items: RefCell::new(items), spare }) }
    }

    /// An `[]interface {}`.
    pub fn any(items: Vec<Value>) -> Self {
        List::new(Type::LIST, items)
    }

    /// A `[]string`.
    pub fn strings<S: Into<Str>, I: IntoIterator<Item = S>>(items: I) -> Self {
        List::new(Type::STRINGS, items.into_iter().map(|it| Value::Str(it.into())).collect())
    }

    /// The `nil` slice of a type: empty, and `null` in JSON.
    pub fn nil(list_type: Type) -> Self {
        List { list_type, nil: true, contents: Rc::default() }
    }

    /// The same contents under another static type, as a Go conversion makes it.
    pub fn with_type(&self, list_type: Type) -> Self {
        List { list_type, nil: self.nil, contents: Rc::clone(&self.contents) }
    }

    /// Its Go type: `Type::LIST` and the like, or a named one.
    pub fn list_type(&self) -> Type {
        self.list_type
    }

    /// Whether it is the `nil` slice, which is `null` in JSON where an empty one is `[]`.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// How many items it has now.
    pub fn len(&self) -> usize {
        self.contents.items.borrow().len()
    }

    /// Whether it has no items; `nil` has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index from 0 on.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.contents.items.borrow().get(index).cloned()
    }

    /// The items for reading. Nothing that could write to this list may run while it is held.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.contents.items.borrow()
    }

    /// The items for writing in place, as `sort.Strings` does.
    pub(crate) fn items_mut(&self) -> RefMut<'_, Vec<Value>> {
        self.contents.items.borrow_mut()
    }

    /// A snapshot of the items; shallow.
    pub fn to_vec(&self) -> Vec<Value> {
        self.contents.items.borrow().clone()
    }

    /// Whether both share their contents.
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.contents, &other.contents)
    }

    /// The items from `start` up to `end`, which may lie past the last one, as far as the capacity goes. Mirrors
    /// `reflect.Value.Slice`.
    pub fn slice(&self, start: usize, end: usize) -> Option<List> {
        let mut items = self.to_vec();
        if (start, end) == (0, items.len()) {
            return Some(self.clone());
        }
        items.extend(self.spare());
        if start > end || end > items.len() {
            return None;
        }
        let rest = items.split_off(end);
        Some(List::with(self.list_type, items.split_off(start), Spare::Rest(rest)))
    }

    fn spare(&self) -> Vec<Value> {
        let length = self.len();
        let room = match &self.contents.spare {
            Spare::Nothing => 0,
            Spare::Grown => capacity::grown(self.list_type, 0, length) - length,
            Spare::Room(room) => *room,
            Spare::Rest(rest) => return rest.clone(),
        };
        vec![self.list_type.element().map_or(Value::Nil, zero); room]
    }

    pub(super) fn copy_levels(&self, levels: usize) -> Option<List> {
        let copies: Option<Vec<Value>> = self.items().iter().map(|it| it.copy_levels(levels)).collect();
        Some(self.mapped(copies?))
    }

    /// Other items with the same room spare them. They must be as many.
    pub fn mapped(&self, items: Vec<Value>) -> List {
        let spare = match &self.contents.spare {
            Spare::Rest(rest) => Spare::Room(rest.len()),
            other => other.clone(),
        };
        let contents = Rc::new(Contents { items: RefCell::new(items), spare });
        List { list_type: self.list_type, nil: self.nil, contents }
    }
}

fn zero(element: Type) -> Value {
    match element {
        Type::Int => Value::Int(0),
        Type::String => Value::Str(Str::default()),
        Type::Slice(_) => Value::List(List::nil(element)),
        Type::Map(_) => Value::Map(Map::nil(element)),
        _ => Value::Nil,
    }
}
