"""The signed leases of a Snapshot as the spec of a ruler; screen and file are painted from it."""

from minerdesk import words
from minerdesk.deals_report import rent_sentence, standing_words
from minerdesk.economics.deals import LeaseFigures, Survey
from minerdesk.economics.results import Business
from minerdesk.snapshot import Snapshot
from minerdesk.ui.charts.ruler import RulerEntry, RulerMark, RulerSpec

_AXIS = "Mean rent over the term, $/kW-month of critical IT load"


def deals_ruler(snapshot: Snapshot) -> RulerSpec:
    """Return the rents of the signed leases on a ruler, with the site's own rents marked across it."""
    survey = snapshot.lease_survey()
    entries = tuple(_entry(found) for found in survey.rents)
    return RulerSpec(
        title=rent_sentence(survey),
        axis=_AXIS,
        entries=entries,
        marks=_marks(survey),
        caption=_caption(survey),
        summary=_summary(survey) if entries else "",
        empty_text=f"No lease is known that was signed by {words.day(snapshot.now)}. Add one of your own below.",
    )


def _entry(found: LeaseFigures) -> RulerEntry:
    lease = found.lease
    year = f", {lease.signed[:4]}" if lease.signed else ""
    shell = ", powered shell" if lease.business is Business.POWERED_SHELL else ""
    first = found.first_year_usd_per_kw_month
    return RulerEntry(
        label=f"{lease.parties}{year}{shell}{' (own)' if lease.is_own else ''}",
        value=found.usd_per_kw_month,
        start=first,
        start_label=f"year 1 {words.figure(first, 1)}",
        role=lease.business.value,
        hollow=lease.is_own,
        note=lease_words(found),
    )


def lease_words(found: LeaseFigures) -> str:
    """Return what is known of a lease in a few plain sentences."""
    lease = found.lease
    told = [
        f"{lease.parties}: {words.money(lease.total_usd)} over {lease.years:g} years for {lease.it_mw:g} MW of IT.",
        f"{words.figure(found.usd_per_mwh_it, 1)} $/MWh of IT load, {words.figure(found.usd_per_mwh_meter, 1)} at the "
        f"meter (PUE {found.pue:.2f}, {found.pue_source.label}).",
    ]
    if found.first_year_usd_per_kw_month is not None:
        told.append(
            f"Year 1 {words.money(lease.first_year_usd)} ({words.figure(found.first_year_usd_per_kw_month, 1)} "
            f"$/kW-month), last year {words.money(lease.last_year_usd)}."
        )
    if lease.power:
        told.append(f"Power: {lease.power}.")
    if lease.terms:
        told.append(f"Terms: {lease.terms}.")
    return " ".join(told)


def _marks(survey: Survey) -> tuple[RulerMark, ...]:
    own, shell = survey.own_rent, survey.own_shell_rent
    first = RulerMark(
        label=f"Your rent {words.figure(own.usd_per_kw_month, 1)}, {standing_words(own, 'leases')}",
        value=own.usd_per_kw_month,
        role="accent",
    )
    if not shell.of:  # no rent of a bare shell is public: among halls alone it would say nothing
        return (first,)
    label = f"Your powered shell {words.figure(shell.usd_per_kw_month, 1)}, {standing_words(shell, 'shells')}"
    return (first, RulerMark(label=label, value=shell.usd_per_kw_month, role="powered_shell"))


def _caption(survey: Survey) -> str:
    told = []
    if any(found.first_year_usd_per_kw_month is not None for found in survey.rents):
        told.append("Bar: from year 1 to the mean, where an escalator is known.")
    if any(found.lease.is_own for found in survey.rents):
        told.append("Hollow: your own entries.")
    for found in survey.clouds:
        told.append(
            f"Not on the ruler: {found.lease.parties} is a GPU cloud, {words.general(found.usd_per_mwh_it)} $/MWh of "
            "IT load with GPUs and power in it."
        )
    signed = [found.lease.signed for found in survey.leases if not found.lease.is_own]
    if signed:
        told.append(f"Source: the operators’ announcements, bundled, the newest of {words.period(max(signed))}.")
    return " ".join(told)


def _summary(survey: Survey) -> str:
    listed = "; ".join(f"{found.lease.parties} {words.figure(found.usd_per_kw_month, 1)}" for found in survey.rents)
    return f"Rents in $/kW-month: {listed}. {rent_sentence(survey)}."
