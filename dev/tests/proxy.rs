//! The proxy passes requests and watches through, and performs each fault of its plan.
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use dev::{
    control_plane::{Access, ControlPlane},
    proxy::{Fault, Proxy, Rule},
};
use futures::{StreamExt, TryStreamExt, pin_mut};
use k8s_openapi::api::{
    core::v1::ConfigMap,
    rbac::v1::{ClusterRoleBinding, RoleRef, Subject},
};
use kube::{
    Api, Client,
    api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
};
use tokio::time::timeout;

/// A proxy, the config maps seen through it, and those seen past it.
struct Setup {
    proxy: Proxy,
    through: Api<ConfigMap>,
    past: Api<ConfigMap>,
}

impl Setup {
    async fn new() -> Self {
        let plane = ControlPlane::shared().await;
        let proxy = Proxy::start(&plane.server_url(), plane.ca_pem())
            .await
            .unwrap();
        let admin = plane.admin().client().await.unwrap();
        let through = client(&proxy, plane).await;
        Self {
            proxy,
            through: Api::default_namespaced(through),
            past: Api::default_namespaced(admin),
        }
    }

    async fn create(&self, name: &str) -> kube::Result<ConfigMap> {
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                ..ObjectMeta::default()
            },
            ..ConfigMap::default()
        };
        self.through.create(&PostParams::default(), &map).await
    }

    async fn exists(&self, name: &str) -> bool {
        self.past.get_opt(name).await.unwrap().is_some()
    }
}

/// Someone with a token, since the administrator's certificate can't pass a proxy.
async fn client(proxy: &Proxy, plane: &ControlPlane) -> Client {
    let admin = plane.admin().client().await.unwrap();
    let binding = ClusterRoleBinding {
        metadata: ObjectMeta {
            name: Some("proxy-test".to_owned()),
            ..ObjectMeta::default()
        },
        role_ref: RoleRef {
            kind: "ClusterRole".to_owned(),
            name: "cluster-admin".to_owned(),
            ..RoleRef::default()
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: "default".to_owned(),
            namespace: Some("default".to_owned()),
            ..Subject::default()
        }]),
    };
    let bindings: Api<ClusterRoleBinding> = Api::all(admin.clone());
    let params = PatchParams::apply("proxy-test");
    bindings
        .patch("proxy-test", &params, &Patch::Apply(binding))
        .await
        .unwrap();
    let token = dev::operator::token(&admin, "default", "default")
        .await
        .unwrap();
    let user = serde_json::json!({ "token": token });
    let text = dev::control_plane::kubeconfig_text(&proxy.url(), proxy.ca_pem(), "default", &user)
        .unwrap();
    let mut config = Access::new(text).config().await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

#[tokio::test]
async fn a_watch_streams_through_it_and_ends_with_its_connection() {
    let setup = Setup::new().await;
    let events = setup
        .through
        .watch(
            &WatchParams::default()
                .disable_bookmarks()
                .fields("metadata.name=watched"),
            "0",
        )
        .await
        .unwrap();
    pin_mut!(events);
    setup.create("watched").await.unwrap();
    let event = timeout(Duration::from_secs(10), events.try_next())
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(event, Some(WatchEvent::Added(_))), "{event:?}");
    // Nothing is held back until some buffer is full: the next event comes at once too.
    setup
        .past
        .delete("watched", &DeleteParams::default())
        .await
        .unwrap();
    let event = timeout(Duration::from_secs(10), events.try_next())
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(event, Some(WatchEvent::Deleted(_))), "{event:?}");

    setup.proxy.drop_all_connections();
    let end = timeout(Duration::from_secs(10), events.next())
        .await
        .unwrap();
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
    setup.through.get_opt("watched").await.unwrap();
    let key = ("watch".to_owned(), "configmaps".to_owned());
    assert_eq!(setup.proxy.counts().get(&key), Some(&1));
}

#[tokio::test]
async fn writes_are_numbered_and_logged() {
    let setup = Setup::new().await;
    setup.create("logged").await.unwrap();
    assert!(setup.create("logged").await.is_err());
    setup.through.get("logged").await.unwrap();
    let log = setup.proxy.log();
    let seen: Vec<_> = log
        .iter()
        .map(|entry| (entry.write, entry.method.as_str(), entry.status))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(1), "POST", Some(201)),
            (Some(2), "POST", Some(409)),
            (None, "GET", Some(200))
        ]
    );
    assert_eq!(log[0].content_type, "application/json");
    assert_eq!(log[0].access.resource, "configmaps");
    setup.proxy.reset();
    assert_eq!((setup.proxy.writes(), setup.proxy.log().len()), (0, 0));
}

#[tokio::test]
async fn the_operator_is_killed_before_and_after_a_write() {
    let setup = Setup::new().await;
    let kills = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&kills);
    setup.proxy.on_kill(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    setup.proxy.at_write(1, Fault::KillBefore);
    setup.proxy.at_write(2, Fault::KillAfter);
    assert!(setup.create("killed-before").await.is_err());
    assert!(!setup.exists("killed-before").await);
    assert!(setup.create("killed-after").await.is_err());
    assert!(setup.exists("killed-after").await);
    assert_eq!(kills.load(Ordering::SeqCst), 2);
    setup.create("not-killed").await.unwrap();
}

#[tokio::test]
async fn answers_are_dropped_made_up_delayed_or_never_come() {
    let setup = Setup::new().await;
    setup.proxy.at_write(1, Fault::DropAnswer);
    assert!(setup.create("dropped").await.is_err());
    assert!(setup.exists("dropped").await);

    setup.proxy.at_write(
        2,
        Fault::Answer {
            status: 429,
            retry_after: Some(Duration::from_secs(3)),
        },
    );
    let error = setup.create("refused").await.unwrap_err();
    assert!(
        matches!(&error, kube::Error::Api(status) if status.code == 429),
        "{error:?}"
    );
    assert!(!setup.exists("refused").await);

    setup
        .proxy
        .at_write(3, Fault::Delay(Duration::from_millis(700)));
    assert!(
        timeout(Duration::from_millis(500), setup.create("delayed"))
            .await
            .is_err()
    );
    setup.proxy.at_write(4, Fault::Timeout);
    assert!(
        timeout(Duration::from_secs(2), setup.create("unanswered"))
            .await
            .is_err()
    );
    assert!(!setup.exists("unanswered").await);
}

#[tokio::test]
async fn it_can_be_down_for_a_while() {
    let setup = Setup::new().await;
    setup.proxy.refuse(true);
    assert!(setup.through.get_opt("any").await.is_err());
    setup.proxy.refuse(false);
    setup.through.get_opt("any").await.unwrap();
}

#[tokio::test]
async fn requests_are_struck_by_what_they_are_until_the_rules_are_forgotten() {
    let setup = Setup::new().await;
    let rule = |verb: &str, fault| Rule::on(verb, "configmaps", fault);
    let refused = Fault::Answer {
        status: 403,
        retry_after: None,
    };
    setup.proxy.add_rule(rule("get", refused).named("struck"));
    setup
        .proxy
        .add_rule(rule("create", Fault::DropRequest).times(1));
    let error = setup.through.get_opt("struck").await.unwrap_err();
    assert!(
        matches!(&error, kube::Error::Api(status) if status.is_forbidden()),
        "{error:?}"
    );
    setup.through.get_opt("another").await.unwrap();
    assert!(setup.create("never-sent").await.is_err());
    assert!(!setup.exists("never-sent").await);
    setup.create("never-sent").await.unwrap();
    setup.proxy.clear_rules();
    setup.through.get_opt("struck").await.unwrap();
}

#[tokio::test]
async fn watches_fall_silent_and_are_ended() {
    let setup = Setup::new().await;
    let params = WatchParams::default()
        .disable_bookmarks()
        .fields("metadata.name=silent");
    let silent = setup.through.watch(&params, "0").await.unwrap();
    pin_mut!(silent);
    setup.proxy.silence_watches();
    let other = setup.through.watch(&params, "0").await.unwrap();
    pin_mut!(other);
    setup.create("silent").await.unwrap();
    let event = timeout(Duration::from_secs(10), other.try_next()).await;
    let event = event.unwrap().unwrap();
    assert!(matches!(event, Some(WatchEvent::Added(_))), "{event:?}");
    // What the other has seen, this one would have too.
    let nothing = timeout(Duration::from_millis(500), silent.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");

    setup
        .proxy
        .end_watches_after(Some(Duration::from_millis(100)));
    for _ in 0..2 {
        let short = setup.through.watch(&params, "0").await.unwrap();
        let end = timeout(Duration::from_secs(10), short.try_collect::<Vec<_>>());
        drop(end.await.unwrap());
    }
    assert_eq!(setup.proxy.short_watches(), 2);
}
