"""The manifests for Kubernetes against its published schemas, which a package carries."""

from copy import deepcopy

import kubernetes_validate
import pytest
import yaml
from conftest import ROOT

MANIFESTS = ROOT / "template/project/k8s"
CUSTOM = {"TriggerAuthentication", "ScaledObject", "Kustomization"}  # no package has theirs
FOUND = [
    (path.name, each)
    for path in sorted(MANIFESTS.glob("*.yaml"))
    for each in yaml.safe_load_all(path.read_text("utf-8"))
]


@pytest.mark.parametrize("version", ["1.33", "1.37"])
def test_each_is_what_its_kind_must_be(version: str) -> None:
    checked = [(name, each) for name, each in FOUND if each["kind"] not in CUSTOM]
    assert {"Job", "Deployment", "Service"} <= {each["kind"] for _, each in checked}
    for _, each in checked:
        kubernetes_validate.validate(each, version, strict=True)


def test_what_is_wrong_is_found() -> None:
    [worker] = [deepcopy(each) for name, each in FOUND if name == "worker.yaml"]
    worker["spec"]["replica"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(worker, "1.37", strict=True)
