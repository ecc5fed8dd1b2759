//! A strict reader of the `OpenMetrics` text format, as far as the operator writes it: whatever it does not know is an error.
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;

/// A text that was read.
#[derive(Debug, Default)]
pub(crate) struct Scrape {
    /// Each series and its value.
    pub(crate) series: BTreeMap<(String, Labels), f64>,
    /// Each family and its type.
    pub(crate) families: BTreeMap<String, String>,
}

impl Scrape {
    /// Reads a whole text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text
            .strip_suffix("# EOF\n")
            .ok_or("the text does not end with # EOF and a line break")?;
        let mut scrape = Self::default();
        let mut family: Option<(String, String)> = None;
        let mut helped = None;
        for line in text.lines() {
            let bad = |why: &str| format!("{why}: {line}");
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, _) = rest.split_once(' ').ok_or(bad("no help"))?;
                helped = Some(name.to_owned());
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').ok_or(bad("no type"))?;
                if helped.take().as_deref() != Some(name) {
                    return Err(bad("the help before it is another's"));
                }
                if !["counter", "gauge", "histogram", "info"].contains(&kind) || !is_name(name) {
                    return Err(bad("an unknown type or a bad name"));
                }
                if scrape.families.insert(name.into(), kind.into()).is_some() {
                    return Err(bad("a family comes twice"));
                }
                family = Some((name.into(), kind.into()));
            } else {
                let (name, labels, value) = sample(line).map_err(|why| bad(&why))?;
                let (family, kind) = family.as_ref().ok_or(bad("of no family"))?;
                let suffix = name.strip_prefix(family.as_str());
                let known: &[&str] = match kind.as_str() {
                    "counter" => &["_total"],
                    "histogram" => &["_bucket", "_count", "_sum"],
                    "info" => &["_info"],
                    _ => &[""],
                };
                if !suffix.is_some_and(|suffix| known.contains(&suffix)) {
                    return Err(bad("not of the family above it"));
                }
                if !value.is_finite() || (kind != "gauge" && value < 0.0) {
                    return Err(bad("no value of its type"));
                }
                if scrape.series.insert((name, labels), value).is_some() {
                    return Err(bad("a series comes twice"));
                }
            }
        }
        scrape.histograms()?;
        Ok(scrape)
    }

    /// Buckets grow with their bounds, and the last holds all.
    fn histograms(&self) -> Result<(), String> {
        let mut buckets: BTreeMap<(&str, Labels), Vec<(f64, f64)>> = BTreeMap::new();
        for ((name, labels), value) in &self.series {
            let Some(family) = name.strip_suffix("_bucket") else {
                continue;
            };
            let mut labels = labels.clone();
            let bound = labels.remove("le").ok_or("a bucket without a bound")?;
            let bound = bound.parse().map_err(|_| format!("le={bound}"))?;
            buckets
                .entry((family, labels))
                .or_default()
                .push((bound, *value));
        }
        for ((family, labels), mut buckets) in buckets {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            let grows = buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1);
            let (last, all) = buckets[buckets.len() - 1];
            let count = self.value(&format!("{family}_count"), &labels);
            if !grows || last != f64::INFINITY || count != Some(all) {
                return Err(format!("{family} {labels:?}: {buckets:?}"));
            }
        }
        Ok(())
    }

    fn value(&self, name: &str, labels: &Labels) -> Option<f64> {
        self.series.get(&(name.to_owned(), labels.clone())).copied()
    }

    /// The sum of the series that have these labels among theirs; `None` when there is none.
    pub(crate) fn sum(&self, name: &str, with: &[(&str, &str)]) -> Option<f64> {
        let found: Vec<f64> = self
            .series
            .iter()
            .filter(|((found, _), _)| found == name)
            .filter(|((_, labels), _)| {
                with.iter()
                    .all(|(name, value)| labels.get(*name).map(String::as_str) == Some(value))
            })
            .map(|(_, value)| *value)
            .collect();
        (!found.is_empty()).then(|| found.iter().sum())
    }

    /// Every value of every label.
    pub(crate) fn label_values(&self) -> BTreeSet<&str> {
        let labels = self.series.keys().flat_map(|(_, labels)| labels.values());
        labels.map(String::as_str).collect()
    }
}

/// `name{label="value",...} value`, without timestamp and exemplar, which the operator does not write.
fn sample(line: &str) -> Result<(String, Labels, f64), String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name) {
        return Err(format!("{name} is no name"));
    }
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").ok_or("a label without a value")?;
            let (value, after) = quoted(after)?;
            if !is_name(label) || label.contains(':') {
                return Err(format!("{label} is no label"));
            }
            if labels.insert(label.to_owned(), value).is_some() {
                return Err(format!("{label} comes twice"));
            }
            rest = match after.strip_prefix(',') {
                Some(more) if !more.starts_with('}') => more,
                None if after.starts_with('}') => after,
                _ => return Err("labels that do not end".to_owned()),
            };
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let value = value.parse().map_err(|_| format!("{value} is no number"))?;
    Ok((name.to_owned(), labels, value))
}

/// What stands before the closing quote, and what after it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                _ => return Err("an unknown escape".to_owned()),
            },
            char => value.push(char),
        }
    }
    Err("a value that does not end".to_owned())
}

fn is_name(text: &str) -> bool {
    let first = |char: char| char.is_ascii_alphabetic() || "_:".contains(char);
    text.starts_with(first)
        && text
            .chars()
            .all(|char| first(char) || char.is_ascii_digit())
}

#[test]
fn what_is_no_openmetrics_text_is_refused() {
    let head = "# HELP a A.\n# TYPE a counter\n";
    let whole = |body: &str| format!("{head}{body}\n# EOF\n");
    let scrape = Scrape::read(&whole("a_total{b=\"\\\"x\\n\",c=\"\"} 1\na_total 2.5")).unwrap();
    assert_eq!(scrape.sum("a_total", &[("b", "\"x\n")]), Some(1.0));
    assert_eq!(scrape.sum("a_total", &[]), Some(3.5));
    assert_eq!(scrape.sum("a_total", &[("b", "x")]), None);
    for bad in [
        "a_total 1\na_total 1",
        "a_total{b=\"1\"",
        "a_total{b=\"1\",} 1",
        "a_total{b=\"\\t\"} 1",
        "a_total{b=1} 1",
        "a_total  1",
        "a_total one",
        "a_total -1",
        "a_total NaN",
        "a 1",
        "b_total 1",
        "",
        "# HELP b B.",
    ] {
        if bad.starts_with("# HELP") {
            assert!(Scrape::read(&whole(&format!("{bad}\n# TYPE c gauge"))).is_err());
        } else {
            assert!(Scrape::read(&whole(bad)).is_err(), "{bad}");
        }
    }
    assert!(Scrape::read(head).is_err(), "it has no end");
    let histogram = |first: u32, count: u32| {
        format!(
            "# HELP h H.\n# TYPE h histogram\nh_sum 1\nh_count {count}\nh_bucket{{le=\"1\"}} {first}\n\
             h_bucket{{le=\"+Inf\"}} 2\n# EOF\n"
        )
    };
    assert!(Scrape::read(&histogram(1, 2)).is_ok());
    assert!(Scrape::read(&histogram(3, 2)).is_err(), "buckets shrink");
    assert!(Scrape::read(&histogram(1, 3)).is_err(), "some are in none");
}
