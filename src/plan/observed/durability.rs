//! Whether what is written into an object stays there. An object that is being deleted is gone as soon as the last of its
//! finalizers is; one that is immutable takes nothing. Both are known before the first step with an effect elsewhere.

/// What of an object stands against relying on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durability {
    /// While the object is being deleted: the finalizers that hold it.
    pub held_by: Option<Vec<String>>,
    /// Whether its content is immutable.
    pub is_immutable: bool,
}

impl Durability {
    /// Whether the object is being deleted.
    pub fn is_going(&self) -> bool {
        self.held_by.is_some()
    }
}

/// The finalizers, for a person.
pub fn finalizers(held_by: &[String]) -> String {
    match held_by {
        [] => "its grace period".to_owned(),
        [one] => format!("the finalizer {one}"),
        several => format!("the finalizers {}", several.join(", ")),
    }
}
