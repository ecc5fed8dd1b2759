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
    namespace: String,
    name: String,
}

impl Place {
    #[cfg(test)]
    pub(in crate::controller) fn new(kind: &'static str, namespace: &str, name: &str) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Its namespace; empty for an object of the cluster.
    pub(in crate::controller) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The object of this kind that stands there, if it is of this kind.
    pub(in crate::controller) fn object<K: Resource<DynamicType = ()>>(
        &self,
    ) -> Option<ObjectRef<K>> {
        let object = ObjectRef::new(&self.name);
        let object = match self.namespace.as_str() {
            "" => object,
            namespace => object.within(namespace),
        };
        (self.kind == K::kind(&())).then_some(object)
    }

    /// Where an object of this kind stood that is gone.
    pub(in crate::controller) fn of<K: Resource<DynamicType = ()>>(
        object: &ObjectRef<DynamicObject>,
    ) -> Self {
        Self {
            kind: K::kind(&()),
            namespace: object.namespace.clone().unwrap_or_default(),
            name: object.name.clone(),
        }
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
            place: Place {
                kind: K::kind(&()),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            uid: uid.to_owned(),
        }
    }

    /// A store of either kind.
    pub(in crate::controller) fn of_store(id: &StoreId, uid: &str) -> Self {
        Self {
            place: Place {
                kind: Cow::Borrowed(id.key.kind.as_str()),
                namespace: id.namespace.clone().unwrap_or_default(),
                name: id.key.name.clone(),
            },
            uid: uid.to_owned(),
        }
    }
}

impl<K: Resource<DynamicType = ()>> From<&K> for Identity {
    fn from(object: &K) -> Self {
        let meta = object.meta();
        Self {
            place: Place {
                kind: K::kind(&()),
                namespace: meta.namespace.clone().unwrap_or_default(),
                name: meta.name.clone().unwrap_or_default(),
            },
            uid: meta.uid.clone().unwrap_or_default(),
        }
    }
}
