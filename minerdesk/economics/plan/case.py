"""A case of the plan: everything that the monthly model stands on, made from one moment of the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from minerdesk.economics.inputs import Inputs
from minerdesk.economics.plan.phases import Phase, Row, capped, default_phases, read_rows, scaled, total_mw
from minerdesk.economics.results import Business, NetworkState


@dataclass(frozen=True, kw_only=True)
class PlanFleet:
    """The fleet that mines today, as the desk's inputs tell it: one mean machine."""

    efficiency_j_per_th: float
    th_per_mw: float
    purchase_usd_per_th: float
    resale_usd_per_th: float

    @classmethod
    def of(cls, inputs: Inputs) -> "PlanFleet":
        """Return the fleet of the inputs; a MW at the meter carries ``1e6 / e / overhead`` TH/s."""
        mining = inputs.mining
        return cls(
            efficiency_j_per_th=mining.efficiency_j_per_th,
            th_per_mw=1e6 / mining.efficiency_j_per_th / mining.site_overhead,
            purchase_usd_per_th=mining.asic_price_usd_per_th,
            resale_usd_per_th=inputs.plan.asic_resale_usd_per_th,
        )


@dataclass(frozen=True, kw_only=True)
class PlanCase:
    """What is planned, from where: inputs, the network of today, the fleet, the phases.

    Attributes
    ----------
    hashprice_usd_per_ph_day
        Today's, from which every path starts.
    tip_height
        The height from which halvings are counted; None is unknown, and then the subsidy stays.
    phases
        What leaves mining in the hybrid, cut to what can be converted; `phases_are_default` if none are typed.
    start
        The first day of the month of the snapshot, which is month 0.
    notes
        What was cut or is missing, in words for the user.
    """

    inputs: Inputs
    network: NetworkState
    hashprice_usd_per_ph_day: float
    tip_height: int | None
    fleet: PlanFleet
    phases: tuple[Phase, ...]
    phases_are_default: bool
    start: date
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, inputs: Inputs, network: NetworkState, *, tip_height: int | None, rows: Sequence[Row], start: date
    ) -> "PlanCase | None":
        """Make a case from rows of phases that were checked; None without a hashprice, for mining can't be judged."""
        hashprice = network.hashprice_usd_per_ph_day
        if hashprice is None:
            return None
        wanted = read_rows(rows) if rows else default_phases(inputs.site.capacity_mw)
        phases, cut = capped(wanted, convertible_mw(inputs))
        late = [phase.label for phase in phases if phase.start_month >= inputs.plan.months and phase.mw > 0]
        beyond = (
            f"{', '.join(late)}: starts after the horizon and is left out. Start earlier, or look further."
            if late
            else ""
        )
        unknown = "The block height is not known: halvings are left out. Refresh." if tip_height is None else ""
        return cls(
            inputs=inputs,
            network=network,
            hashprice_usd_per_ph_day=hashprice,
            tip_height=tip_height,
            fleet=PlanFleet.of(inputs),
            phases=phases,
            phases_are_default=not rows,
            start=start.replace(day=1),
            notes=tuple(filter(None, (cut, unknown, beyond))),
        )

    @property
    def months(self) -> int:
        """Months of the horizon."""
        return self.inputs.plan.months

    @property
    def business(self) -> Business:
        """The business that takes the place of mining."""
        return Business(self.inputs.plan.business)

    def phases_of_all(self, mw: float | None = None) -> tuple[Phase, ...]:
        """Return the same phases taking `mw`, or everything that can be converted.

        Phases of no MW at all can't be scaled: then the default ones are.
        """
        most = convertible_mw(self.inputs) if mw is None else mw
        return scaled(self.phases if total_mw(self.phases) > 0 else default_phases(1.0), most)

    def month_date(self, month: int) -> date:
        """Return the first day of a month of the plan."""
        months = self.start.year * 12 + self.start.month - 1 + month
        return date(months // 12, months % 12 + 1, 1)


def convertible_mw(inputs: Inputs) -> float:
    """Return the most MW that can be converted: the site's convertible share, or the firm interconnection if less."""
    share = inputs.site.capacity_mw * inputs.plan.convertible_fraction
    firm = inputs.plan.interconnection_mw
    return share if firm is None else min(share, firm)
