//! Schemas of fields that the derive can't make.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{condition::MESSAGE_MAX, names::annotation};

/// Azure takes 50 tags, of which five are the operator's; a name of at most 512 and a value of at most 256 characters.
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>
pub(super) fn tags_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 45,
        "additionalProperties": { "type": "string", "maxLength": 256 },
        "x-kubernetes-validations": [
            {
                "rule": "self.all(name, size(name) >= 1 && size(name) <= 512 && !name.matches('[<>%&?/\\\\\\\\]'))",
                "message": "a tag's name has 1 to 512 characters and none of < > % & \\ ? /"
            },
            {
                "rule": "self.all(name, !name.matches('^(?i)sshkey-operator-'))",
                "message": "tags that begin with sshkey-operator- are the operator's own: choose another name"
            },
            {
                "rule": "self.all(name, self.exists_one(other, other.lowerAscii() == name.lowerAscii()))",
                "message": "Azure takes tags whose names differ only by case for one tag: keep one of them"
            },
            {
                "rule": "self.map(name, size(bytes(name)) + size(bytes(self[name]))).sum() <= 16384",
                "message": "tags have at most 16384 bytes, names and values together: shorten them, or leave some out"
            }
        ]
    })
}

/// Labels as Kubernetes takes them; none of their rules is repeated, since one that can't be on a namespace opens nothing.
pub(super) fn labels_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": { "type": "string", "maxLength": 63 }
    })
}

/// The annotations by which people ask something of the operator.
pub(super) fn requests_schema(_: &mut SchemaGenerator) -> Schema {
    let names = [
        annotation::ROTATE_REQUESTED_AT,
        annotation::ACTIVATE,
        annotation::ABANDON,
    ];
    let quoted = names.map(|name| format!("'{name}'")).join(", ");
    json_schema!({
        "type": "object",
        "maxProperties": 3,
        "additionalProperties": { "type": "string", "maxLength": 256 },
        "x-kubernetes-validations": [
            {
                "rule": format!("self.all(name, name in [{quoted}])"),
                "message": format!("the operator reads the annotations {} of a template, and no others: leave them out", names.join(", "))
            }
        ]
    })
}

/// Conditions as they are bounded where they are written.
pub(super) fn bound_conditions(schema: &mut Schema) {
    let bounds = [
        ("type", 64),
        ("status", 8),
        ("reason", 64),
        ("message", MESSAGE_MAX),
    ];
    for (field, longest) in bounds {
        let path = format!("/items/properties/{field}");
        if let Some(Value::Object(field)) = schema.pointer_mut(&path) {
            field.insert("maxLength".to_owned(), longest.into());
        }
    }
    let message = "a condition's message has at most 1536 bytes: the operator cuts its own";
    if let Some(Value::Object(field)) = schema.pointer_mut("/items/properties/message") {
        let rule = format!("size(bytes(self)) <= {MESSAGE_MAX}");
        let rules = json!([{ "rule": rule, "message": message }]);
        field.insert("x-kubernetes-validations".to_owned(), rules);
    }
}

/// The description of an enum would go before that of the field that it stands in, which says more.
pub(super) fn leave_description_to_the_field(schema: &mut Schema) {
    schema.remove("description");
}
