"""Checks template.yaml as AWS would read it: the SAM translator, then cfn-lint. Offline; any word of either is a failure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from samtranslator.translator.transform import transform

# The translator wants to know one; which does not matter.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short functions."""


def short_function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node)}
    return {name: loader.construct_mapping(node)}


Loader.add_multi_constructor("!", short_function)


class NoPolicies:
    """The translator asks AWS for managed policies by name; the template has none."""

    def load(self):
        return {}


def main():
    template = yaml.load(TEMPLATE.read_text(), Loader)
    for resource in template["Resources"].values():
        # As `sam package` leaves them: what is built here lies in a bucket there.
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    translated = transform(template, {}, NoPolicies())
    functions = [r for r in translated["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
    print(json.dumps({"resources": len(translated["Resources"]), "functions": len(functions)}))
    lint = Path(sys.executable).with_name("cfn-lint")
    sys.exit(subprocess.run([lint, "--non-zero-exit-code", "informational", TEMPLATE]).returncode)


main()
