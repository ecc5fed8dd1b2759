//! Faults by what a request is: every write to one object's status, every event, every list.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Access, Fault};

/// What is struck, how often, and by what.
#[derive(Clone, Debug)]
pub struct Rule {
    verb: String,
    resource: String,
    name: Option<String>,
    /// How often yet; none: always.
    times: Option<u32>,
    fault: Fault,
}

impl Rule {
    /// Strikes each request with this verb and resource, as RBAC names them: `patch`, `sshkeys/status`. `*`: any.
    pub fn on(verb: &str, resource: &str, fault: Fault) -> Self {
        Self {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            name: None,
            times: None,
            fault,
        }
    }

    /// Only those about the object of this name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Only the next ones.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, access: &Access) -> bool {
        let is = |wanted: &str, found: &str| wanted == "*" || wanted == found;
        is(&self.verb, &access.verb)
            && is(&self.resource, &access.resource)
            && (self.name.is_none() || self.name == access.name)
            && self.times != Some(0)
    }
}

/// Chooses what strikes a request.
pub type Chooser = Arc<dyn Fn(&Access) -> Option<Fault> + Send + Sync>;

/// The rules in force.
#[derive(Default)]
pub(super) struct Rules {
    rules: Mutex<Vec<Rule>>,
    chooser: Mutex<Option<Chooser>>,
}

impl Rules {
    pub(super) fn add(&self, rule: Rule) {
        self.with(|rules| rules.push(rule));
    }

    pub(super) fn clear(&self) {
        self.with(Vec::clear);
    }

    pub(super) fn choose(&self, chooser: Option<Chooser>) {
        *self.chooser.lock().unwrap_or_else(PoisonError::into_inner) = chooser;
    }

    /// What strikes a request: the first rule that matches, or what is chosen.
    pub(super) fn strike(&self, access: &Access) -> Option<Fault> {
        let ruled = self.with(|rules| {
            let rule = rules.iter_mut().find(|rule| rule.matches(access))?;
            rule.times = rule.times.map(|times| times - 1);
            Some(rule.fault.clone())
        });
        ruled.or_else(|| {
            let chooser = self.chooser.lock().unwrap_or_else(PoisonError::into_inner);
            chooser.as_ref().and_then(|choose| choose(access))
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<Rule>) -> T) -> T {
        change(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(verb: &str, resource: &str, name: &str) -> Access {
        Access {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            name: Some(name.to_owned()),
            ..Access::default()
        }
    }

    #[test]
    fn a_rule_strikes_what_it_names_and_no_more_often_than_it_says() {
        let rules = Rules::default();
        rules.add(
            Rule::on("patch", "sshkeys/status", Fault::Timeout)
                .named("a")
                .times(1),
        );
        rules.add(Rule::on("*", "events", Fault::DropAnswer));
        let strike = |verb, resource, name| rules.strike(&access(verb, resource, name));
        assert_eq!(strike("patch", "sshkeys/status", "b"), None);
        assert_eq!(strike("patch", "sshkeys", "a"), None);
        assert_eq!(strike("patch", "sshkeys/status", "a"), Some(Fault::Timeout));
        assert_eq!(strike("patch", "sshkeys/status", "a"), None);
        for verb in ["create", "patch", "create"] {
            assert_eq!(strike(verb, "events", "e"), Some(Fault::DropAnswer));
        }
        rules.clear();
        assert_eq!(strike("create", "events", "e"), None);
    }
}
