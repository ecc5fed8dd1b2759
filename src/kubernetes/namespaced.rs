//! Where calls about the objects of a namespace go.

use k8s_openapi::NamespaceResourceScope;
use kube::{Api, Client, Resource};

/// A namespace, and the client that reaches it.
#[derive(Clone, Copy)]
pub struct Namespaced<'a> {
    client: &'a Client,
    /// Its name.
    pub namespace: &'a str,
}

impl<'a> Namespaced<'a> {
    /// Calls about the objects of `namespace`.
    pub fn new(client: &'a Client, namespace: &'a str) -> Self {
        Self { client, namespace }
    }

    /// The calls about one kind.
    pub fn api<K>(self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), self.namespace)
    }
}
