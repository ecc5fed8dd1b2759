//! Events: what happened, for people who inspect an object. Never in the way of what happens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

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

/// After so long the API server's events are joined no more.
/// <https://github.com/kubernetes/client-go/blob/v0.36.0/tools/events/event_broadcaster.go>
const JOINED_FOR: Duration = Duration::from_mins(6);

/// Writes events. One for the whole process: it joins repeats into a series. Only what says the very same is a repeat: a
/// series keeps the note of its first event, and that must be true of the last as well.
#[derive(Clone)]
pub struct Events {
    client: Client,
    reporter: Reporter,
    series: Arc<Mutex<AllSeries>>,
}

/// What events are about: the UID of the object, and the reason.
type Topic = (String, String);

/// The series of the last minutes.
struct AllSeries {
    by_topic: HashMap<Topic, Series>,
    /// When those that are over were last taken out.
    tidied: Instant,
}

/// Events that say the same.
struct Series {
    note: String,
    recorder: Recorder,
    last: Instant,
}

impl Events {
    /// Events in the operator's name.
    pub fn new(client: Client, instance: Option<String>) -> Self {
        let reporter = Reporter {
            controller: "sshkey-operator".to_owned(),
            instance,
        };
        Self {
            client,
            reporter,
            series: Arc::new(Mutex::new(AllSeries {
                by_topic: HashMap::new(),
                tidied: Instant::now(),
            })),
        }
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
        let recorder = self.recorder(object, reason, note);
        match tokio::time::timeout(TIMEOUT, recorder.publish(&event, object)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(reason, %error, "an event could not be written"),
            Err(_) => tracing::warn!(reason, "an event could not be written in time"),
        }
    }

    /// The recorder that remembers the last event of this reason about the object, if that said the same.
    fn recorder(&self, object: &ObjectReference, reason: &str, note: &str) -> Recorder {
        let now = Instant::now();
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(all.tidied) >= JOINED_FOR {
            let is_joined = |series: &Series| now.duration_since(series.last) < JOINED_FOR;
            all.by_topic.retain(|_, series| is_joined(series));
            all.tidied = now;
        }
        let topic = (object.uid.clone().unwrap_or_default(), reason.to_owned());
        if let Some(series) = all.by_topic.get_mut(&topic)
            && series.note == note
            && now.duration_since(series.last) < JOINED_FOR
        {
            series.last = now;
            return series.recorder.clone();
        }
        let recorder = Recorder::new(self.client.clone(), self.reporter.clone());
        let series = Series {
            note: note.to_owned(),
            recorder: recorder.clone(),
            last: now,
        };
        all.by_topic.insert(topic, series);
        recorder
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
