"""Add-ons that EKS offers, and their versions for each minor version of Kubernetes.

Source: https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html.
"""

from dataclasses import dataclass

from models.eks_versions import VERSIONS, Version


@dataclass(frozen=True, slots=True)
class Addon:
    """An add-on. `pattern` makes a version's text of a minor version and a build."""

    name: str
    kind: str
    namespace: str
    pattern: str
    needs_role: bool = False

    def version(self, kubernetes: Version, build: int = 1) -> str:
        """The version for a minor version of Kubernetes: build 1 is the default, 2 the newest."""
        return self.pattern.format(minor=kubernetes.minor, build=build)


ADDONS = tuple(
    Addon(*line)
    for line in (
        ("vpc-cni", "networking", "kube-system", "v1.20.4-eksbuild.{build}", True),
        ("kube-proxy", "networking", "kube-system", "v1.{minor}.0-eksbuild.{build}"),
        ("coredns", "networking", "kube-system", "v1.12.4-eksbuild.{build}"),
        ("aws-ebs-csi-driver", "storage", "kube-system", "v1.52.1-eksbuild.{build}", True),
        ("aws-efs-csi-driver", "storage", "kube-system", "v2.1.13-eksbuild.{build}", True),
        ("eks-pod-identity-agent", "security", "kube-system", "v1.3.9-eksbuild.{build}"),
        ("metrics-server", "observability", "kube-system", "v0.8.0-eksbuild.{build}"),
        ("amazon-cloudwatch-observability", "observability", "amazon-cloudwatch",
         "v4.6.0-eksbuild.{build}", True),
        ("snapshot-controller", "storage", "kube-system", "v8.3.0-eksbuild.{build}"),
    )
)  # fmt: skip
_BY_NAME = {one.name: one for one in ADDONS}
BUILDS = (2, 1)


def find(name: str) -> Addon | None:
    """The add-on of that name, or None."""
    return _BY_NAME.get(name)


def versions(addon: Addon) -> dict[str, list[tuple[Version, bool]]]:
    """Each version of an add-on: which Kubernetes versions it suits, and whether by default."""
    found: dict[str, list[tuple[Version, bool]]] = {}
    for build in BUILDS:
        for kubernetes in reversed(VERSIONS):
            found.setdefault(addon.version(kubernetes, build), []).append((kubernetes, build == 1))
    return found
