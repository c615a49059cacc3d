"""The parts of a scan by themselves: which subnets, what may be sent, what is understood, which classes follow."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minerdesk.economics.machines import MachineClass, check_rows
from minerdesk.errors import InputError
from minerdesk.lan import answers, cgminer, readonly
from minerdesk.lan.answers import Asked, Done, Failed, Machine
from minerdesk.lan.grouping import classes, judge
from minerdesk.lan.subnet import hosts_of

CATALOGUE = [
    MachineClass(model="Antminer S19 Pro", count=1, hashrate_th_s=110, power_w=3_250),
    MachineClass(model="Antminer S21+ Hyd (319T)", count=1, hashrate_th_s=319, power_w=4_785),
    MachineClass(model="Antminer S21+ Hyd (395T)", count=1, hashrate_th_s=395, power_w=5_925),
    MachineClass(model="WhatsMiner M30S++", count=1, hashrate_th_s=112, power_w=3_472),
    MachineClass(model="Avalon A1566", count=1, hashrate_th_s=185, power_w=3_420),
]
SHA = {"algorithm": "SHA256"}


def machine(address: str = "10.0.0.1", **told: object) -> Machine:
    return Machine(address=address, **{**SHA, **told})  # type: ignore[arg-type]


# -- subnets ----------------------------------------------------------------------------------------------------------


def test_a_subnet_is_its_hosts() -> None:
    hosts = hosts_of("192.168.1.0/24")
    assert (len(hosts), hosts[0], hosts[-1]) == (254, "192.168.1.1", "192.168.1.254")
    assert len(hosts_of("10.4.0.0/22")) == 1_022
    assert hosts_of("169.254.7.7/32") == ("169.254.7.7",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8.8.8.0/24", "not a private network"),
        ("172.32.0.0/24", "not a private network"),
        ("192.168.0.0/15", "not a private network"),
        ("0.0.0.0/0", "not a private network"),
        ("100.64.0.0/24", "not a private network"),
        ("10.0.0.0/21", "2,048 addresses; 1,024 (/22) are the most"),
        ("127.0.0.0/8", "are the most"),
        ("fd00::/120", "IPv6"),
        ("", "no subnet"),
        ("192.168.1.0-255", "no subnet"),
        ("192.168.1.0/24; reboot", "no subnet"),
        ("miner.example", "no subnet"),
    ],
)
def test_other_subnets_are_refused_and_nothing_is_asked(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        hosts_of(text)
    assert said in caught.value.message
    assert caught.value.hint.startswith("Nothing was asked.")


# -- what may be sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b'{"command": "version"}',
        b'{"command": "summary+stats"}',
        b'{"cmd": "get.device.info"}',
        b'{"cmd": "get.miner.status", "param": "summary"}',
        (24).to_bytes(4, "little"),
        b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n",
        b"",
    ],
)
def test_questions_may_be_sent(data: bytes) -> None:
    assert readonly.only_reads(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"command": "restart"}',
        b'{"command": "summary+restart"}',
        b'{"command": "version", "cmd": "reboot"}',
        b'{"command": ["restart"]}',
        b'{"command": ""}',
        b'{"cmd": "get_token"}',
        b'{"cmd": "set.miner.power"}',
        b'{"enc": 1, "data": "c2VjcmV0"}',
        b'{"command": "addpool", "parameter": "stratum+tcp://elsewhere,worker,x"}',
        b'{"command": "version"',
        b"POST /cgi-bin/reboot.cgi HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\n\r\n",
        b'GET /cgi-bin/summary.cgi HTTP/1.1\r\nAuthorization: Digest username="root"\r\n\r\n',
        b"GET /user/login?username=admin&password=123456789 HTTP/1.1\r\n\r\n",
        b"SSH-2.0-AsyncSSH_2.24\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
)
def test_whatever_else_may_not(data: bytes) -> None:
    assert not readonly.only_reads(data)


# -- lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        machine(make="AntMiner", model="S19", hashrate_th_s=99.76, power_w=3_358.0, is_mining=True),
        Asked(hosts=7),
        Failed(reason=answers.NOT_INSTALLED, detail="No module named “pyasic”"),
        Done(),
    ],
)
def test_what_is_written_is_read(answer: answers.Answer) -> None:
    assert answers.read(answers.write(answer)) == answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"[]",
        b'{"kind": "other"}',
        b'{"kind": "asked"}',
        b'{"kind": "asked", "hosts": "3"}',
        b'{"kind": "asked", "hosts": true}',
        b'{"kind": "machine", "address": "10.0.0.1", "hashrate_th_s": NaN}',
        b'{"kind": "machine", "address": "10.0.0.1", "hashrate_th_s": 1e999}',
        b'{"kind": "machine", "address": "10.0.0.1", "power_w": -1}',
        b'{"kind": "machine", "address": "10.0.0.1", "model": 19}',
        b'{"kind": "machine", "address": "10.0.0.1", "model": "a\\nb"}',
        b'{"kind": "machine", "address": "10.0.0.1", "mining": true}',
        b'{"kind": "machine", "model": "' + b"x" * 10_000 + b'"}',
        b"[" * 8_000,
        b"\xff\xfe",
    ],
)
def test_other_lines_are_no_answers(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"line|where|text|of"):
        answers.read(line)


@given(st.binary(max_size=200))
def test_no_line_breaks_the_reader(line: bytes) -> None:
    try:
        answers.read(line)
    except ValueError:
        return


# -- replies ----------------------------------------------------------------------------------------------------------


def test_rates_come_in_gigahashes_or_megahashes_as_number_or_text() -> None:
    assert cgminer.rate_th_s({"SUMMARY": [{"GHS av": 99_761.4}]}) == pytest.approx(99.7614)
    assert cgminer.rate_th_s({"SUMMARY": [{"MHS av": 192_796_247.36}]}) == pytest.approx(192.796, abs=1e-3)
    assert cgminer.rate_th_s({"SUMMARY": [{"GHS 5s": "412.925"}]}) == pytest.approx(0.412925)
    assert cgminer.rate_th_s({}, {"STATS": [{}, {"GHS av": 5_000}]}) == pytest.approx(5)


@pytest.mark.parametrize(
    "reply",
    [None, [], {"SUMMARY": None}, {"SUMMARY": ["x"]}, {"SUMMARY": [{"GHS av": "nan"}]}, {"S": [{"GHS av": -1}]}],
)
def test_what_is_not_understood_is_unknown(reply: object) -> None:
    assert cgminer.rate_th_s(reply) is None
    assert cgminer.watts(reply) is None
    assert cgminer.own_name(reply) == ""


# -- classes ----------------------------------------------------------------------------------------------------------


def test_machines_that_tell_all_are_one_class_with_their_means() -> None:
    found = [
        judge(machine(f"10.0.0.{n}", make="AntMiner", model="S19 Pro", hashrate_th_s=rate, power_w=watts), CATALOGUE)
        for n, rate, watts in ((1, 100.0, 3_000.0), (2, 110.0, 3_300.0))
    ]
    (one,) = classes(found)
    assert (one.model, one.count, one.hashrate_th_s, one.power_w) == ("Antminer S19 Pro", 2, 105, 3_150)
    assert one.uptime_fraction is None
    assert check_rows([one.row()]) == []


def test_without_watts_the_nameplate_efficiency_stands_in_and_is_said() -> None:
    # 3,250 W / 110 TH/s at 88 TH/s
    found = judge(machine(make="AntMiner", model="S19 Pro", hashrate_th_s=88.0), CATALOGUE)
    assert found.power_w == pytest.approx(2_600)
    (one,) = classes([found])
    assert (one.model, one.efficiency_j_per_th) == ("Antminer S19 Pro (nameplate W)", pytest.approx(3_250 / 110))


def test_a_machine_that_stands_still_counts_with_its_plate_in_a_class_of_its_own() -> None:
    hashing = judge(machine(model="S19 Pro", hashrate_th_s=110.0, power_w=3_250.0), CATALOGUE)
    idle = judge(machine("10.0.0.2", model="S19 Pro", hashrate_th_s=0.0, power_w=40.0), CATALOGUE)
    paused = judge(machine("10.0.0.3", model="S19 Pro", hashrate_th_s=90.0, is_mining=False), CATALOGUE)
    assert [(one.model, one.count, one.power_w) for one in classes([hashing, idle, paused])] == [
        ("Antminer S19 Pro (not hashing, nameplate)", 2, 3_250),
        ("Antminer S19 Pro", 1, 3_250),
    ]


def test_a_machine_that_tells_no_rate_is_not_called_idle() -> None:
    (one,) = classes([judge(machine(model="S19 Pro", power_w=3_300.0), CATALOGUE)])
    assert (one.model, one.hashrate_th_s, one.power_w) == ("Antminer S19 Pro (nameplate)", 110, 3_250)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"model": "L7", "algorithm": "Scrypt", "hashrate_th_s": 0.009}, "it mines Scrypt, not Bitcoin."),
        ({"model": "X99", "hashrate_th_s": 99.0}, "it tells no watts, and the catalogue has no nameplate."),
        ({"model": "X99", "hashrate_th_s": 0.0}, "it is not hashing, and the catalogue has no nameplate."),
        ({"model": "X99"}, "it tells no hash rate, and the catalogue has no nameplate."),
        ({"algorithm": "", "hashrate_th_s": 5.0, "power_w": 100.0}, "it is of no known kind."),
        ({"algorithm": ""}, "it is of no known kind."),
        ({"model": "S19 Pro", "hashrate_th_s": 110_000.0, "power_w": 3_250.0}, "check the units"),
    ],
)
def test_what_can_not_stand_in_a_fleet_is_refused_by_address(told: dict[str, object], reason: str) -> None:
    found = judge(machine("10.0.0.9", **told), CATALOGUE)
    assert found.address == "10.0.0.9"
    assert reason in found.refusal
    assert found.state == f"Refused: {found.refusal}"
    assert classes([found]) == []


def test_the_longest_name_still_fits_a_cell() -> None:
    found = judge(machine(make="AntMiner", model="x" * 120, hashrate_th_s=100.0, power_w=3_000.0), CATALOGUE)
    (one,) = classes([found])
    assert one.model.startswith("Antminer xxx")


@pytest.mark.parametrize(
    ("make", "model", "rate", "plate"),
    [
        ("AntMiner", "S19 Pro No PIC", 100.0, "Antminer S19 Pro"),
        ("", "Antminer S19 Pro (vnish)", 100.0, "Antminer S19 Pro"),
        ("AntMiner", "S21+ Hydro", 390.0, "Antminer S21+ Hyd (395T)"),
        ("AntMiner", "S21+ Hydro", 300.0, "Antminer S21+ Hyd (319T)"),
        ("WhatsMiner", "M30S++ VG40", 105.0, "WhatsMiner M30S++"),
        ("AvalonMiner", "Avalon 1566", 190.0, "Avalon A1566"),
    ],
)
def test_models_are_matched_loosely(make: str, model: str, rate: float, plate: str) -> None:
    assert judge(machine(make=make, model=model, hashrate_th_s=rate), CATALOGUE).model == plate


@pytest.mark.parametrize("model", ["S19", "S19 Pro+", "M30S+ VG40", "M30S", "S21+", ""])
def test_a_cousin_is_no_match(model: str) -> None:
    assert judge(machine(make="AntMiner", model=model, hashrate_th_s=100.0), CATALOGUE).refusal


_RATES = st.one_of(st.none(), st.floats(0, 2_000))
_TOLD = st.builds(
    Machine,
    address=st.just("10.0.0.1"),
    make=st.sampled_from(["", "AntMiner", "WhatsMiner"]),
    model=st.sampled_from(["", "S19 Pro", "M30S++ VG40", "S21+ Hydro", "other", "\u202e!", "x" * 120]),
    algorithm=st.sampled_from(["", "SHA256", "Scrypt"]),
    hashrate_th_s=_RATES,
    nominal_th_s=_RATES,
    power_w=st.one_of(st.none(), st.floats(0, 20_000)),
    is_mining=st.sampled_from([None, True, False]),
)


@given(st.lists(_TOLD, max_size=30))
def test_every_machine_is_in_a_class_or_refused_and_every_class_is_a_row_that_the_fleet_takes(
    told: list[Machine],
) -> None:
    judged = [judge(one, CATALOGUE) for one in told]
    found = classes(judged)
    assert sum(one.count for one in found) + sum(1 for one in judged if one.refusal) == len(told)
    assert check_rows([one.row() for one in found]) == []


def test_only_the_scanner_names_pyasic() -> None:
    imports = re.compile(r"^\s*(import|from) pyasic\b|import_module\(.pyasic", re.MULTILINE)
    sources = Path(answers.__file__).parents[1].rglob("*.py")
    assert [path.name for path in sources if imports.search(path.read_text(encoding="utf-8"))] == ["scanner.py"]


def test_a_line_is_one_line_of_json() -> None:
    line = answers.write(machine(model="S19"))
    assert line.count(b"\n") == 1
    assert json.loads(line)["kind"] == "machine"
