"""What the durable way costs on AWS: prices of us-east-1 in USD, without free tiers, from AWS's price lists of 2026.

TRANSITION: of a Standard workflow, retries included: https://aws.amazon.com/step-functions/pricing/
REQUEST, GB_SECOND: of a Lambda on arm64: https://aws.amazon.com/lambda/pricing/
WRITE, READ: on demand, 1 KB written, 4 KB read consistently: https://aws.amazon.com/dynamodb/pricing/on-demand/
"""

from dataclasses import dataclass

TRANSITION = 0.000025
REQUEST = 0.20e-6
GB_SECOND = 0.0000133334
WRITE = 0.625e-6
READ = 0.125e-6

THOUSAND = 1000


@dataclass(frozen=True)
class Usage:
    """What so many searches used. lambda_seconds: of all invocations together. writes, reads: DynamoDB's units."""

    searches: int
    transitions: int
    requests: int
    lambda_seconds: float
    writes: int
    reads: int


@dataclass(frozen=True)
class Cost:
    """One line of the bill. amount: of one search, on average. thousand: USD of a thousand searches."""

    what: str
    amount: float
    price: float
    thousand: float


def bill(usage: Usage, memory_gb: float) -> list[Cost]:
    """The lines of the bill. memory_gb: of each Lambda."""
    used = (
        ("Step Functions, transitions", usage.transitions, TRANSITION),
        ("Lambda, requests", usage.requests, REQUEST),
        (f"Lambda, GB-seconds at {memory_gb:g} GB", usage.lambda_seconds * memory_gb, GB_SECOND),
        ("DynamoDB, write units", usage.writes, WRITE),
        ("DynamoDB, read units", usage.reads, READ),
    )
    return [
        Cost(what, amount / usage.searches, price, amount / usage.searches * price * THOUSAND)
        for what, amount, price in used
    ]


def total(costs: list[Cost]) -> float:
    """USD of a thousand searches."""
    return sum(cost.thousand for cost in costs)
