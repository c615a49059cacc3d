"""The declarations of loan and tax."""

from functools import partial

from minerdesk.economics.field import ASSUMPTION, Choice, Field
from minerdesk.economics.plan.fields import PAGE
from minerdesk.economics.plan.inputs import Depreciation, Grace

_debt = partial(Field, page=PAGE, group="Debt")
_tax = partial(Field, page=PAGE, group="Tax")

_DEBT = (
    _debt(
        key="debt.enabled",
        label="Debt",
        default=False,
        help="On: a loan pays its share of what each phase costs to build, whenever it is spent.",
        origin="none unless switched on",
    ),
    _debt(
        key="debt.share_fraction",
        label="Debt share",
        unit="fraction",
        default=0.6,
        bounds=(0, 1),
        plausible=(0.3, 0.85),
        step=0.05,
        help="Share of the capital to build that is borrowed (loan to cost). Refreshes are paid from cash.",
        origin=ASSUMPTION,
    ),
    _debt(
        key="debt.rate",
        label="Interest",
        unit="fraction a year",
        default=0.09,
        bounds=(0, 1),
        plausible=(0.04, 0.18),
        step=0.005,
        help="Interest a year, a twelfth of it each month.",
        origin=ASSUMPTION,
    ),
    _debt(
        key="debt.tenor_years",
        label="Debt tenor",
        unit="years",
        default=7.0,
        bounds=(0.25, 40),
        plausible=(3, 20),
        step=1,
        help="Years of level payments, from the end of the grace on.",
        origin=ASSUMPTION,
    ),
    _debt(
        key="debt.grace",
        label="While building",
        default=Grace.INTEREST_ONLY.value,
        choices=(
            Choice(value=Grace.INTEREST_ONLY.value, label="Interest only", help="Interest is paid, principal later."),
            Choice(value=Grace.CAPITALISED.value, label="Interest added", help="Interest is added to the loan."),
            Choice(value=Grace.NONE.value, label="No grace", help="Repaid from the month after each draw."),
        ),
        help="What is paid on the loan until the phase’s lease starts.",
        origin=ASSUMPTION,
    ),
    _debt(
        key="debt.minimum_dscr",
        label="DSCR covenant",
        default=1.3,
        bounds=(0, 10),
        plausible=(1.1, 2),
        step=0.05,
        help="Least net operating income over debt service, of twelve months each, that the lender accepts.",
        origin=ASSUMPTION,
    ),
)

_TAX = (
    _tax(
        key="tax.enabled",
        label="Tax",
        default=False,
        help="On: a year’s income less interest and depreciation is taxed at the year’s end.",
        origin="none unless switched on",
    ),
    _tax(
        key="tax.rate",
        label="Tax rate",
        unit="fraction",
        default=0.21,
        bounds=(0, 0.9),
        plausible=(0.1, 0.4),
        step=0.01,
        help="Tax on income.",
        origin="US federal rate on corporations (26 USC 11)",
    ),
    _tax(
        key="tax.depreciation",
        label="Depreciation",
        default=Depreciation.MACRS.value,
        choices=(
            Choice(
                value=Depreciation.MACRS.value,
                label="MACRS",
                help="IRS publication 946, table A-1: 5 years for machines and GPUs, 15 for halls.",
            ),
            Choice(value=Depreciation.STRAIGHT_LINE.value, label="Straight line", help="The same every month."),
            Choice(
                value=Depreciation.DECLINING.value,
                label="Declining balance",
                help="A multiple of the straight line on what is left, straight line once that is more.",
            ),
        ),
        help="How capital is written off, from the month that its phase pays on.",
        origin="US federal law (26 USC 168)",
    ),
    _tax(
        key="tax.life_years",
        label="Depreciation life",
        unit="years",
        default=10.0,
        bounds=(0.25, 60),
        plausible=(3, 40),
        step=1,
        help="Years over which capital is written off, straight or declining. MACRS has its own.",
        origin=ASSUMPTION,
    ),
    _tax(
        key="tax.declining_factor",
        label="Declining factor",
        default=2.0,
        bounds=(1, 4),
        plausible=(1.25, 2.5),
        step=0.25,
        help="Multiple of the straight line in declining balance; 2 is double declining.",
        origin="the usual double-declining balance",
    ),
    _tax(
        key="tax.loss_carry_forward",
        label="Losses carried forward",
        default=True,
        help="On: losses of earlier years lower later years’ income. Off: they are lost.",
        origin="US federal law (26 USC 172)",
    ),
    _tax(
        key="tax.loss_limit_fraction",
        label="Losses lower income by",
        unit="fraction",
        default=0.8,
        bounds=(0, 1),
        plausible=(0.5, 1),
        step=0.1,
        help="Most of a year’s income that earlier losses may take away.",
        origin="US federal law (26 USC 172): 80 %",
    ),
)

#: The inputs of loan and tax, in the order of the page.
FINANCE_FIELDS = (*_DEBT, *_TAX)
