"""The providers: where each is asked, how often at most, and what it wants said of it."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from minerdesk.errors import InputError, Problem, Severity

#: A base URL may be replaced by the environment variable of this prefix and the provider's name in upper case.
VARIABLE_PREFIX = "MINERDESK_URL_"


class Access(StrEnum):
    """Who may be asked: anyone, with a key, only if the user wants it in spite of its terms, or the user's own system.

    All but the open ones are off until the user switches them on.
    """

    OPEN = "open"
    KEY = "key"
    OPT_IN = "opt_in"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider as this program knows it.

    Attributes
    ----------
    gap_s
        The least time between two requests to it, from its published or observed limits.
    key_header, key_prefix
        The header that a key is sent in and what stands before it there; empty for a provider that wants none.
    key_from
        Where a key is to be had, in words.
    terms
        What is said beside the switch of a source that is off by itself.
    """

    name: str
    label: str
    base: str
    gap_s: float
    credit: str = ""
    licence: str = ""
    access: Access = Access.OPEN
    key_header: str = ""
    key_prefix: str = ""
    key_from: str = ""
    terms: str = ""

    def is_asked(self, on: Collection[str]) -> bool:
        """Return whether it is asked where `on` names what the user switched on."""
        return self.access is Access.OPEN or self.name in on


#: Every known provider by name.
PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(
            name="mempool",
            label="mempool.space",
            base="https://mempool.space/api",
            gap_s=1.0,
            credit="Difficulty, hash rate, fees, block height and pools by mempool.space",
            licence="open-source service, AGPL-3.0; fair use asked",
        ),
        Provider(
            name="coinbase",
            label="Coinbase Exchange",
            base="https://api.exchange.coinbase.com",
            gap_s=0.25,
            credit="BTC price by Coinbase Exchange",
            licence="public market data, Coinbase's market data terms",
        ),
        Provider(
            name="kraken",
            label="Kraken",
            base="https://api.kraken.com",
            gap_s=1.0,
            credit="BTC price by Kraken",
            licence="public market data, Kraken's terms of service",
        ),
        Provider(
            name="bitstamp",
            label="Bitstamp",
            base="https://www.bitstamp.net",
            gap_s=0.25,
            credit="BTC price and its daily history by Bitstamp",
            licence="public market data, Bitstamp's terms of use",
        ),
        Provider(
            name="coingecko",
            label="CoinGecko",
            base="https://api.coingecko.com",
            gap_s=4.0,
            credit="BTC price and its daily history of a year, powered by CoinGecko API",
            licence="CoinGecko's API terms; credit required",
            key_header="x-cg-demo-api-key",
            key_from="coingecko.com, Developer's Dashboard: the free demo plan",
            terms="It is asked without a key. A free demo key of your own makes refusals for too many requests rarer.",
        ),
        Provider(
            name="blockchain_info",
            label="Blockchain.com",
            base="https://api.blockchain.info",
            gap_s=1.5,
            credit="Charts of difficulty, hash rate and fees by Blockchain.com",
            licence="public charts, Blockchain.com's API terms",
        ),
        Provider(
            name="gpurentalprices",
            label="gpurentalprices.com",
            base="https://gpurentalprices.com",
            gap_s=1.0,
            credit="GPU rental price data by gpurentalprices.com, CC BY 4.0",
            licence="CC BY 4.0",
        ),
        Provider(
            name="gpurentalprices_past",
            label="Past GPU offers",
            base="https://raw.githubusercontent.com/adriannutiu/gpu-rental-prices/main",
            gap_s=1.0,
            credit="Past days of GPU rental price data by gpurentalprices.com, CC BY 4.0",
            licence="CC BY 4.0",
        ),
        Provider(
            name="getdeploying",
            label="GetDeploying",
            base="https://getdeploying.com",
            gap_s=2.0,
            credit="Weekly GPU rental prices by GetDeploying, CC BY 4.0",
            licence="CC BY 4.0",
        ),
        Provider(
            name="lambda",
            label="Lambda",
            base="https://cloud.lambda.ai",
            gap_s=1.0,
            credit="List prices of GPU machines by Lambda",
            licence="Lambda's terms of service, with your key",
            access=Access.KEY,
            key_header="Authorization",
            key_prefix="Bearer ",
            key_from="cloud.lambda.ai, API keys; free",
            terms="It is asked for its price list with your key; nothing is rented.",
        ),
        Provider(
            name="primeintellect",
            label="Prime Intellect",
            base="https://api.primeintellect.ai",
            gap_s=0.5,
            credit="Offers of GPU machines by Prime Intellect",
            licence="Prime Intellect's terms of service, with your key",
            access=Access.KEY,
            key_header="Authorization",
            key_prefix="Bearer ",
            key_from="app.primeintellect.ai, Settings, API keys; free",
            terms="It is asked for its offers with your key; nothing is rented. It repeats prices of other sellers.",
        ),
        Provider(
            name="runpod",
            label="RunPod",
            base="https://api.runpod.io",
            gap_s=2.0,
            credit="List prices of GPUs by RunPod",
            licence="RunPod's terms of service, which forbid automated collection",
            access=Access.OPT_IN,
            terms="RunPod’s terms forbid scraping and automated collection of its data; it answers without a key all "
            "the same. Switch it on only if you answer to RunPod for that.",
        ),
        Provider(
            name="vast",
            label="Vast.ai",
            base="https://console.vast.ai",
            gap_s=2.0,
            credit="Asks for GPUs by Vast.ai",
            licence="Vast.ai's terms of service, which forbid automated use and use in an index",
            access=Access.OPT_IN,
            terms="Vast.ai’s terms forbid automated use of its offers, and an index of them, without a licence; it "
            "answers without a key all the same. Switch it on only if you have such a licence or answer to Vast.ai.",
        ),
        Provider(
            name="shadeform",
            label="Shadeform",
            base="https://api.shadeform.ai",
            gap_s=2.0,
            credit="Offers of GPU machines by Shadeform",
            licence="Shadeform's terms of service, which forbid automated collection",
            access=Access.OPT_IN,
            key_header="X-API-KEY",
            key_from="platform.shadeform.ai, API; not needed for its prices",
            terms="Shadeform’s terms forbid scraping of its data; it answers without a key all the same, and one of "
            "yours is sent if you give it. Switch it on only if you answer to Shadeform for that.",
        ),
        Provider(
            name="okx",
            label="OKX",
            base="https://www.okx.com",
            gap_s=1.0,
            credit="Open interest at OKX by OKX",
            licence="public market data, OKX's terms of service",
        ),
        Provider(
            name="bybit",
            label="Bybit",
            base="https://api.bybit.com",
            gap_s=0.25,
            credit="Open interest at Bybit by Bybit",
            licence="public market data, Bybit's terms of service",
        ),
        Provider(
            name="binance",
            label="Binance Futures",
            base="https://fapi.binance.com",
            gap_s=0.5,
            credit="Open interest at Binance by Binance",
            licence="public market data, Binance's terms of use",
        ),
        Provider(
            name="binance_vision",
            label="Binance’s daily files",
            base="https://data.binance.vision",
            gap_s=0.2,
            credit="Open interest at Binance, past days, by data.binance.vision",
            licence="public data, Binance's terms of use",
        ),
        Provider(
            name="coinglass",
            label="Coinglass",
            base="https://open-api-v4.coinglass.com",
            gap_s=2.0,
            credit="Open interest of many exchanges by Coinglass",
            licence="by your own plan with Coinglass",
            access=Access.KEY,
            key_header="CG-API-KEY",
            key_from="coinglass.com/pricing; every paid plan has the daily figures",
            terms="It is asked with your key, under the terms of your plan.",
        ),
        Provider(
            name="energy_charts",
            label="Energy-Charts",
            base="https://api.energy-charts.info",
            gap_s=4.0,
            credit="Day-ahead power prices by energy-charts.info (Fraunhofer ISE)",
            licence="by zone, as each reply says; Germany-Luxembourg: CC BY 4.0 from Bundesnetzagentur | SMARD.de",
        ),
        Provider(
            name="smard",
            label="SMARD",
            base="https://www.smard.de/app/chart_data",
            gap_s=0.5,
            credit="Day-ahead power prices by Bundesnetzagentur | SMARD.de",
            licence="CC BY 4.0",
        ),
        Provider(
            name="awattar",
            label="aWATTar Austria",
            base="https://api.awattar.at",
            gap_s=10.0,
            credit="Day-ahead power prices by aWATTar (Austria)",
            licence="free to use, about 100 requests a day asked",
        ),
        Provider(
            name="awattar_de",
            label="aWATTar Germany",
            base="https://api.awattar.de",
            gap_s=10.0,
            credit="Day-ahead power prices by aWATTar (Germany)",
            licence="free to use, about 100 requests a day asked",
        ),
        Provider(
            name="entsoe",
            label="ENTSO-E",
            base="https://web-api.tp.entsoe.eu",
            gap_s=0.5,
            credit="Day-ahead power prices by ENTSO-E's transparency platform",
            licence="CC BY 4.0 where the platform's list of free data names them",
            access=Access.KEY,
            key_header="SECURITY_TOKEN",
            key_from="transparency.entsoe.eu: register, ask for “Restful API access” by mail, then make a token",
            terms="It is asked with your token, under the platform's terms; it also has zones without a free source.",
        ),
        Provider(
            name="ercot",
            label="ERCOT",
            base="https://www.ercot.com",
            gap_s=0.3,
            credit="Settlement point prices by ERCOT",
            licence="public market reports, ERCOT's terms of use",
        ),
        Provider(
            name="aemo",
            label="AEMO",
            base="https://visualisations.aemo.com.au/aemo/apps/api/report",
            gap_s=2.0,
            credit="Dispatch prices by AEMO",
            licence="AEMO's copyright permissions: free to use with their source",
        ),
        Provider(
            name="eia",
            label="EIA",
            base="https://api.eia.gov",
            gap_s=1.0,
            credit="Retail prices of electricity by the US Energy Information Administration",
            licence="public domain, with its source named",
            access=Access.KEY,
            key_header="X-Api-Key",
            key_from="eia.gov/opendata, free: a key comes by mail",
            terms="It is asked with your key when you want the industrial price of a state under the power price.",
        ),
        Provider(
            name="frankfurter",
            label="Frankfurter",
            base="https://api.frankfurter.dev",
            gap_s=1.0,
            credit="Exchange rates of the European Central Bank by Frankfurter",
            licence="ECB reference rates, free to use with their source",
        ),
        Provider(
            name="ecb",
            label="European Central Bank",
            base="https://data-api.ecb.europa.eu",
            gap_s=1.0,
            credit="Exchange rates by the European Central Bank",
            licence="ECB reference rates, free to use with their source",
        ),
        Provider(
            name="braiins",
            label="Braiins Insights",
            base="https://learn.braiins.com/api/v1.0",
            gap_s=2.0,
            credit="Hashprice to hold the computed one against by Braiins Insights",
            licence="public API, fair use",
        ),
        Provider(
            name="luxor",
            label="Hashrate Index",
            base="https://api.hashrateindex.com",
            gap_s=1.0,
            credit="Hashprice to hold the computed one against by Luxor's Hashrate Index, where it is switched on",
            licence="under your plan",
            access=Access.KEY,
            key_header="x-hi-api-key",
            key_from="hashrateindex.com, under API: a paid plan that covers hashprice",
            terms="What may be done with its data, and what of it there is, is as your plan says.",
        ),
        Provider(
            name="bitcoind",
            label="Bitcoin Core",
            base="http://127.0.0.1:8332",
            gap_s=0.0,
            credit="Difficulty, hash rate, fees and block height by your own Bitcoin Core, where it is switched on",
            licence="open-source program, MIT licence",
            access=Access.OWN,
            key_from="bitcoin.conf of your node",
            terms=(
                "Your own node. It is asked first, and only by calls that read. It lets in by its cookie file, or by a "
                "user name and password."
            ),
        ),
    )
}

#: What each provider that is asked wants said of it, for the About window and the status bar.
CREDITS: dict[str, str] = {
    p.name: p.credit if p.licence in p.credit else f"{p.credit} ({p.licence})" for p in PROVIDERS.values() if p.credit
}


#: How values that no provider gave are called.
BUNDLED_LABEL, TYPED_LABEL = "Bundled data", "Your own value"


def label_of(source: str) -> str:
    """Return the name of a source for people; of one that is none of the providers what it says itself.

    >>> label_of("coinbase"), label_of("bundled: block headers"), label_of("typed")
    ('Coinbase Exchange', 'Bundled data', 'Your own value')
    """
    name = source.partition(":")[0]
    if name in PROVIDERS:
        return PROVIDERS[name].label
    return {"bundled": BUNDLED_LABEL, "typed": TYPED_LABEL}.get(name, source)


def resolve(preferences: Mapping[str, str], environ: Mapping[str, str], flags: Sequence[str] = ()) -> dict[str, str]:
    """Return the base URL of every known provider, without a slash at its end.

    The first that is given counts: a flag ``PROVIDER=URL`` (the last of several), the environment variable
    ``MINERDESK_URL_<PROVIDER>``, the preference, the default. An empty variable or preference is as good as none; a
    variable of an unknown provider is not read.

    Raises
    ------
    InputError
        A flag or preference names no known provider, or an address is no http or https URL. Carries every problem.

    >>> resolve({}, {"MINERDESK_URL_KRAKEN": "http://127.0.0.1:8080/kraken/"})["kraken"]
    'http://127.0.0.1:8080/kraken'
    """
    problems: list[Problem] = []
    given: list[tuple[str, str, str]] = [(f"base URL {name}", name, url) for name, url in preferences.items() if url]
    for name in PROVIDERS:
        variable = VARIABLE_PREFIX + name.upper()
        if environ.get(variable, "").strip():
            given.append((variable, name, environ[variable]))
    for flag in flags:
        name, equals, url = flag.partition("=")
        if equals:
            given.append((f"--base-url {flag}", name.strip(), url))
        else:
            problems.append(_problem(f"--base-url {flag}", "Write it as PROVIDER=URL."))
    bases = {provider.name: provider.base for provider in PROVIDERS.values()}
    for where, name, url in given:
        fault = _unknown(name) or _unusable(url.strip())
        if fault:
            problems.append(_problem(where, f"{name}: {fault}"))
        else:
            bases[name] = url.strip().rstrip("/")
    if problems:
        first = problems[0]
        raise InputError(f"{first.field} can't be used.", hint=first.message, problems=tuple(problems))
    return bases


def _problem(where: str, message: str) -> Problem:
    return Problem(field=where, severity=Severity.ERROR, message=message)


def _unknown(name: str) -> str:
    """Return what is wrong with a provider's name, or an empty text."""
    if name in PROVIDERS:
        return ""
    near: Iterable[str] = difflib.get_close_matches(name.lower().replace("-", "_"), PROVIDERS, n=1, cutoff=0.5)
    meant = "".join(f" Did you mean “{match}”?" for match in near)
    return f"there is no provider of this name.{meant} Known are {', '.join(PROVIDERS)}."


def _unusable(url: str) -> str:
    """Return what is wrong with a base URL, or an empty text."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        return f"“{url}” is no address ({error})."
    if parts.scheme not in ("http", "https"):
        return f"“{url}” must begin with http:// or https://."
    if "@" in parts.netloc:
        return "an address must hold no user name and no password: they would stand in a file. Give them apart."
    if not parts.hostname or any(c.isspace() or not c.isprintable() for c in url):
        return f"“{url}” names no host."
    if parts.query or parts.fragment:
        return f"“{url}” must end with a path: no “?” and no “#”."
    return ""
