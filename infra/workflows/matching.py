"""matching: candidates are found, reviewed by an outside vendor where that is wanted, ranked, and delivered."""

import json

from aws_cdk import aws_ssm as ssm

from infra.grants import allow_parameter, allow_secret, allow_table
from infra.workflow import WorkflowStack


class Matching(WorkflowStack):
    ends_session = ("SaveMatches",)
    asks_systems = ("RequestVendorReview",)
    delivery = ("DeliverResult", "ParkDelivery")

    def configure(self) -> None:
        profiles = self.table("profiles", key="place", sort_key="userId")

        self.step("OpenSearch").add_environment("CALLBACK_ORIGINS", json.dumps(self.settings.callback_origins))
        self.give("OpenSearch", "reviewSeconds")
        allow_table(self.step("FindCandidates"), "PROFILES_TABLE", profiles, "Query")
        self._reach_vendor()

    def _reach_vendor(self) -> None:
        """Its address is a parameter, which may change without a deploy; its API key a secret that people make."""
        name = self.settings.workflow_parameter("matching", "vendor-url")
        ssm.StringParameter(
            self,
            "VendorUrl",
            parameter_name=name,
            string_value=self.address("vendorUrl"),
            description=f"Where matching of stage {self.settings.name} asks for reviews",
        )
        function = self.step("RequestVendorReview")
        allow_parameter(function, "VENDOR_URL_PARAMETER", name)
        allow_secret(function, "VENDOR_SECRET", f"matching-vendor-{self.settings.name}")
