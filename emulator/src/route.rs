//! Which operation a path asks for. Literal segments are compared without case; names are percent-decoded and kept as sent.

use percent_encoding::percent_decode_str;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// The segments after `/_emulator/`.
    Control(Vec<String>),
    Metadata,
    OpenIdConfiguration {
        tenant: String,
    },
    SigningKeys,
    Token {
        tenant: String,
    },
    Arm(ArmRoute),
    Unknown,
}

/// An operation of Resource Manager; those below a subscription carry its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArmRoute {
    Subscriptions,
    In { subscription: String, place: Place },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Subscription,
    Providers,
    Provider(String),
    /// `register` or `unregister` of a provider.
    Registration {
        provider: String,
        register: bool,
    },
    Locations,
    /// All resources: of the subscription, or of one group.
    Resources(Option<String>),
    /// The locks at a scope, or one of them.
    Locks(String),
    Lock {
        scope: String,
        name: String,
    },
    OperationResult(String),
    Groups,
    Group(String),
    Keys,
    KeysOf(String),
    Key(KeyName),
    GenerateKeyPair(KeyName),
    /// A path below the subscription that this emulator has nothing at.
    Elsewhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyName {
    pub(crate) group: String,
    pub(crate) name: String,
}

/// Marks the places of a path that are names, not words of the API.
const ANY: &str = "*";

pub(crate) fn route(path: &str) -> Route {
    let segments: Vec<String> = path
        .trim_matches('/')
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let at = |pattern: &[&str]| {
        pattern.len() == segments.len()
            && pattern.iter().zip(&segments).all(|(word, segment)| {
                (*word == ANY && !segment.is_empty()) || segment.eq_ignore_ascii_case(word)
            })
    };
    let name = |position: usize| segments[position].clone();
    if segments[0] == "_emulator" {
        return Route::Control(segments[1..].to_vec());
    }
    if segments[0].eq_ignore_ascii_case("subscriptions") {
        return Route::Arm(if segments.len() == 1 {
            ArmRoute::Subscriptions
        } else {
            ArmRoute::In {
                subscription: name(1),
                place: locks(&name(1), &segments[2..]).unwrap_or_else(|| place(&segments[2..])),
            }
        });
    }
    if at(&["metadata", "endpoints"]) {
        Route::Metadata
    } else if at(&[ANY, "v2.0", ".well-known", "openid-configuration"]) {
        Route::OpenIdConfiguration { tenant: name(0) }
    } else if at(&[ANY, "discovery", "v2.0", "keys"]) {
        Route::SigningKeys
    } else if at(&[ANY, "oauth2", "v2.0", "token"]) {
        Route::Token { tenant: name(0) }
    } else {
        Route::Unknown
    }
}

/// `.../providers/Microsoft.Authorization/locks[/{name}]` below any scope of a subscription.
fn locks(subscription: &str, segments: &[String]) -> Option<Place> {
    let is = |segment: &String, word: &str| segment.eq_ignore_ascii_case(word);
    let at = segments.windows(3).rposition(|words| {
        is(&words[0], "providers")
            && is(&words[1], "microsoft.authorization")
            && is(&words[2], "locks")
    })?;
    let scope = std::iter::once(format!("/subscriptions/{subscription}"))
        .chain(segments[..at].iter().cloned())
        .collect::<Vec<_>>()
        .join("/");
    match &segments[at + 3..] {
        [] => Some(Place::Locks(scope)),
        [name] => Some(Place::Lock {
            scope,
            name: name.clone(),
        }),
        _ => None,
    }
}

/// What stands below `/subscriptions/{id}`.
fn place(segments: &[String]) -> Place {
    let at = |pattern: &[&str]| {
        pattern.len() == segments.len()
            && pattern.iter().zip(segments).all(|(word, segment)| {
                (*word == ANY && !segment.is_empty()) || segment.eq_ignore_ascii_case(word)
            })
    };
    let name = |position: usize| segments[position].clone();
    let key = || KeyName {
        group: name(1),
        name: name(5),
    };
    if at(&[]) {
        Place::Subscription
    } else if at(&["providers"]) {
        Place::Providers
    } else if at(&["providers", ANY]) {
        Place::Provider(name(1))
    } else if at(&["providers", ANY, "register"]) || at(&["providers", ANY, "unregister"]) {
        Place::Registration {
            provider: name(1),
            register: name(2).eq_ignore_ascii_case("register"),
        }
    } else if at(&["locations"]) {
        Place::Locations
    } else if at(&["resources"]) {
        Place::Resources(None)
    } else if at(&["resourcegroups", ANY, "resources"]) {
        Place::Resources(Some(name(1)))
    } else if at(&["operationresults", ANY]) {
        Place::OperationResult(name(1))
    } else if at(&["resourcegroups"]) {
        Place::Groups
    } else if at(&["resourcegroups", ANY]) {
        Place::Group(name(1))
    } else if at(&["providers", "microsoft.compute", "sshpublickeys"]) {
        Place::Keys
    } else if at(&[
        "resourcegroups",
        ANY,
        "providers",
        "microsoft.compute",
        "sshpublickeys",
    ]) {
        Place::KeysOf(name(1))
    } else if at(&[
        "resourcegroups",
        ANY,
        "providers",
        "microsoft.compute",
        "sshpublickeys",
        ANY,
    ]) {
        Place::Key(key())
    } else if at(&[
        "resourcegroups",
        ANY,
        "providers",
        "microsoft.compute",
        "sshpublickeys",
        ANY,
        "generatekeypair",
    ]) {
        Place::GenerateKeyPair(key())
    } else {
        Place::Elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_names_are_decoded() {
        let expected = ArmRoute::In {
            subscription: "S".to_owned(),
            place: Place::Key(KeyName {
                group: "a b".to_owned(),
                name: "K1".to_owned(),
            }),
        };
        for path in [
            "/subscriptions/S/resourceGroups/a%20b/providers/Microsoft.Compute/sshPublicKeys/K1",
            "/SUBSCRIPTIONS/S/resourcegroups/a%20b/PROVIDERS/microsoft.compute/SSHPUBLICKEYS/K1/",
        ] {
            assert_eq!(route(path), Route::Arm(expected.clone()));
        }
    }

    #[test]
    fn locks_are_found_below_every_scope() {
        let lock = |path: &str| match route(path) {
            Route::Arm(ArmRoute::In { place, .. }) => place,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            lock("/subscriptions/S/providers/Microsoft.Authorization/locks"),
            Place::Locks("/subscriptions/S".to_owned())
        );
        assert_eq!(
            lock("/subscriptions/S/resourceGroups/g/providers/microsoft.authorization/LOCKS/keep"),
            Place::Lock {
                scope: "/subscriptions/S/resourceGroups/g".to_owned(),
                name: "keep".to_owned()
            }
        );
    }

    #[test]
    fn a_name_with_an_encoded_slash_stays_one_name() {
        assert_eq!(
            route("/subscriptions/S/resourceGroups/a%2Fb"),
            Route::Arm(ArmRoute::In {
                subscription: "S".to_owned(),
                place: Place::Group("a/b".to_owned())
            })
        );
    }

    #[test]
    fn an_empty_name_is_nowhere() {
        assert_eq!(
            route("/subscriptions/S/resourceGroups//providers/Microsoft.Compute/sshPublicKeys/k"),
            Route::Arm(ArmRoute::In {
                subscription: "S".to_owned(),
                place: Place::Elsewhere
            })
        );
    }
}
