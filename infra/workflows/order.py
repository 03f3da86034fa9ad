"""order: stock is reserved, large orders are approved, the customer is charged; whatever ends otherwise is undone."""

from aws_cdk import aws_lambda as lambda_

from infra.grants import allow_secret, allow_table
from infra.workflow import WorkflowStack


class Order(WorkflowStack):
    ends_session = ("ConfirmOrder", "ReleaseStock")

    def configure(self) -> None:
        orders = self.table("orders", key="sessionId")
        inventory = self.table("inventory", key="productId")

        self.give("ValidateOrder", "approvalLimits", "approvalSeconds")
        self.give("RequestApproval", "approvers")

        allow_table(self.step("ReserveStock"), "ORDERS_TABLE", orders, "PutItem")
        allow_table(self.step("ChargePayment"), "ORDERS_TABLE", orders, "UpdateItem")
        allow_table(self.step("ConfirmOrder"), "ORDERS_TABLE", orders, "UpdateItem")
        for function in (self.step("ReleaseStock"), self.compensation):
            allow_table(function, "ORDERS_TABLE", orders, "GetItem", "PutItem", "UpdateItem")
        for function in (self.step("ReserveStock"), self.step("ReleaseStock"), self.compensation):
            allow_table(function, "INVENTORY_TABLE", inventory, "UpdateItem")

        self.notifies(self.step("ConfirmOrder"))
        self.step("ChargePayment").add_environment("CHARGE_SECONDS", str(self.seconds_of("ChargePayment")))
        self._take_payments(self.step("ChargePayment"), self.compensation)

    def _take_payments(self, *functions: lambda_.Function) -> None:
        provider = self.settings.provider("payment")
        ledger = self.table("payments", key="chargeKey") if provider == "sandbox" else None
        for function in functions:
            function.add_environment("PAYMENT_PROVIDER", provider)
            if ledger:
                allow_table(function, "PAYMENTS_TABLE", ledger, "GetItem", "UpdateItem")
            else:
                self._reach_payment_service(function)

    def _reach_payment_service(self, function: lambda_.Function) -> None:
        """Its API key is in a secret that people make: nothing here can know it."""
        function.add_environment("PAYMENT_URL", self.address("paymentUrl"))
        allow_secret(function, "PAYMENT_SECRET", f"order-payments-{self.settings.name}")
