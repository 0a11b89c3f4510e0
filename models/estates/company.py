"""The company that owns an estate: its teams, people, services and habits of naming."""

from dataclasses import dataclass

from models.estates.chance import Chance

NAMES = (
    "northwind", "lumen", "harbor", "kestrel", "juniper", "meridian", "quarry", "sable",
    "tideway", "umbra", "verdant", "willow", "zephyr", "aster", "beacon", "cobalt",
)  # fmt: skip

# team -> (cost center, the services it runs)
TEAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "storefront": ("CC-1010", ("web", "catalog", "cart", "media")),
    "checkout": ("CC-1020", ("checkout", "orders", "pricing")),
    "payments": ("CC-1030", ("payments", "ledger", "billing", "fraud")),
    "identity": ("CC-1040", ("auth", "profile", "sessions")),
    "search": ("CC-1050", ("search", "indexer", "suggest")),
    "logistics": ("CC-1060", ("inventory", "shipping", "warehouse")),
    "data": ("CC-2010", ("etl", "reporting", "events", "features")),
    "machine-learning": ("CC-2020", ("recommender", "training", "inference")),
    "platform": ("CC-3010", ("gateway", "ci", "observability", "bastion")),
    "growth": ("CC-1070", ("notifications", "campaigns", "experiments")),
}

FIRST_NAMES = (
    "ana", "ben", "chloe", "dev", "elif", "farid", "grace", "hugo", "ines", "jonas",
    "kim", "lena", "mateo", "nora", "omar", "priya", "quinn", "rosa", "sven", "tara",
)  # fmt: skip
LAST_NAMES = (
    "adler", "brandt", "costa", "dubois", "egan", "fischer", "gupta", "haddad", "ito",
    "jensen", "kaya", "lopez", "moreau", "novak", "okafor", "petrov", "rossi", "silva",
)  # fmt: skip

BRANCHES = (
    "feature-one-click-buy", "feature-dark-mode", "feature-gift-cards", "fix-tax-rounding",
    "fix-login-loop", "spike-graphql", "spike-event-bus", "feature-bulk-import",
    "feature-sso", "redesign-landing", "fix-cart-merge", "upgrade-node-22",
)  # fmt: skip

_MANAGED_BY = {"terraform": 0.62, "cloudformation": 0.14, "console": 0.18, "pulumi": 0.06}


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a resource, and what for."""

    team: str
    service: str
    email: str
    cost_center: str


class Company:
    """One company, drawn from an estate's seed: the same seed, the same people."""

    def __init__(self, seed: int) -> None:
        chance = Chance(seed, "company")
        self.name = chance.pick(NAMES)
        self.domain = f"{self.name}.example"
        firsts, lasts = chance.shuffled(FIRST_NAMES), chance.shuffled(LAST_NAMES)
        people = [
            f"{first}.{last}@{self.domain}" for first, last in zip(firsts, lasts, strict=False)
        ]
        self.owners: list[Owner] = []
        for number, (team, (cost_center, services)) in enumerate(TEAMS.items()):
            members = (people[number % len(people)], people[(number + 9) % len(people)])
            for turn, service in enumerate(services):
                self.owners.append(Owner(team, service, members[turn % 2], cost_center))
        self.managed_by = tuple(
            tool for tool, share in _MANAGED_BY.items() for _ in range(round(share * 50))
        )

    def owner(self, chance: Chance) -> Owner:
        """Whoever a resource belongs to."""
        return chance.pick(self.owners)

    def of_service(self, *services: str) -> list[Owner]:
        """The owners that run one of `services`."""
        return [owner for owner in self.owners if owner.service in services]
