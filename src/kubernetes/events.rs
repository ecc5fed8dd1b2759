//! Events: what happened, for people who inspect an object. Never in the way of what happens.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client, Resource,
    api::{ObjectMeta, Patch, PatchParams, PostParams},
};
use serde_json::json;

/// The API server takes at most 1 kB.
/// <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>
const MAX_NOTE: usize = 1_000;

/// The most of an object's name that its events have in theirs, of 253 characters: a dot and a time of 16 digits follow.
const MAX_NAME: usize = 236;

/// An event is not worth more of a reconcile's time.
const TIMEOUT: Duration = Duration::from_secs(5);

/// After so long the API server's events are joined no more.
/// <https://github.com/kubernetes/client-go/blob/v0.36.0/tools/events/event_broadcaster.go>
const JOINED_FOR: Duration = Duration::from_mins(6);

const CONTROLLER: &str = "sshkey-operator";

/// Writes events. One for the whole process: it joins repeats into a series. Only what says the very same is a repeat: a
/// series keeps the note of its first event, and that must be true of the last as well.
#[derive(Clone)]
pub struct Events {
    client: Client,
    instance: String,
    series: Arc<Mutex<AllSeries>>,
}

/// The series of the last minutes. Each new key begins one, so that of an event nothing is kept but what joins another to
/// it. kube's recorder keeps the events.
struct AllSeries {
    hasher: RandomState,
    /// By what an event is about: the UID of the object, and the reason.
    by_topic: HashMap<u64, Series>,
    tidied: Instant,
}

struct Series {
    note: u64,
    /// The name of its first event.
    name: Box<str>,
    count: i32,
    last: Instant,
}

impl AllSeries {
    fn topic(&self, object: &ObjectReference, reason: &str) -> u64 {
        let ObjectReference {
            uid,
            namespace,
            name,
            ..
        } = object;
        self.hasher.hash_one((uid, namespace, name, reason))
    }

    /// The event that this one repeats, and how often it occurred.
    fn repeat(&mut self, topic: u64, note: &str, now: Instant) -> Option<(Box<str>, i32)> {
        if now.duration_since(self.tidied) >= JOINED_FOR {
            self.by_topic.retain(|_, series| is_joined(series, now));
            self.by_topic.shrink_to_fit();
            self.tidied = now;
        }
        let note = self.hasher.hash_one(note);
        let series = self.by_topic.get_mut(&topic)?;
        if series.note != note || !is_joined(series, now) {
            return None;
        }
        series.last = now;
        series.count = series.count.saturating_add(1);
        Some((series.name.clone(), series.count))
    }

    fn begin(&mut self, topic: u64, note: &str, name: &str, now: Instant) {
        let series = Series {
            note: self.hasher.hash_one(note),
            name: name.into(),
            count: 1,
            last: now,
        };
        self.by_topic.insert(topic, series);
    }
}

fn is_joined(series: &Series, now: Instant) -> bool {
    now.duration_since(series.last) < JOINED_FOR
}

impl Events {
    /// Writes events through this client. `instance` names the process, such as by its pod.
    pub fn new(client: Client, instance: Option<String>) -> Self {
        Self {
            client,
            instance: instance.unwrap_or_else(|| CONTROLLER.to_owned()),
            series: Arc::new(Mutex::new(AllSeries {
                hasher: RandomState::new(),
                by_topic: HashMap::new(),
                tidied: Instant::now(),
            })),
        }
    }

    /// Writes an event about something that went as intended.
    pub async fn normal(&self, object: &impl Resource<DynamicType = ()>, reason: &str, note: &str) {
        self.publish(&object.object_ref(&()), "Normal", reason, note)
            .await;
    }

    /// Writes a Warning event.
    pub async fn warning(
        &self,
        object: &impl Resource<DynamicType = ()>,
        reason: &str,
        note: &str,
    ) {
        self.about(&object.object_ref(&()), reason, note).await;
    }

    /// Writes a Warning event about an object that is known only by reference.
    pub async fn about(&self, object: &ObjectReference, reason: &str, note: &str) {
        self.publish(object, "Warning", reason, note).await;
    }

    async fn publish(&self, object: &ObjectReference, type_: &str, reason: &str, note: &str) {
        let write = self.write(object, type_, reason, cut(note));
        match tokio::time::timeout(TIMEOUT, write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(reason, %error, "an event could not be written"),
            Err(_) => tracing::warn!(reason, "an event could not be written in time"),
        }
    }

    /// Counts the event if it repeats another, and writes a new one otherwise.
    async fn write(
        &self,
        object: &ObjectReference,
        type_: &str,
        reason: &str,
        note: &str,
    ) -> Result<(), kube::Error> {
        // Events about objects of the cluster go into this namespace.
        // <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>
        let namespace = object.namespace.as_deref().unwrap_or("default");
        let api: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let (topic, repeat) = {
            let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
            let topic = all.topic(object, reason);
            (topic, all.repeat(topic, note, Instant::now()))
        };
        if let Some((name, count)) = repeat {
            let now = MicroTime(Timestamp::now());
            let series = json!({ "series": { "count": count, "lastObservedTime": now } });
            let patch = Patch::Merge(series);
            match api
                .patch_metadata(&name, &PatchParams::default(), &patch)
                .await
            {
                Ok(_) => return Ok(()),
                // It was cleared away, or can't be changed: a new series begins.
                Err(kube::Error::Api(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let event = self.event(object, type_, reason, note);
        let name = event.metadata.name.clone().unwrap_or_default();
        api.create(&PostParams::default(), &event).await?;
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        all.begin(topic, note, &name, Instant::now());
        Ok(())
    }

    fn event(&self, object: &ObjectReference, type_: &str, reason: &str, note: &str) -> Event {
        let now = Timestamp::now();
        let name = object.name.as_deref().unwrap_or(CONTROLLER);
        let name = cut_to(name, MAX_NAME).trim_end_matches(['.', '-']);
        let namespace = object.namespace.clone();
        Event {
            action: Some("Reconcile".to_owned()),
            event_time: Some(MicroTime(now)),
            metadata: ObjectMeta {
                name: Some(format!("{name}.{:x}", now.as_nanosecond())),
                namespace: Some(namespace.unwrap_or_else(|| "default".to_owned())),
                ..ObjectMeta::default()
            },
            note: Some(note.to_owned()),
            reason: Some(reason.to_owned()),
            regarding: Some(object.clone()),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(type_.to_owned()),
            ..Event::default()
        }
    }
}

fn cut(note: &str) -> &str {
    cut_to(note, MAX_NOTE)
}

fn cut_to(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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

    #[test]
    fn only_the_very_same_repeats_and_not_for_ever() {
        let mut all = AllSeries {
            hasher: RandomState::new(),
            by_topic: HashMap::new(),
            tidied: Instant::now(),
        };
        let now = Instant::now();
        assert!(all.repeat(1, "a note", now).is_none());
        all.begin(1, "a note", "web.1", now);
        let (name, count) = all.repeat(1, "a note", now).unwrap();
        assert_eq!((&*name, count), ("web.1", 2));
        assert!(all.repeat(1, "another", now).is_none());
        assert!(all.repeat(2, "a note", now).is_none());
        let later = now + JOINED_FOR;
        assert!(all.repeat(1, "a note", later).is_none());
        assert!(all.by_topic.is_empty());
    }
}
