//! Go slices.

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

use super::{Str, Type, Value};

/// A slice: shared contents, a static type, and whether it is the `nil` slice.
#[derive(Clone, Debug)]
pub struct List {
    list_type: Type,
    nil: bool,
    pub(super) items: Rc<RefCell<Vec<Value>>>,
}

impl List {
    /// A slice of the given slice type (`Type::LIST`, `Type::STRINGS`, ...). Every item must be of its element type.
    pub fn new(list_type: Type, items: Vec<Value>) -> Self {
        List { list_type, nil: false, items: Rc::new(RefCell::new(items)) }
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
        List { list_type, nil: true, items: Rc::default() }
    }

    /// The same contents under another static type, as a Go conversion makes it.
    pub fn with_type(&self, list_type: Type) -> Self {
        List { list_type, nil: self.nil, items: Rc::clone(&self.items) }
    }

    pub fn list_type(&self) -> Type {
        self.list_type
    }

    pub fn is_nil(&self) -> bool {
        self.nil
    }

    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Value> {
        self.items.borrow().get(index).cloned()
    }

    /// The items for reading. Nothing that could write to this list may run while it is held.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.items.borrow()
    }

    /// The items for writing in place, as `sort.Strings` does.
    pub fn items_mut(&self) -> RefMut<'_, Vec<Value>> {
        self.items.borrow_mut()
    }

    /// A snapshot of the items; shallow.
    pub fn to_vec(&self) -> Vec<Value> {
        self.items.borrow().clone()
    }

    /// Whether both share their contents.
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.items, &other.items)
    }

    pub fn deep_copy(&self) -> List {
        let items = self.items.borrow().iter().map(Value::deep_copy).collect();
        List { list_type: self.list_type, nil: self.nil, items: Rc::new(RefCell::new(items)) }
    }
}
