"""The catalogue of computed figures: what it names exists, and what it says a figure stands on is what moves it."""

import pytest
from sample_desk import lay_live, session_at

from minerdesk import fleet_report
from minerdesk.economics.schema import FIELDS
from minerdesk.errors import InputError
from minerdesk.provenance.catalogue import FIGURES, PAGES, figure_at, figure_of, page_of
from minerdesk.provenance.figure import FIGURE, FILE, GPU_RECORD, MARKET, ROW, TABLE
from minerdesk.provenance.resolve import Origins, Who, expanded
from minerdesk.quantities import QUANTITIES
from minerdesk.snapshot import Snapshot


@pytest.fixture
def session(monkeypatch):
    made = session_at(monkeypatch)
    lay_live(made)
    yield made
    made.close()


def inputs_of(name: str) -> set[str]:
    """Return everything that a figure stands on, through the figures in between."""
    found: set[str] = set()
    for ref in (one for declared in FIGURES[name].inputs for one in expanded(declared)):
        found |= inputs_of(ref.removeprefix(FIGURE)) if ref.startswith(FIGURE) else {ref}
    return found


# The declarations


def test_everything_that_a_figure_names_exists(session):
    files = {credit.file for credit in session.bundle.credits}
    for figure in FIGURES.values():
        for declared in figure.inputs:
            assert expanded(declared), f"{figure.name}: no input begins with {declared}"
            for ref in expanded(declared):
                known = (
                    ref in FIELDS
                    or ref in QUANTITIES
                    or (ref.startswith(FIGURE) and ref.removeprefix(FIGURE) in FIGURES)
                    or (ref.startswith(FILE) and ref.removeprefix(FILE) in files)
                    or ref.startswith((TABLE, ROW))
                    or ref in (MARKET, GPU_RECORD)
                )
                assert known, f"{figure.name}: {ref}"


def test_names_are_unique_and_every_figure_says_how_it_is_computed():
    listed = [figure.name for figures in PAGES.values() for figure in figures]
    assert len(listed) == len(set(listed)) == len(FIGURES)
    for figure in FIGURES.values():
        assert figure.formula.rstrip().endswith(".") and figure.inputs and figure.label, figure.name
        assert page_of(figure.name) in PAGES
    places = [place for figure in FIGURES.values() for place in figure.shows]
    assert len(places) == len(set(places)), "two figures at one place"


def test_no_figure_stands_on_itself():
    for name in FIGURES:
        inputs_of(name)  # a circle would never end


def test_a_place_by_name_wins_over_a_pattern_and_brackets_are_no_pattern():
    assert figure_at("production", "price").name == "network.price"
    assert figure_at("curve", "Hours so far (%)").name == "power.price"
    assert figure_at("contracts", "After\npower\n$/MWh*").name == "power.capacity"
    assert figure_at("fleet", "Over-\nhead").name == "fleet.overhead"
    assert figure_at("nowhere", "x") is None
    assert (
        figure_of("difficulty").inputs == ("difficulty",) and figure_of("mining.pool_fee_fraction").label == "Pool fee"
    )


# What moves a figure is what it says that it stands on


def measured(snapshot: Snapshot) -> dict[str, float | None]:
    """Return figures of the catalogue as numbers, straight from the model."""
    results = snapshot.results
    found: dict[str, float | None] = {
        "hashprice": results.network.hashprice_usd_per_ph_day,
        "power_all_in": snapshot.inputs.power.all_in_usd_per_mwh,
        "breakeven_hashprice": results.breakevens.hashprice_usd_per_ph_day,
        "gpu_rate_turn": results.breakevens.gpu_rate_usd_per_gpu_hour,
        "rent_turn": results.breakevens.colo_rent_usd_per_kw_month,
    }
    for business, result in results.businesses.items():
        name = business.value
        found[f"{name}.revenue"] = result.revenue_usd_per_mwh
        found[f"{name}.power"] = result.power_cost_usd_per_mwh
        found[f"{name}.opex"] = result.opex_usd_per_mwh
        found[f"{name}.capital"] = result.capital_usd_per_mwh
        found[f"{name}.kept"] = result.after_capital_usd_per_mwh
        found[f"{name}.kept_a_year"] = result.after_capital_usd_per_mw_year
    fleet = fleet_report.fleet_of(snapshot)
    found["fleet.whole"] = fleet.total.margin_usd_per_year
    return found


#: What an input is moved to, where a step up from its default would be refused or change nothing.
MOVED = {
    "colo.power_passed_through": False,
    "shell.power_passed_through": False,
    "mining.asic_price_usd_per_th": 15.0,
    "network.subsidy_btc": 6.25,
    "network.btc_price_usd": 50_000.0,
    "network.difficulty": 1e14,
    "network.fees_btc_per_block": 0.5,
}
#: What is solved for moves nothing: its value of today is of no account.
SOLVED = {"gpu_rate_turn": "gpu.rate_usd_per_gpu_hour", "rent_turn": "colo.rent_usd_per_kw_month"}
OBSERVED = {
    "network.btc_price_usd": "btc_price_usd",
    "network.difficulty": "difficulty",
    "network.fees_btc_per_block": "fees_btc_per_block",
}
#: A base on which every input counts: tenants don't pay the power, machines are bought.
BASE = {"colo.power_passed_through": False, "shell.power_passed_through": False, "mining.asic_price_usd_per_th": 15.0}


def moved(session, key: str, base: Snapshot) -> Snapshot | None:
    field = FIELDS[key]
    value = base.values[key]
    if key in BASE:
        other = True if isinstance(value, bool) else 25.0
    elif key in MOVED:
        other = MOVED[key]
    elif field.is_number and isinstance(value, int | float):
        low, high = field.bounds
        other = value * 1.1 if value and value * 1.1 <= high else value * 0.9 if value else min(high, field.step or 1)
        other = min(max(other, low), high)
    else:
        return None
    try:
        return session.desk.apply({key: other})
    except InputError:
        return None


def test_what_moves_a_figure_is_declared_and_what_is_declared_moves_it(session):
    base = session.desk.apply(BASE)
    before = measured(base)
    movers: dict[str, set[str]] = {name: set() for name in before}
    tried = set()
    keys = [key for key, field in FIELDS.items() if field.page == "desk" and key != "network.hashprice_usd_per_ph_day"]
    for key in keys:
        snapshot = moved(session, key, base)
        if snapshot is None:
            continue
        tried.add(OBSERVED.get(key, key))
        for name, value in measured(snapshot).items():
            if value != pytest.approx(before[name], rel=1e-9):
                movers[name].add(OBSERVED.get(key, key))
        session.desk.undo()
    assert len(tried) > 35, "nearly every input of the desk was moved"
    for name, moving in movers.items():
        declared = inputs_of(name)
        assert moving <= declared, f"{name} is moved by what it does not name: {moving - declared}"
        if name != "fleet.whole":  # names groups of inputs
            still = (declared & tried) - moving - {SOLVED.get(name, "")}
            assert not still, f"{name} names what does not move it: {still}"


# Answers


def test_every_figure_is_answered_with_values_and_who_gave_them(session):
    origins = Origins(session.desk.snapshot(), session.bundle.credits)
    for figure in FIGURES.values():
        for part in origins.parts(figure):
            assert part.label and part.who in Who, figure.name
            assert part.found is not None or part.told, f"{figure.name}: {part.ref} says nothing of whom it is from"


def test_parts_say_typed_default_observed_bundled_and_computed(session):
    snapshot = session.desk.apply({"colo.rent_usd_per_kw_month": 171.0})
    origins = Origins(snapshot, session.bundle.credits)
    rent, load, _ = origins.parts(FIGURES["colocation.revenue"])
    assert (rent.who, rent.told, rent.value) == (Who.TYPED, "You typed it", "171\u202f$/kW-month")
    assert load.who is Who.DEFAULT and load.told == FIELDS["colo.load_factor"].origin
    leases = origins.part("file:signed_deals.csv")
    assert leases.who is Who.BUNDLED and leases.dated and len(leases.told) > 20
    price = origins.part("btc_price_usd")
    assert price.who is Who.OBSERVED and price.found.source == "coinbase"
    assert origins.part("=mining.revenue").value.endswith("$/MWh")
    assert {one.quantity for one in origins.observations(FIGURES["mining.kept_a_year"])} == {
        *("btc_price_usd", "difficulty", "fees_btc_per_block")
    }
    typed = session.desk.apply({"network.btc_price_usd": 90_000.0})
    assert Origins(typed).part("btc_price_usd").who is Who.TYPED


def test_a_figure_that_is_typed_stands_on_that_alone(session):
    origins = Origins(session.desk.apply({"network.hashprice_usd_per_ph_day": 39.53}), session.bundle.credits)
    (part,) = origins.parts(FIGURES["hashprice"])
    assert part.who is Who.TYPED and part.value == "39.53\u202f$/PH/day"
    assert origins.observations(FIGURES["mining.kept_a_year"]) == ()
    assert origins.part("=hashprice").told == "You typed it"


def test_unknown_values_are_said_to_be_unknown(monkeypatch):
    session = session_at(monkeypatch, "2009-06-01T00:00:00Z")
    origins = Origins(session.desk.snapshot())
    assert origins.part("btc_price_usd").who is Who.UNKNOWN
    assert FIGURES["hashprice"].value(session.desk.snapshot()).startswith("–")
    assert FIGURES["mining.revenue"].value(session.desk.snapshot()) == "–"
    session.close()


def test_cells_of_the_row_are_shown_where_they_are_known(session):
    origins = Origins(session.desk.snapshot(), session.bundle.credits)
    figure = FIGURES["fleet.efficiency"]
    assert origins.parts(figure) == ()
    assert [part.value for part in origins.parts(figure, {"W each": "3\u202f500", "TH/s each": "200"})] == [
        *("3\u202f500", "200")
    ]
