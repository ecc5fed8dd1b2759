//! Which object something is remembered of.

use std::borrow::Cow;

use kube::{Resource, core::DynamicObject, runtime::reflector::ObjectRef};

use crate::controller::store_id::StoreId;

/// An object, told from all others and from those that had its name before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::controller) struct Identity {
    pub(in crate::controller) place: Place,
    pub(in crate::controller) uid: String,
}

/// The kind, namespace and name of an object. A watch tells of one that is gone by these alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::controller) struct Place {
    kind: Cow<'static, str>,
    /// `NAMESPACE/NAME`, in one piece since many are kept. The namespace of an object of the cluster is empty.
    name: Box<str>,
}

impl Place {
    /// A kind, and an object of it. No namespace has a slash in its name.
    pub(in crate::controller) fn new(kind: Cow<'static, str>, namespace: &str, name: &str) -> Self {
        let name = format!("{namespace}/{name}").into_boxed_str();
        Self { kind, name }
    }

    /// Its namespace; empty for an object of the cluster.
    pub(in crate::controller) fn namespace(&self) -> &str {
        self.parts().0
    }

    /// Whether a list of its kind, which is in the order of `NAMESPACE/NAME`, has come to it when it has come to `reached`.
    pub(in crate::controller) fn is_listed_before(&self, reached: &Self) -> bool {
        self.name <= reached.name
    }

    /// The object of this kind that stands there, if it is of this kind.
    pub(in crate::controller) fn object<K: Resource<DynamicType = ()>>(
        &self,
    ) -> Option<ObjectRef<K>> {
        let object = match self.parts() {
            ("", name) => ObjectRef::new(name),
            (namespace, name) => ObjectRef::new(name).within(namespace),
        };
        (self.kind == K::kind(&())).then_some(object)
    }

    /// Where an object of this kind stood that is gone.
    pub(in crate::controller) fn of<K: Resource<DynamicType = ()>>(
        object: &ObjectRef<DynamicObject>,
    ) -> Self {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        Self::new(K::kind(&()), namespace, &object.name)
    }

    fn parts(&self) -> (&str, &str) {
        self.name.split_once('/').unwrap_or(("", &self.name))
    }
}

impl Identity {
    /// An object of this kind.
    pub(in crate::controller) fn of<K: Resource<DynamicType = ()>>(
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Self {
        Self {
            place: Place::new(K::kind(&()), namespace, name),
            uid: uid.to_owned(),
        }
    }

    /// A store of either kind.
    pub(in crate::controller) fn of_store(id: &StoreId, uid: &str) -> Self {
        let namespace = id.namespace.as_deref().unwrap_or_default();
        Self {
            place: Place::new(id.key.kind.as_str().into(), namespace, &id.key.name),
            uid: uid.to_owned(),
        }
    }
}

impl<K: Resource<DynamicType = ()>> From<&K> for Identity {
    fn from(object: &K) -> Self {
        let meta = object.meta();
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let name = meta.name.as_deref().unwrap_or_default();
        Self {
            place: Place::new(K::kind(&()), namespace, name),
            uid: meta.uid.clone().unwrap_or_default(),
        }
    }
}
