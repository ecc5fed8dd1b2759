//! Times as people read them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long ago something was, as kubectl writes ages.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    short(now.duration_since(then))
}

/// How long it is until something.
pub(super) fn until(then: Timestamp, now: Timestamp) -> String {
    if then <= now {
        return "now".to_owned();
    }
    format!("in {}", short(then.duration_since(now)))
}

fn short(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A time as kubectl takes it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time such as 90s, 5m or 1h30m".to_owned();
    let parsed: kube::core::Duration = text.parse().map_err(|_| wrong())?;
    let is_usable = !parsed.is_negative() && !Duration::from(parsed).is_zero();
    is_usable.then(|| parsed.into()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_unit() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (seconds, said) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_200, "2h"),
            (172_800, "2d"),
        ] {
            assert_eq!(age(at(0), at(seconds)), said);
        }
        assert_eq!(until(at(90), at(30)), "in 60s");
        assert_eq!(until(at(30), at(90)), "now");
    }

    #[test]
    fn times_are_those_of_kubectl() {
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "0s", "-1s", "5", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
