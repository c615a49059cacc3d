"""Signed AI leases in the usual units, so that a rent of one's own can be placed among them.

A lease is announced as a sum over its years for so many MW of critical IT load. Everything here follows from these
three: ``total / years / 12 / kW`` is its mean rent in $/kW-month. Oracles are the operators' own announcements, for
example Hut 8's River Bend: 7.0 B$ over 15 years at 3 % a year for 245 MW, 376.4 M$ in year 1 and 569.3 M$ in year 15.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from minerdesk.economics.hosting import rent_from_contract, rent_usd_per_mwh_it
from minerdesk.economics.inputs import Inputs
from minerdesk.economics.results import Business
from minerdesk.errors import Problem, Severity

Row = Mapping[str, str | float | bool | None]

#: The columns of a row: text first, then numbers with their hard bounds.
TEXTS = ("operator", "tenant", "signed", "business", "power")
NUMBERS: Mapping[str, tuple[float, float]] = {
    "total_usd": (1, 1e13),
    "years": (0.1, 100),
    "it_mw": (0.001, 1e6),
    "gross_mw": (0.001, 1e6),
    "pue": (1, 3),
    "escalator_fraction": (-0.2, 0.5),
}
REQUIRED = frozenset({"operator", "total_usd", "years", "it_mw"})
#: What may be let; an empty cell is a colocation hall.
BUSINESSES = (Business.COLOCATION, Business.POWERED_SHELL, Business.GPU_CLOUD)
MOST_ROWS, MOST_LETTERS = 200, 120

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_FIRST_DAY = "-01-01"


class PueSource(StrEnum):
    """Where the PUE comes from that turns a MWh of IT load into MWh at the meter."""

    LEASE = "lease"
    LOADS = "gross_mw"
    SITE = "site"

    @property
    def label(self) -> str:
        """Return the words that explain a PUE."""
        return {"lease": "stated in the lease", "gross_mw": "gross / IT load", "site": "your site’s"}[self.value]

    @property
    def mark(self) -> str:
        """Return the one word beside a PUE in a table."""
        return {"lease": "stated", "gross_mw": "gross", "site": "site"}[self.value]


@dataclass(frozen=True, kw_only=True)
class SignedLease:
    """One signed lease. `total_usd` is the contract's whole rent over `years` for `it_mw` of critical IT load.

    `signed` is a day, a month or a year in ISO form, or empty; `escalator_fraction` is the yearly rise of the rent.
    """

    operator: str
    tenant: str = ""
    signed: str = ""
    business: Business = Business.COLOCATION
    power: str = ""
    total_usd: float
    years: float
    it_mw: float
    gross_mw: float | None = None
    pue: float | None = None
    escalator_fraction: float | None = None
    terms: str = ""
    is_own: bool = False

    @property
    def parties(self) -> str:
        """Return who lets to whom."""
        return f"{self.operator} – {self.tenant}" if self.tenant else self.operator

    @property
    def is_rent(self) -> bool:
        """Whether IT load is let by the kW; a GPU cloud sells GPUs and power with it, which is another business."""
        return self.business is not Business.GPU_CLOUD

    @property
    def mean_usd_per_kw_month(self) -> float:
        """Return the mean rent over the term: ``total / years / 12 / kW of IT load``."""
        return rent_from_contract(self.total_usd, self.years, self.it_mw)

    @property
    def first_year_usd(self) -> float | None:
        """Return what year 1 pays, None where no escalator is known."""
        if self.escalator_fraction is None:
            return None
        return first_year_usd(self.total_usd, self.years, self.escalator_fraction)

    @property
    def last_year_usd(self) -> float | None:
        """Return what the last year pays (at its yearly rate if it is a part of one), None without an escalator."""
        first, escalator = self.first_year_usd, self.escalator_fraction
        if first is None or escalator is None:
            return None
        return float(first * (1 + escalator) ** (math.ceil(self.years) - 1))


def first_year_usd(total_usd: float, years: float, escalator_fraction: float) -> float:
    """Return the first year's rent of a lease that rises by a fraction every year and sums to `total_usd`.

    ``total / sum over k of (1 + e)^k``, k from 0 to the years less one; a last year of a part counts by that part.
    Special cases: without a rise it is ``total / years``; a term under a year gives the yearly rate.

    >>> round(first_year_usd(7.0e9, 15, 0.03) / 1e6, 1)
    376.4
    """
    whole = math.floor(years)
    growth = 1 + escalator_fraction
    first_years = sum(growth**k for k in range(whole)) + (years - whole) * growth**whole
    return float(total_usd / first_years)


@dataclass(frozen=True, kw_only=True)
class LeaseFigures:
    """One lease in the usual units; energies are those of the whole IT load all year (take-or-pay).

    Attributes
    ----------
    usd_per_kw_month, usd_per_mwh_it, usd_per_it_mw_year
        The mean over the term, per kW, MWh and MW of IT load.
    usd_per_mwh_meter
        Per MWh at the meter: ``$/MWh IT / pue``, with `pue_source` telling whose PUE it is.
    first_year_usd_per_kw_month
        Year 1 in the unit of rents, None where no escalator is known.
    """

    lease: SignedLease
    usd_per_kw_month: float
    usd_per_mwh_it: float
    usd_per_mwh_meter: float
    usd_per_it_mw_year: float
    pue: float
    pue_source: PueSource
    first_year_usd_per_kw_month: float | None


def figures(lease: SignedLease, site_pue: float) -> LeaseFigures:
    """Return a lease in the usual units.

    The PUE is the lease's own where it is stated, else gross MW / IT MW, else `site_pue`.
    """
    mean = lease.mean_usd_per_kw_month
    pue, pue_source = _pue(lease, site_pue)
    first = lease.first_year_usd
    return LeaseFigures(
        lease=lease,
        usd_per_kw_month=mean,
        usd_per_mwh_it=rent_usd_per_mwh_it(mean),
        usd_per_mwh_meter=rent_usd_per_mwh_it(mean) / pue,
        usd_per_it_mw_year=lease.total_usd / lease.years / lease.it_mw,
        pue=pue,
        pue_source=pue_source,
        first_year_usd_per_kw_month=None if first is None else rent_from_contract(first, 1, lease.it_mw),
    )


def _pue(lease: SignedLease, site_pue: float) -> tuple[float, PueSource]:
    if lease.pue is not None:
        return lease.pue, PueSource.LEASE
    if lease.gross_mw is not None and lease.gross_mw >= lease.it_mw:
        return lease.gross_mw / lease.it_mw, PueSource.LOADS
    return site_pue, PueSource.SITE


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a rent lies among signed leases of the same business: above `above` of `of`."""

    usd_per_kw_month: float
    above: int
    dearer: int
    of: int

    @property
    def rank(self) -> int | None:
        """Return the place from the dearest, 1; equal rents share the better place. None without any other."""
        return self.dearer + 1 if self.of else None

    @property
    def percentile(self) -> float | None:
        """Return the share of the leases that lie below, in percent; None without any."""
        return 100 * self.above / self.of if self.of else None


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Every lease in the usual units, rents from the dearest and then GPU clouds, and one's own rents among them."""

    leases: tuple[LeaseFigures, ...]
    own_rent: Standing
    own_shell_rent: Standing
    site_pue: float

    @property
    def rents(self) -> tuple[LeaseFigures, ...]:
        """Return the leases that are let by the kW, the dearest first."""
        return tuple(found for found in self.leases if found.lease.is_rent)

    @property
    def clouds(self) -> tuple[LeaseFigures, ...]:
        """Return the contracts of GPU clouds, which no rent is ranked among."""
        return tuple(found for found in self.leases if not found.lease.is_rent)


def survey(leases: Iterable[SignedLease], inputs: Inputs) -> Survey:
    """Normalise leases and place the site's own rents among those of the same business.

    A hall's rent is ranked among halls and a shell's among shells, for a shell's tenant builds the hall himself.
    """
    found = sorted(
        (figures(lease, inputs.colo.pue) for lease in leases),
        key=lambda one: (not one.lease.is_rent, -one.usd_per_kw_month, one.lease.parties),
    )

    def standing(rent: float, business: Business) -> Standing:
        others = [one.usd_per_kw_month for one in found if one.lease.business is business]
        return Standing(
            usd_per_kw_month=rent,
            above=sum(other < rent for other in others),
            dearer=sum(other > rent for other in others),
            of=len(others),
        )

    return Survey(
        leases=tuple(found),
        own_rent=standing(inputs.colo.rent_usd_per_kw_month, Business.COLOCATION),
        own_shell_rent=standing(inputs.shell.rent_usd_per_kw_month, Business.POWERED_SHELL),
        site_pue=inputs.colo.pue,
    )


# -- rows of the user's own -------------------------------------------------------------------------------------------


def read_rows(rows: Iterable[Row]) -> tuple[SignedLease, ...]:
    """Return rows that `check_rows` finds nothing wrong with as leases of one's own."""
    return tuple(_read_row({name: cell for name, cell in row.items() if cell is not None}) for row in rows)


def _read_row(row: Mapping[str, str | float | bool]) -> SignedLease:
    def text(name: str) -> str:
        return str(row.get(name, "")).strip()

    def number(name: str) -> float | None:
        return float(row[name]) if row.get(name, "") != "" else None

    return SignedLease(
        operator=text("operator"),
        tenant=text("tenant"),
        signed=text("signed"),
        business=Business(text("business") or Business.COLOCATION),
        power=text("power"),
        total_usd=float(row["total_usd"]),
        years=float(row["years"]),
        it_mw=float(row["it_mw"]),
        gross_mw=number("gross_mw"),
        pue=number("pue"),
        escalator_fraction=number("escalator_fraction"),
        is_own=True,
    )


def check_rows(rows: Sequence[Row]) -> list[Problem]:
    """Return everything that is wrong with rows of leases, each problem with its row's number, from 1."""
    if len(rows) > MOST_ROWS:
        message = f"There are {len(rows):,} leases of your own; {MOST_ROWS} are the most that the ruler takes."
        return [Problem(field="deals", severity=Severity.ERROR, message=message)]
    return [
        Problem(field=f"deals[{index}].{column}", severity=Severity.ERROR, message=f"Lease {index}: {column} {message}")
        for index, row in enumerate(rows, start=1)
        for column, message in check_row(row)
    ]


def check_row(row: Row) -> list[tuple[str, str]]:
    """Return what is wrong with one row: the column, and what is to be said after its name."""
    found = [(f"{column:.40}", "is no column of a lease.") for column in row if column not in (*TEXTS, *NUMBERS)]
    for column in (*TEXTS, *NUMBERS):
        cell = row.get(column)
        if cell is None or cell == "":
            problem = "is empty." if column in REQUIRED else ""
        elif column in TEXTS:
            problem = _text_problem(column, cell)
        else:
            problem = _number_problem(column, cell)
        if problem:
            found.append((column, problem))
    gross, load = row.get("gross_mw"), row.get("it_mw")
    if not found and isinstance(gross, int | float) and isinstance(load, int | float) and gross < load:
        found.append(("gross_mw", f"is {gross:,.6g}; it can't be less than the IT load of {load:,.6g} MW."))
    return found


def _text_problem(column: str, cell: str | float | bool) -> str:
    if not isinstance(cell, str):
        return "takes text."
    if len(cell) > MOST_LETTERS:
        return f"has {len(cell):,} letters; {MOST_LETTERS} are the most."
    if column == "operator" and not cell.strip():
        return "is empty."
    if column == "signed" and not _is_period(cell):
        return f"is “{cell:.20}”; write a date like 2025-12-17, 2025-12 or 2025."
    if column == "business" and cell not in BUSINESSES:
        return f"is “{cell:.20}”; it takes {', '.join(BUSINESSES[:-1])} or {BUSINESSES[-1]}."
    return ""


def _is_period(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text + _FIRST_DAY[len(text) - 4 :])
    except ValueError:
        return False
    return True


def _number_problem(column: str, cell: str | float | bool) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return "takes a number."
    low, high = NUMBERS[column]
    if low <= cell <= high:
        return ""
    percent = f" ({low:.0%} and {high:.0%})" if column.endswith("_fraction") else ""
    return f"is {cell:,.12g}; it must lie between {low:,.14g} and {high:,.14g}{percent}."
