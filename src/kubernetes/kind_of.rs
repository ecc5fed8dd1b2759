//! Types that hold of an object what is needed of it, and are the same kind of object to the API server.

/// The items of an `impl Resource` that say that a type is of the kind of `$whole`, and which of its fields has the metadata;
/// without that, the metadata is left.
macro_rules! kind_of {
    ($whole:ty, $meta:ident) => {
        $crate::kubernetes::kind_of::kind_of!($whole);

        fn meta(&self) -> &::kube::api::ObjectMeta {
            &self.$meta
        }

        fn meta_mut(&mut self) -> &mut ::kube::api::ObjectMeta {
            &mut self.$meta
        }
    };
    ($whole:ty) => {
        type DynamicType = <$whole as ::kube::Resource>::DynamicType;
        type Scope = <$whole as ::kube::Resource>::Scope;

        fn kind(dynamic: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
            <$whole as ::kube::Resource>::kind(dynamic)
        }

        fn group(dynamic: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
            <$whole as ::kube::Resource>::group(dynamic)
        }

        fn version(dynamic: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
            <$whole as ::kube::Resource>::version(dynamic)
        }

        fn plural(dynamic: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
            <$whole as ::kube::Resource>::plural(dynamic)
        }
    };
}

pub(crate) use kind_of;
