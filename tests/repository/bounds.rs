//! What one object may hold is bounded by its schema, as a whole.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use sshkey_operator::api::crd;

/// The most that people may write into one object, and the most that the operator writes about it, in bytes of UTF-8.
const MOST: [(&str, usize); 2] = [("spec", 128 * 1_024), ("status", 200 * 1_024)];

/// The longest character, in bytes.
const CHARACTER: usize = 4;

#[test]
fn what_an_object_may_hold_is_bounded_as_a_whole() {
    for crd in crd::all() {
        for version in &crd.spec.versions {
            let schema = version.schema.as_ref().unwrap();
            let root = schema.open_api_v3_schema.as_ref().unwrap();
            for (part, bound) in MOST {
                let kind = &crd.spec.names.kind;
                let path = format!("{kind}.{part}");
                let most = largest(&path, &root.properties.as_ref().unwrap()[part], &[]);
                println!("bounds: {path} holds {most} bytes at most");
                assert!(most <= bound, "{path} may hold {most} bytes");
            }
        }
    }
}

/// The most bytes that a value may have. What the `counted` fields hold is counted by a rule above them.
fn largest(path: &str, schema: &JSONSchemaProps, counted: &[&str]) -> usize {
    let sums = sums(schema);
    if let Some(sum) = sums.iter().find(|sum| sum.fields.is_empty()) {
        return sum.most;
    }
    let above = sums.iter().map(|sum| sum.most).sum::<usize>();
    let fields = sums.iter().flat_map(|sum| &sum.fields);
    let counted: Vec<&str> = counted.iter().copied().chain(fields.copied()).collect();
    above
        + match schema.type_.as_deref() {
            Some("string") => characters(path, schema),
            Some("array") => items(path, schema, &counted),
            Some("object") => properties(path, schema, &counted),
            _ => 24,
        }
}

fn characters(path: &str, schema: &JSONSchemaProps) -> usize {
    let values = schema
        .enum_
        .iter()
        .flatten()
        .map(|value| value.0.to_string());
    if let Some(longest) = values.map(|value| value.len()).max() {
        return longest;
    }
    if schema.format.as_deref() == Some("date-time") {
        return 40;
    }
    let longest = schema
        .max_length
        .unwrap_or_else(|| panic!("{path} has no bound"));
    let longest = usize::try_from(longest).unwrap();
    if is_ascii(schema) {
        longest
    } else {
        longest * CHARACTER
    }
}

fn items(path: &str, schema: &JSONSchemaProps, counted: &[&str]) -> usize {
    let most = schema
        .max_items
        .unwrap_or_else(|| panic!("{path} has no bound"));
    let Some(JSONSchemaPropsOrArray::Schema(item)) = &schema.items else {
        panic!("{path} has items of no kind");
    };
    usize::try_from(most).unwrap() * largest(&format!("{path}[]"), item, counted)
}

fn properties(path: &str, schema: &JSONSchemaProps, counted: &[&str]) -> usize {
    let fields = schema.properties.iter().flatten();
    let fields = fields.filter(|(name, _)| !counted.contains(&name.as_str()));
    let fixed: usize = fields
        .map(|(name, field)| name.len() + largest(&format!("{path}.{name}"), field, counted))
        .sum();
    let Some(JSONSchemaPropsOrBool::Schema(value)) = &schema.additional_properties else {
        return fixed;
    };
    // A label's name has 253 + 1 + 63 characters; a name without such a rule is counted by a sum.
    let most = schema
        .max_properties
        .unwrap_or_else(|| panic!("{path} has no bound"));
    let value = largest(&format!("{path}{{}}"), value, counted);
    fixed + usize::try_from(most).unwrap() * (317 + value)
}

/// A rule on the bytes of some fields together, or of all that is in it.
struct Sum<'a> {
    fields: Vec<&'a str>,
    most: usize,
}

/// The rules of this shape: `... size(bytes(FIELD)) ... <= NUMBER`.
fn sums(schema: &JSONSchemaProps) -> Vec<Sum<'_>> {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    rules
        .filter_map(|rule| {
            let (counts, most) = rule.rule.rsplit_once("<= ")?;
            let counted = counts.split("size(bytes(").skip(1);
            let counted: Vec<&str> = counted.filter_map(|part| part.split(')').next()).collect();
            let fields = counted.iter().filter_map(|path| field(counts, path));
            let (fields, most) = (fields.collect(), most.parse().ok()?);
            (!counted.is_empty()).then_some(Sum { fields, most })
        })
        .collect()
}

/// The field that `path` names in a rule: `output.flux.knownHosts` is `knownHosts`, and `tag` in `place.tags.map(tag, ...)` is
/// `tags`. `None` for what is in the value itself.
fn field<'a>(rule: &'a str, path: &'a str) -> Option<&'a str> {
    if let Some((_, field)) = path.rsplit_once('.') {
        return Some(field);
    }
    let (of, _) = rule.split_once(&format!(".map({path},"))?;
    let (_, field) = of.rsplit_once('.')?;
    Some(field)
}

/// Whether a rule takes ASCII alone: a pattern from its begin to its end, without a class of all but some characters.
fn is_ascii(schema: &JSONSchemaProps) -> bool {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    let rules = rules.filter_map(|rule| {
        let pattern = rule.rule.strip_prefix("self.matches('")?;
        pattern.strip_suffix("')")
    });
    let mut patterns = rules.chain(schema.pattern.as_deref());
    patterns.any(|pattern| {
        let is_whole = pattern.starts_with('^') && pattern.ends_with('$');
        is_whole && pattern.is_ascii() && !pattern.contains("[^")
    })
}
