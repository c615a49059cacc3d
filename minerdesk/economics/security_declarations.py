"""The declarations of what is assumed of the network as a whole; typed on the page of its trend."""

from minerdesk.economics.field import Field

#: The page on which they are typed.
DECK = "deck"
_GROUP = "Assumed of the network"

SECURITY: tuple[Field, ...] = (
    Field(
        key="security.fleet_efficiency_j_per_th",
        label="Efficiency of all machines",
        unit="J/TH",
        default=18.5,
        bounds=(1, 10_000),
        plausible=(10, 60),
        step=0.5,
        help="Mean J/TH of all machines on the network. Nobody knows it; it turns the security budget into $/MWh.",
        origin="assumption: public estimates of early 2026",
        group=_GROUP,
        page=DECK,
        featured=True,
    ),
    Field(
        key="security.attack_asic_usd_per_th",
        label="Attack: machine price",
        unit="$/TH",
        default=18.0,
        bounds=(0, 10_000),
        plausible=(1, 60),
        step=1,
        help="What the machines of an attack cost per TH/s, all of them new. So many can't be had at a list price.",
        origin="list price of the best machines in early 2026",
        group=_GROUP,
        page=DECK,
        featured=True,
    ),
    Field(
        key="security.attack_power_usd_per_mwh",
        label="Attack: power price",
        unit="$/MWh",
        default=50.0,
        bounds=(0, 10_000),
        plausible=(10, 200),
        step=5,
        help="What a MWh costs the attacker.",
        origin="assumption: no public figure found",
        group=_GROUP,
        page=DECK,
        featured=True,
    ),
    Field(
        key="security.attack_hours",
        label="Attack: duration",
        unit="h",
        default=24.0,
        bounds=(0.1, 8_760),
        plausible=(1, 720),
        step=1,
        help="For how many hours more than half of all hash rate is held.",
        origin="assumption: a day",
        group=_GROUP,
        page=DECK,
        featured=True,
    ),
)
