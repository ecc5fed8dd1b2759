"""Azure's Python management SDK, unchanged, against the endpoint in ENDPOINT: one JSON line a row of the table.

Each row is an operation that a user of the SDK would do, and fails where its answer is not what Azure's is.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

ENDPOINT = os.environ["ENDPOINT"]
PUBLIC_KEY = os.environ["PUBLIC_KEY"]
GROUP = "sdk"


def main():
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=ENDPOINT,
        disable_instance_discovery=True,
    )
    place = {"base_url": ENDPOINT, "credential_scopes": [ENDPOINT + "/.default"]}
    subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
    groups = ResourceManagementClient(credential, subscription, **place).resource_groups
    keys = ComputeManagementClient(credential, subscription, **place).ssh_public_keys
    rows = [group_rows(groups), key_rows(keys), pair_rows(keys), list_rows(keys), refusals(keys), end_rows(groups, keys)]
    for name, operation in itertools.chain.from_iterable(rows):
        row(name, operation)


def row(name, operation):
    started = time.monotonic()
    try:
        result, passed = operation(), True
    except Exception as error:  # whatever it is, it is this row's result
        result, passed = f"{type(error).__name__}: {error}", False
    seconds = time.monotonic() - started
    print(json.dumps({"operation": name, "result": str(result), "passed": passed, "seconds": seconds}), flush=True)


def group_rows(groups):
    def created():
        group = groups.create_or_update(GROUP, {"location": "westeurope", "tags": {"team": "web"}})
        return equal(group.properties.provisioning_state, "Succeeded")

    yield "resource_groups.create_or_update", created
    yield "resource_groups.check_existence", lambda: equal(groups.check_existence(GROUP), True)
    yield "resource_groups.check_existence, of none", lambda: equal(groups.check_existence("nowhere"), False)
    yield "resource_groups.get", lambda: equal(groups.get(GROUP).location, "westeurope")
    yield "resource_groups.list", lambda: contains([group.name for group in groups.list()], GROUP)
    yield "resource_groups.update, tags", lambda: equal(groups.update(GROUP, {"tags": {"a": "b"}}).tags, {"a": "b"})
    yield "resource_groups.get, of none", lambda: refused("ResourceGroupNotFound", groups.get, "nowhere")


def key_rows(keys):
    def created():
        body = {"location": "westeurope", "tags": {"a": "1"}, "properties": {"publicKey": PUBLIC_KEY}}
        return key_of(keys.create(GROUP, "given", body), PUBLIC_KEY)

    yield "ssh_public_keys.create, of a given key", created
    yield "ssh_public_keys.get", lambda: key_of(keys.get(GROUP, "given"), PUBLIC_KEY)
    yield "ssh_public_keys.update, tags", lambda: equal(
        keys.update(GROUP, "given", {"tags": {"b": "2"}}).tags, {"b": "2"}
    )
    yield "ssh_public_keys.update, the key", lambda: key_of(
        keys.update(GROUP, "given", {"properties": {"publicKey": PUBLIC_KEY + "-again"}}), PUBLIC_KEY + "-again"
    )


def pair_rows(keys):
    for name, body in [("plain", None), ("rsa", {"encryptionType": "RSA"}), ("ed25519", {"encryptionType": "Ed25519"})]:
        said = body["encryptionType"] if body else "nothing said"

        def generated(name=name, body=body):
            keys.create(GROUP, name, {"location": "westeurope"})
            pair = keys.generate_key_pair(GROUP, name, body) if body else keys.generate_key_pair(GROUP, name)
            stored = keys.get(GROUP, name).properties.public_key
            equal(pair.public_key, stored)
            return belongs(pair.private_key, stored)

        yield f"ssh_public_keys.generate_key_pair, {said}", generated


def list_rows(keys):
    # More than a page has.
    expected = ["ed25519", "given", "plain", "rsa"]
    yield "ssh_public_keys.list_by_resource_group", lambda: equal(names(keys.list_by_resource_group(GROUP)), expected)
    yield "ssh_public_keys.list_by_subscription", lambda: equal(names(keys.list_by_subscription()), expected)


def refusals(keys):
    given = {"publicKey": PUBLIC_KEY}
    for what, code, arguments in [
        ("of a bad key", "InvalidParameter", (GROUP, "bad", {"location": "westeurope", "properties": {"publicKey": "ssh-rsa AAAA"}})),
        ("at another location", "InvalidResourceLocation", (GROUP, "given", {"location": "westus", "properties": given})),
        ("at no location", "LocationNotAvailableForResourceType", (GROUP, "new", {"location": "mars", "properties": given})),
        ("without a location", "LocationRequired", (GROUP, "new", {"properties": given})),
        ("in no group", "ResourceGroupNotFound", ("nowhere", "new", {"location": "westeurope", "properties": given})),
    ]:
        yield f"ssh_public_keys.create, {what}", lambda code=code, arguments=arguments: refused(code, keys.create, *arguments)
    yield "ssh_public_keys.get, of none", lambda: refused("ResourceNotFound", keys.get, GROUP, "none")


def end_rows(groups, keys):
    def deleted():
        keys.delete(GROUP, "given")
        refused("ResourceNotFound", keys.get, GROUP, "given")
        return "gone"

    def group_deleted():
        groups.begin_delete(GROUP).result()
        equal(groups.check_existence(GROUP), False)
        return "gone"

    yield "ssh_public_keys.delete", deleted
    yield "ssh_public_keys.delete, of none", lambda: keys.delete(GROUP, "given") or "done"
    yield "resource_groups.begin_delete", group_deleted


def refused(code, operation, *arguments):
    try:
        answer = operation(*arguments)
    except HttpResponseError as error:
        equal(error.error.code, code)
        equal(isinstance(error, ResourceNotFoundError), error.status_code == 404)
        return f"{error.status_code} {code}"
    raise AssertionError(f"it was done: {answer}")


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")
    return found


def contains(found, expected):
    if expected not in found:
        raise AssertionError(f"{expected!r} is not among {found!r}")
    return f"{len(found)} with {expected}"


def names(keys):
    return sorted(key.name for key in keys)


def key_of(key, expected):
    equal(key.properties.public_key, expected)
    return key.name


def belongs(private_key, public_key):
    """That ssh-keygen reads the private key, and that it is the public key's."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "key"
        path.touch(mode=0o600)
        path.write_text(private_key)
        command = ["ssh-keygen", "-y", "-P", "", "-f", str(path)]
        derived = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    algorithm, blob = derived.split()[:2]
    equal([algorithm, blob], public_key.split()[:2])
    return f"{algorithm}, read by ssh-keygen"


if __name__ == "__main__":
    sys.exit(main())
