"""The signed leases as plain data: the object of ``deals --json`` and the table of that name in a workbook."""

from typing import Any

from minerdesk import words
from minerdesk.economics.deals import LeaseFigures, Standing, Survey
from minerdesk.export.tables import Cell, Column, Kind, Table
from minerdesk.snapshot import Snapshot

TITLE = "Signed AI leases"
BASIS = (
    "Means over the term of the whole contracted IT load, take-or-pay. At the meter: by the PUE that the lease states, "
    "else gross / IT MW, else your site's own."
)
CLOUD_NOTE = "A GPU cloud sells GPUs and power with the space: another business, not ranked among the rents."


def deals_object(snapshot: Snapshot) -> dict[str, Any]:
    """Return the object of ``deals --json``. The names are a contract with scripts; what is not known is null."""
    survey = snapshot.lease_survey()
    return {
        "as_of": snapshot.now,
        "own_rent": _standing_object(survey.own_rent),
        "own_shell_rent": _standing_object(survey.own_shell_rent),
        "site_pue": survey.site_pue,
        "leases": [_lease_object(found) for found in survey.leases],
    }


def _standing_object(standing: Standing) -> dict[str, Any]:
    return {
        "usd_per_kw_month": standing.usd_per_kw_month,
        "above": standing.above,
        "of": standing.of,
        "rank": standing.rank,
        "percentile": standing.percentile,
    }


def _lease_object(found: LeaseFigures) -> dict[str, Any]:
    lease = found.lease
    return {
        "operator": lease.operator,
        "tenant": lease.tenant,
        "signed": lease.signed,
        "business": lease.business.value,
        "power": lease.power,
        "state": state_words(found),
        "ranked": lease.is_rent,
        "total_usd": lease.total_usd,
        "years": lease.years,
        "it_mw": lease.it_mw,
        "gross_mw": lease.gross_mw,
        "usd_per_kw_month": found.usd_per_kw_month,
        "usd_per_mwh_it": found.usd_per_mwh_it,
        "usd_per_mwh_meter": found.usd_per_mwh_meter,
        "usd_per_it_mw_year": found.usd_per_it_mw_year,
        "pue": found.pue,
        "pue_source": found.pue_source.value,
        "escalator_fraction": lease.escalator_fraction,
        "first_year_usd": lease.first_year_usd,
        "last_year_usd": lease.last_year_usd,
        "first_year_usd_per_kw_month": found.first_year_usd_per_kw_month,
    }


def state_words(found: LeaseFigures) -> str:
    """Return where a lease comes from: bundled with the program, or the user's own."""
    return "own" if found.lease.is_own else "bundled"


def standing_words(standing: Standing, what: str = "signed leases") -> str:
    """Say in words where a rent lies; with nothing to measure it by, that too.

    >>> standing_words(Standing(usd_per_kw_month=150.0, above=6, dearer=3, of=9))
    'above 6 of 9 signed leases'
    >>> standing_words(Standing(usd_per_kw_month=15.0, above=0, dearer=9, of=9))
    'below all 9 signed leases'
    """
    if standing.of > 1 and standing.of in (standing.dearer, standing.above):
        return f"{'below' if standing.dearer == standing.of else 'above'} all {standing.of} {what}"
    return f"above {standing.above} of {standing.of} {what}" if standing.of else f"no {what} to measure it by"


def rent_sentence(survey: Survey) -> str:
    """Say where the site's own rent lies among the leases, without the full stop."""
    own = survey.own_rent
    rent = f"Your rent of {words.figure(own.usd_per_kw_month, 1)} $/kW-month"
    return f"{rent} lies {standing_words(own)}" if own.of else f"{rent}: {standing_words(own)}"


_COLUMNS = (
    Column(key="operator", title="Operator", kind=Kind.TEXT),
    Column(key="tenant", title="Tenant", kind=Kind.TEXT),
    Column(key="signed", title="Signed", kind=Kind.TEXT),
    Column(key="business", title="Business", kind=Kind.TEXT),
    Column(key="it_mw", title="IT load", unit="MW", decimals=1),
    Column(key="gross_mw", title="Gross load", unit="MW", decimals=1),
    Column(key="years", title="Term", unit="years", decimals=1),
    Column(key="total_usd", title="Total", unit="$", decimals=0),
    Column(key="usd_per_kw_month", title="Mean rent", unit="$/kW-month", decimals=1),
    Column(key="usd_per_mwh_it", title="Per MWh IT", unit="$/MWh", decimals=1),
    Column(key="usd_per_mwh_meter", title="Per MWh at the meter", unit="$/MWh", decimals=1),
    Column(key="pue", title="PUE", decimals=2),
    Column(key="pue_source", title="PUE from", kind=Kind.TEXT),
    Column(key="usd_per_it_mw_year", title="Per MW IT", unit="$/MW-year", decimals=0),
    Column(key="escalator_fraction", title="Escalator", unit="fraction a year", decimals=3),
    Column(key="first_year_usd", title="Year 1", unit="$", decimals=0),
    Column(key="last_year_usd", title="Last year", unit="$", decimals=0),
    Column(key="first_year_usd_per_kw_month", title="Year 1 rent", unit="$/kW-month", decimals=1),
    Column(key="power", title="Power", kind=Kind.TEXT),
    Column(key="terms", title="Terms", kind=Kind.TEXT),
    Column(key="state", title="Source", kind=Kind.TEXT),
)


def deals_table(snapshot: Snapshot) -> Table:
    """Return every lease in the usual units, the dearest rent first and GPU clouds last."""
    survey = snapshot.lease_survey()

    def row(found: LeaseFigures) -> tuple[Cell, ...]:
        told = {
            **_lease_object(found),
            "business": found.lease.business.label,
            "pue_source": found.pue_source.label,
            "terms": found.lease.terms,
        }
        return tuple(told[column.key] for column in _COLUMNS)

    return Table(
        name="Deals",
        title=TITLE,
        columns=_COLUMNS,
        rows=tuple(row(found) for found in survey.leases),
        notes=(words.plain(f"{rent_sentence(survey)}."), BASIS, CLOUD_NOTE),
    )
