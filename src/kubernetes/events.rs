//! Events: what happened, for whoever looks at an object. Never in the way of what happens.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};

/// The API server takes at most 1 kB.
/// <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>
const MAX_NOTE: usize = 1_000;

/// An event is not worth more of a reconcile's time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Writes events. One for the whole process: it joins repeats into a series.
#[derive(Clone)]
pub struct Events(Recorder);

impl Events {
    /// Events in the operator's name.
    pub fn new(client: Client, instance: Option<String>) -> Self {
        let reporter = Reporter {
            controller: "sshkey-operator".to_owned(),
            instance,
        };
        Self(Recorder::new(client, reporter))
    }

    /// Something went as it should.
    pub async fn normal(&self, object: &impl Resource<DynamicType = ()>, reason: &str, note: &str) {
        self.publish(&object.object_ref(&()), EventType::Normal, reason, note)
            .await;
    }

    /// Something that a person may want to know of.
    pub async fn warning(
        &self,
        object: &impl Resource<DynamicType = ()>,
        reason: &str,
        note: &str,
    ) {
        self.about(&object.object_ref(&()), reason, note).await;
    }

    /// Something that a person may want to know of, about an object that is only referred to.
    pub async fn about(&self, object: &ObjectReference, reason: &str, note: &str) {
        self.publish(object, EventType::Warning, reason, note).await;
    }

    async fn publish(&self, object: &ObjectReference, type_: EventType, reason: &str, note: &str) {
        let event = Event {
            type_,
            reason: reason.to_owned(),
            note: Some(cut(note).to_owned()),
            action: "Reconcile".to_owned(),
            secondary: None,
        };
        match tokio::time::timeout(TIMEOUT, self.0.publish(&event, object)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(reason, %error, "an event could not be written"),
            Err(_) => tracing::warn!(reason, "an event could not be written in time"),
        }
    }
}

fn cut(note: &str) -> &str {
    let mut end = note.len().min(MAX_NOTE);
    while !note.is_char_boundary(end) {
        end -= 1;
    }
    &note[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_cut_at_a_character() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"é".repeat(1_000)).len(), 1_000);
        assert_eq!(cut(&format!("a{}", "é".repeat(1_000))).len(), 999);
    }
}
