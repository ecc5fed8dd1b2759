//! So many plans of a namespace are at work at once; the others wait, in the order in which they were created.

use std::collections::{BTreeSet, HashMap};

use futures::channel::mpsc::UnboundedReceiver;
use jiff::Timestamp;
use kube::{
    ResourceExt,
    runtime::{reflector::ObjectRef, watcher::Event},
};
use parking_lot::Mutex;

use crate::controller::{sshkey_plan::watched_plan::WatchedPlan, wakeups::Wakeups};

/// The most plans of a namespace at work.
pub(in crate::controller) const MOST_AT_WORK: usize = 20;

/// When a plan was created, and its name.
type Order = (Option<Timestamp>, String);
/// The plans without an answer, by namespace.
type Namespaces = HashMap<String, BTreeSet<Order>>;

/// The plans of a watch that have no answer yet.
#[derive(Default)]
pub(in crate::controller) struct Queue {
    waiting: Mutex<Namespaces>,
    /// Those of a list that is under way.
    listed: Mutex<Namespaces>,
    begins: Wakeups<ObjectRef<WatchedPlan>>,
}

impl Queue {
    /// Hears one event of the watch.
    pub(in crate::controller) fn hear(&self, event: &Event<WatchedPlan>) {
        match event {
            Event::Init => self.listed.lock().clear(),
            Event::InitApply(plan) if plan.waits() => enter(&mut self.listed.lock(), plan),
            Event::InitApply(_) => {}
            Event::InitDone => *self.waiting.lock() = std::mem::take(&mut *self.listed.lock()),
            Event::Apply(plan) if plan.waits() => enter(&mut self.waiting.lock(), plan),
            Event::Apply(plan) | Event::Delete(plan) => self.leave(plan),
        }
    }

    /// Whether fewer plans of its namespace go before this one than may be at work.
    pub(in crate::controller) fn may_begin(&self, plan: &WatchedPlan) -> bool {
        let waiting = self.waiting.lock();
        let others = waiting.get(&plan.namespace().unwrap_or_default());
        others.is_none_or(|others| is_among_the_first(others, &order(plan)))
    }

    /// The plans that may begin from now on because another one is done.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<ObjectRef<WatchedPlan>> {
        self.begins.listen()
    }

    fn leave(&self, plan: &WatchedPlan) {
        let namespace = plan.namespace().unwrap_or_default();
        let mut waiting = self.waiting.lock();
        let Some(others) = waiting.get_mut(&namespace) else {
            return;
        };
        let order = order(plan);
        let made_room = others.remove(&order) && is_among_the_first(others, &order);
        if let (true, Some((_, next))) = (made_room, others.iter().nth(MOST_AT_WORK - 1)) {
            self.begins.tell(&ObjectRef::new(next).within(&namespace));
        }
        if others.is_empty() {
            waiting.remove(&namespace);
        }
    }
}

fn order(plan: &WatchedPlan) -> Order {
    (
        plan.creation_timestamp().map(|time| time.0),
        plan.name_any(),
    )
}

fn enter(namespaces: &mut Namespaces, plan: &WatchedPlan) {
    let namespace = plan.namespace().unwrap_or_default();
    namespaces.entry(namespace).or_default().insert(order(plan));
}

fn is_among_the_first(others: &BTreeSet<Order>, order: &Order) -> bool {
    others.range(..order).take(MOST_AT_WORK).count() < MOST_AT_WORK
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

    use super::*;
    use crate::api::{SshKeyPlan, SshKeyPlanStatus};

    fn plan(namespace: &str, number: i64) -> SshKeyPlan {
        let mut plan = SshKeyPlan::new(&format!("plan-{number}"), Default::default());
        plan.metadata.namespace = Some(namespace.to_owned());
        let created = Timestamp::from_second(number).unwrap();
        plan.metadata.creation_timestamp = Some(Time(created));
        plan
    }

    fn answered(namespace: &str, number: i64) -> SshKeyPlan {
        let mut plan = plan(namespace, number);
        plan.status = Some(SshKeyPlanStatus {
            conditions: vec![Condition {
                type_: "Complete".to_owned(),
                status: "True".to_owned(),
                reason: String::new(),
                message: String::new(),
                observed_generation: None,
                last_transition_time: Time(Timestamp::UNIX_EPOCH),
            }],
            ..SshKeyPlanStatus::default()
        });
        plan
    }

    fn apply(queue: &Queue, plan: SshKeyPlan) {
        queue.hear(&Event::Apply(plan.into()));
    }

    fn told(begins: &mut UnboundedReceiver<ObjectRef<WatchedPlan>>) -> Vec<String> {
        let begins = std::iter::from_fn(|| begins.try_recv().ok());
        begins.map(|one| one.name).collect()
    }

    #[test]
    fn twenty_of_a_namespace_begin_and_each_that_is_done_lets_one_more_begin() {
        let queue = Queue::default();
        let mut begins = queue.listen();
        for number in 0..100 {
            apply(&queue, plan("a", number));
        }
        apply(&queue, plan("b", 200));
        let may_begin = |number| queue.may_begin(&plan("a", number).into());
        assert!(may_begin(19) && !may_begin(20) && !may_begin(99));
        assert!(queue.may_begin(&plan("b", 200).into()));
        apply(&queue, answered("a", 7));
        assert_eq!(told(&mut begins), ["plan-20"]);
        assert!(may_begin(20) && !may_begin(21));
        // The answer is seen a second time, and one that still waits is deleted.
        apply(&queue, answered("a", 7));
        queue.hear(&Event::Delete(plan("a", 50).into()));
        assert_eq!(told(&mut begins), [""; 0]);
        queue.hear(&Event::Delete(plan("a", 3).into()));
        assert_eq!(told(&mut begins), ["plan-21"]);
    }

    #[test]
    fn a_list_replaces_what_was_known_once_it_is_complete() {
        let queue = Queue::default();
        for number in 0..40 {
            apply(&queue, plan("a", number));
        }
        queue.hear(&Event::Init);
        for number in 20..40 {
            queue.hear(&Event::InitApply(plan("a", number).into()));
        }
        queue.hear(&Event::InitApply(answered("a", 0).into()));
        assert!(
            !queue.may_begin(&plan("a", 39).into()),
            "the list is not complete"
        );
        queue.hear(&Event::InitDone);
        assert!(queue.may_begin(&plan("a", 39).into()));
        assert!(!queue.may_begin(&plan("a", 40).into()));
    }

    #[test]
    fn one_that_is_being_deleted_keeps_no_place() {
        let queue = Queue::default();
        for number in 0..21 {
            apply(&queue, plan("a", number));
        }
        let mut held = plan("a", 0);
        held.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        assert!(!queue.may_begin(&plan("a", 20).into()));
        apply(&queue, held);
        assert!(queue.may_begin(&plan("a", 20).into()));
    }

    #[test]
    fn what_is_done_is_forgotten() {
        let queue = Queue::default();
        apply(&queue, plan("a", 1));
        apply(&queue, answered("a", 1));
        assert!(queue.waiting.lock().is_empty());
    }
}
