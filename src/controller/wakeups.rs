//! Who hears of something, from when it began to listen.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use parking_lot::Mutex;

/// Those who listen.
#[derive(Debug)]
pub(in crate::controller) struct Wakeups<T>(Mutex<Vec<UnboundedSender<T>>>);

impl<T> Default for Wakeups<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Wakeups<T> {
    /// Everything that is told from now on.
    pub(in crate::controller) fn listen(&self) -> UnboundedReceiver<T> {
        let (sender, receiver) = unbounded();
        self.0.lock().push(sender);
        receiver
    }

    /// Tells all listeners.
    pub(in crate::controller) fn tell(&self, what: &T) {
        // The listeners of a watch that has ended are gone.
        let mut listeners = self.0.lock();
        listeners.retain(|listener| listener.unbounded_send(what.clone()).is_ok());
    }
}
