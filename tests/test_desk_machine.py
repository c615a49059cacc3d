"""Any order of edits, refusals, undo, redo, saving and opening: nothing typed is lost, and both ends are reached."""

from datetime import UTC, datetime

from depth import DEPTH, examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from minerdesk.desk import Desk
from minerdesk.economics.schema import DEFAULTS, FIELDS, TEXT_KEYS
from minerdesk.errors import InputError
from minerdesk.store import documents, scenario
from minerdesk.store.scenario import Scenario

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)
NUMBERS = sorted(key for key, field in FIELDS.items() if field.bounds is not None and key not in TEXT_KEYS)
models = st.text(min_size=1, max_size=20)

State = tuple[object, ...]


class Editing(RuleBasedStateMachine):
    """A desk, and what is known of it: what it began with, and what lay on it before the last edit."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(now=lambda: NOW)

    def state(self) -> State:
        snapshot = self.desk.snapshot()
        return dict(snapshot.values), {name: rows for name, rows in snapshot.tables.items() if rows}

    @initialize()
    def begin(self) -> None:
        self.start = self.state()

    @rule(key=st.sampled_from(NUMBERS), share=st.floats(0, 1))
    def edit(self, key: str, share: float) -> None:
        low, high = FIELDS[key].bounds or (0.0, 1.0)
        before = self.state()
        try:
            self.desk.apply({key: low + share * (high - low)})
        except InputError:  # together with the others it makes no sense
            assert self.state() == before
        else:
            assert not self.desk.can_redo or self.state() == before

    @rule(key=st.sampled_from(NUMBERS))
    def reset(self, key: str) -> None:
        try:
            self.desk.apply({key: None})
        except InputError:
            return
        assert self.desk.snapshot().values[key] == DEFAULTS[key]

    @rule(key=st.sampled_from(NUMBERS), other=st.sampled_from(NUMBERS))
    def edit_what_is_refused(self, key: str, other: str) -> None:
        before, could = self.state(), (self.desk.can_undo, self.desk.can_redo)
        try:
            self.desk.apply({other: DEFAULTS[other], key: 1e300})
        except InputError as error:
            assert error.problems
        else:
            raise AssertionError(f"{key} = 1e300 was taken")
        assert (self.state(), (self.desk.can_undo, self.desk.can_redo)) == (before, could)

    @rule(rows=st.lists(models, max_size=3))
    def lay_fleet(self, rows: list[str]) -> None:
        machine = {"count": 10.0, "hashrate_th_s": 200.0, "power_w": 3_500.0}
        try:
            self.desk.lay_table("fleet", [{"model": model, **machine} for model in rows])
        except InputError:  # a name of blanks
            assert any(not model.strip() for model in rows)

    @rule()
    def undo_and_redo(self) -> None:
        if self.desk.can_undo:
            before = self.state()
            self.desk.undo()
            self.desk.redo()
            assert self.state() == before

    @rule()
    def undo(self) -> None:
        self.desk.undo()

    @rule()
    def redo(self) -> None:
        self.desk.redo()

    @rule()
    def to_both_ends(self) -> None:
        before, steps = self.state(), 0
        while self.desk.can_redo:
            self.desk.redo()
            steps -= 1
        end = self.state()
        undone = 0
        while self.desk.can_undo:
            self.desk.undo()
            undone += 1
        assert self.state() == self.start
        for _ in range(undone):
            self.desk.redo()
        assert self.state() == end
        assert not self.desk.can_redo
        for _ in range(-steps):
            self.desk.undo()
        assert self.state() == before

    @rule()
    def save_and_open(self) -> None:
        snapshot = self.desk.snapshot()
        work = Scenario(inputs=dict(snapshot.values), tables=snapshot.tables, typed_at=dict(snapshot.typed_at))
        text = scenario.dumps(work)
        found = scenario.from_document(documents.parse(text.encode(), "a"), "a", FIELDS, text_keys=TEXT_KEYS)
        before = self.state()
        assert snapshot.values.keys() == DEFAULTS.keys()
        opened = Desk(now=lambda: NOW)
        opened.load(found.inputs, (), tables=found.tables, typed_at=found.typed_at)
        shown = opened.snapshot()
        assert (dict(shown.values), {name: rows for name, rows in shown.tables.items() if rows}) == before
        assert scenario.dumps(found) == text


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=examples(8), stateful_step_count=20 if DEPTH == 1 else 50, deadline=None)
