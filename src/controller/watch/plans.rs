//! The controller of `SshKeyPlan`s. The operator works without their definition: it begins once the cluster has it.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, future::ready};
use kube::ResourceExt;
use tokio_util::sync::CancellationToken;

use crate::{
    api::SshKeyPlan,
    controller::{
        action::Action,
        context::{Context, PLANS_AT_ONCE},
        memory::identity::{Identity, Place},
        scope::Scope,
        series,
        sshkey_plan::{
            queue::Queue,
            reconcile::{before_its_turn, reconcile},
            watched_plan::WatchedPlan,
        },
        turns::calls::Work,
        wakeups::Wakeups,
        watch::{
            drive::drive,
            panics::{ReconcileFailed, guarded},
            reconcile_metrics::measured,
            settings::{api, not_any_more, set_up, until_called},
            triggers::controller,
            wakers::{called, done_for},
        },
    },
    kubernetes::{client, plans},
};

/// How often it is looked whether the cluster has the definition by now.
const LOOK: Duration = Duration::from_secs(30);

/// Answers the plans of one namespace, or of all, until `shutdown` comes.
pub(in crate::controller) async fn answer_plans(
    scope: Arc<Scope>,
    namespace: Option<String>,
    shutdown: CancellationToken,
) {
    let context = Arc::clone(&scope.context);
    let defined = until_defined(&context);
    if shutdown.run_until_cancelled(defined).await.is_none() {
        return;
    }
    let watched = client::watch(context.options.watch_timeout);
    let api = api::<WatchedPlan>(&context, namespace.as_deref());
    let queue = Arc::new(Queue::default());
    let hear = {
        let queue = Arc::clone(&queue);
        move |event: &_| queue.hear(event)
    };
    // Each is told at once that it waits.
    let listed = Wakeups::default();
    let all = listed
        .listen()
        .filter_map(|plan: Place| ready(plan.object()));
    let plans = set_up(
        controller(
            &context,
            move |plan| listed.tell(plan),
            api,
            watched,
            |_| hear,
            |_| true,
        ),
        &context,
        &shutdown,
    );
    let known = plans.store();
    let plans = plans
        .reconcile_on(called(&context.plan_calls, namespace))
        .reconcile_on(done_for(&context, &known))
        .reconcile_on(queue.listen())
        .reconcile_on(all);
    series::begin::<SshKeyPlan>(&context.metrics, PLANS_AT_ONCE);
    let answer = |plan| {
        let (scope, queue) = (Arc::clone(&scope), Arc::clone(&queue));
        answer_in_turn(plan, scope, queue, shutdown.clone())
    };
    drive(plans, context, &shutdown, answer, |_, _| {}).await;
}

async fn until_defined(context: &Context) {
    while !matches!(plans::are_defined(&context.client).await, Ok(true)) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Answers a plan when its turn comes.
async fn answer_in_turn(
    plan: Arc<WatchedPlan>,
    scope: Arc<Scope>,
    queue: Arc<Queue>,
    shutdown: CancellationToken,
) -> Result<Action, ReconcileFailed> {
    let context = Arc::clone(&scope.context);
    let place = Identity::from(&*plan).place;
    // What can't be read is of another version, and asks that one's operator.
    let Some(standing) = plan.standing else {
        context.plan_calls.leave(&place);
        return Ok(Action::await_change());
    };
    context.on_seen(&*plan);
    let before = guarded(before_its_turn(&context, &plan, standing, &queue).boxed()).await;
    if let Some(settled) = before.transpose() {
        // One that was called may have to wait after all: another that was created in the same second came later.
        context.plan_calls.decline(&place);
        return settled;
    }
    let Some(_called) = context.plan_calls.come(&place, Work::Asked) else {
        return Ok(until_called());
    };
    let take = context.plan_turns.take(place.namespace());
    let Some(_turn) = shutdown.run_until_cancelled(take).await else {
        return Ok(not_any_more());
    };
    let uid = plan.uid().unwrap_or_default();
    context.blocking.reconcile_begins(&uid);
    let work = {
        let plan = Arc::clone(&plan);
        async move { Box::pin(reconcile(&plan, &scope)).await }
    };
    let done = measured::<SshKeyPlan>(&context.metrics, guarded(work.boxed())).await;
    if done.is_ok() {
        context.blocking.reconcile_ended(&uid);
    }
    context.on_finished(&*plan, &done);
    done
}
