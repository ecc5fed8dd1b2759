//! Rules that the API server checks about an `SshKey` as a whole, in CEL, each with the field it is about and what to
//! write instead: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules>

use kube::core::{Reason, Rule};

use super::rotation::OUTPUT_HAS_A_ROTATIONS_NAME;

/// The sources that leave nothing for the operator to keep in a Secret of its own.
const KEEPS_NO_SECRET: &str = "has(self.spec.source) && (has(self.spec.source.publicKey) || has(self.spec.source.azureKey) || (has(self.spec.source.privateKey) && !has(self.spec.secret)))";

/// The source brings a public key alone.
const BRINGS_NO_PRIVATE_KEY: &str =
    "has(self.source) && (has(self.source.publicKey) || has(self.source.azureKey))";

/// Only `azureKey` is given: another rule refuses it with a second source.
const FOLLOWS_AZURE: &str = "has(self.source) && has(self.source.azureKey) && !has(self.source.generate) && !has(self.source.privateKey) && !has(self.source.publicKey)";

const OUTPUT_HAS_THE_SECRETS_NAME: &str = "the Secret that keeps the private key has the name of one of the outputs (it is secret.name, or else metadata.name): give that output another name";

/// The name of the managed Secret, of the new object (`self`) or the old one (`oldSelf`).
fn secret_name(object: &str) -> String {
    format!(
        "(has({object}.spec.secret) && has({object}.spec.secret.name) ? {object}.spec.secret.name : self.metadata.name)"
    )
}

fn rule(holds: impl Into<String>, field: &str, message: &str) -> Rule {
    Rule::new(holds).field_path(field).message(message)
}

/// A valid value that this object can't have.
fn forbidden(holds: impl Into<String>, field: &str, message: &str) -> Rule {
    rule(holds, field, message).reason(Reason::FieldValueForbidden)
}

/// The name of an `SshKey` fits into a tag and a name in Azure.
pub(super) fn name_fits_azure() -> Rule {
    // The API server takes no path to a field of the metadata.
    Rule::new("size(self.metadata.name) <= 128")
        .message("metadata.name may have at most 128 characters, since it is written into a tag and a name in Azure: choose a shorter name")
}

/// No output takes the name of the Secret that keeps the key.
pub(super) fn outputs_leave_the_secret() -> Rule {
    let name = secret_name("self");
    rule(
        format!(
            "!has(self.spec.outputs) || ({KEEPS_NO_SECRET}) || self.spec.outputs.all(output, has(output.publicConfigMap) || output.name != {name})"
        ),
        ".spec.outputs",
        OUTPUT_HAS_THE_SECRETS_NAME,
    )
}

/// The same for a template, whose object has the name that the plan says.
pub(super) fn planned_outputs_leave_the_secret() -> Rule {
    let of_template = |rule: &str| rule.replace("self.spec.", "self.template.spec.");
    let keeps_none = of_template(KEEPS_NO_SECRET);
    let name = of_template(&secret_name("self")).replace("self.metadata.name", "self.name");
    rule(
        format!(
            "!has(self.template) || !has(self.template.spec.outputs) || ({keeps_none}) || self.template.spec.outputs.all(output, has(output.publicConfigMap) || output.name != {name})"
        ),
        ".template.spec.outputs",
        OUTPUT_HAS_THE_SECRETS_NAME,
    )
}

/// What was asked is what is answered.
pub(super) fn a_plan_stays_as_it_is() -> Rule {
    Rule::new("self == oldSelf")
        .message("the spec of an SshKeyPlan can't be changed: create another one, or leave the name to the API server by metadata.generateName")
        .reason(Reason::FieldValueForbidden)
}

/// A plan is about an apply or about a deletion.
pub(super) fn a_plan_applies_or_deletes() -> Rule {
    Rule::new("has(self.template) != (has(self.delete) && self.delete)").message(
        "write template to plan what is applied, or delete: true to plan a deletion, and not both",
    )
}

/// No output takes the names of the Secrets that a rotation needs. Objects from before this rule go on.
pub(super) fn outputs_leave_rotation_its_secrets() -> Rule {
    let name = secret_name("self");
    rule(
        format!(
            "oldSelf.hasValue() || !has(self.spec.outputs) || ({KEEPS_NO_SECRET}) || self.spec.outputs.all(output, has(output.publicConfigMap) || !(output.name in [{name} + '-next', {name} + '-previous']))"
        ),
        ".spec.outputs",
        OUTPUT_HAS_A_ROTATIONS_NAME,
    )
    .optional_old_self(true)
}

/// The managed Secret stays where it is.
pub(super) fn secret_keeps_its_name() -> Rule {
    let (new, old) = (secret_name("self"), secret_name("oldSelf"));
    forbidden(
        format!(
            "(has(self.spec.source) && has(self.spec.source.privateKey) && !has(oldSelf.spec.secret)) || {new} == {old}"
        ),
        ".spec.secret",
        "secret.name can't be changed yet: create a new SshKey with the name that you want, move to it, then delete this one",
    )
}

/// What kind of source there is stays.
pub(super) fn source_keeps_its_kind() -> Rule {
    let same = ["privateKey", "publicKey", "azureKey"].map(|kind| {
        format!("(has(self.source) && has(self.source.{kind})) == (has(oldSelf.source) && has(oldSelf.source.{kind}))")
    });
    forbidden(
        same.join(" && "),
        ".source",
        "the kind of source can't be changed: create a new SshKey with the source that you want, move to it, then delete this one",
    )
}

/// Only a key that the operator keeps is rotated.
pub(super) fn rotation_needs_a_kept_key() -> Rule {
    forbidden(
        "!has(self.rotation) || !has(self.source) || !(has(self.source.publicKey) || has(self.source.azureKey) || (has(self.source.privateKey) && !has(self.secret)))",
        ".rotation",
        "the operator rotates only keys that it keeps: leave rotation out with source.publicKey and source.azureKey, and with source.privateKey unless there is secret",
    )
}

/// The operator makes no key in the place of an imported one.
pub(super) fn imported_keys_have_no_schedule() -> Rule {
    forbidden(
        "!has(self.rotation) || !has(self.rotation.every) || !has(self.source) || !has(self.source.privateKey)",
        ".rotation.every",
        "the operator makes no new key for one that is imported: leave rotation.every out, and put another key where source.privateKey reads it",
    )
}

/// A key that is published for `delay` before it takes over must take over before its successor is due: rotation begins
/// at nine tenths of `every`. Values that are no durations are another rule's.
pub(super) fn delay_is_shorter_than_every() -> Rule {
    let is_duration =
        |field: &str| format!("self.rotation.{field}.matches('^([0-9]{{1,6}}[hms]){{1,3}}$')");
    let (every, delay) = (is_duration("every"), is_duration("delay"));
    rule(
        format!(
            "!has(self.rotation) || !has(self.rotation.every) || !has(self.rotation.delay) || !{every} || !{delay} || duration(self.rotation.delay).getSeconds() * 10 < duration(self.rotation.every).getSeconds() * 9"
        ),
        ".rotation.delay",
        "rotation.delay must be shorter than nine tenths of rotation.every, or the next rotation is due before this one has ended: write a shorter delay, or a longer every",
    )
}

/// A public key alone leaves nothing to keep in a Secret.
pub(super) fn secret_needs_a_private_key() -> Rule {
    forbidden(
        format!("!has(self.secret) || !({BRINGS_NO_PRIVATE_KEY})"),
        ".secret",
        "source.publicKey and source.azureKey bring no private key that could be kept: leave secret out",
    )
}

/// What is followed has a place.
pub(super) fn following_needs_azure() -> Rule {
    rule(
        format!("!({FOLLOWS_AZURE}) || has(self.azure)"),
        ".azure",
        "source.azureKey follows a key that is in Azure: write azure, with the key's name",
    )
    .reason(Reason::FieldValueRequired)
}

/// What is followed is never written.
pub(super) fn following_writes_nothing() -> Rule {
    let written = [
        "location",
        "tags",
        "deletionPolicy",
        "conflictPolicy",
        "replacePolicy",
        "driftPolicy",
    ]
    .map(|field| format!("has(self.azure.{field})"))
    .join(" || ");
    forbidden(
        format!(
            "!({FOLLOWS_AZURE}) || !has(self.azure) || !({written} || (has(self.azure.resourceGroup) && has(self.azure.resourceGroup.creationPolicy)))"
        ),
        ".azure",
        "with source.azureKey nothing is written to Azure: leave azure.location, tags, deletionPolicy, conflictPolicy, replacePolicy, driftPolicy and resourceGroup.creationPolicy out",
    )
}

/// A copy of an imported key stays one.
pub(super) fn copy_of_an_imported_key_stays() -> Rule {
    rule(
        "!has(oldSelf.secret) || has(self.secret) || !has(self.source) || !has(self.source.privateKey)",
        ".secret",
        "secret can't be taken away from an imported key: create a new SshKey without it, move to it, then delete this one",
    )
    .reason(Reason::FieldValueRequired)
}

/// Azure takes RSA and Ed25519:
/// <https://learn.microsoft.com/azure/virtual-machines/linux/mac-create-ssh-keys#supported-ssh-key-formats>
pub(super) fn azure_takes_the_algorithm() -> Rule {
    forbidden(
        "!has(self.azure) || !has(self.source) || !has(self.source.generate) || !has(self.source.generate.algorithm) || self.source.generate.algorithm != 'ECDSA'",
        ".source.generate.algorithm",
        "Azure's SSH key store takes no ECDSA key: write algorithm: Ed25519 or algorithm: RSA, or leave azure out",
    )
}

/// No public key is left behind without its private half.
pub(super) fn deletion_leaves_no_useless_key() -> Rule {
    rule(
        "(has(self.source) && has(self.source.privateKey)) || !(has(self.secret) && has(self.secret.deletionPolicy) && self.secret.deletionPolicy == 'Delete' && has(self.azure) && has(self.azure.deletionPolicy) && self.azure.deletionPolicy == 'Retain')",
        ".secret.deletionPolicy",
        "secret.deletionPolicy: Delete with azure.deletionPolicy: Retain would leave a public key in Azure that nobody can use: write secret.deletionPolicy: Retain, or azure.deletionPolicy: Delete",
    )
}

/// A public key alone fills no private output.
pub(super) fn private_outputs_need_a_private_key() -> Rule {
    forbidden(
        format!(
            "!has(self.outputs) || !({BRINGS_NO_PRIVATE_KEY}) || self.outputs.all(output, has(output.kubeVirt) || has(output.publicSecret) || has(output.publicConfigMap))"
        ),
        ".outputs",
        "source.publicKey and source.azureKey bring no private key: write outputs of the kinds kubeVirt, publicSecret and publicConfigMap only",
    )
}

/// No output takes the name of the Secret that is imported from.
pub(super) fn outputs_leave_the_imported_secret() -> Rule {
    rule(
        "!has(self.outputs) || !has(self.source) || !has(self.source.privateKey) || self.outputs.all(output, has(output.publicConfigMap) || output.name != self.source.privateKey.secretRef.name)",
        ".outputs",
        "the Secret that the key is imported from (source.privateKey.secretRef.name) has the name of one of the outputs: give that output another name",
    )
}
