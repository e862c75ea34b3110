"""The tables of kpis, one module per step of the data."""

from base.jobs.models import StepState
from kpis.models.catalogue import (
    Aggregation,
    Dimension,
    Direction,
    Indicator,
    Measure,
    Unit,
)
from kpis.models.deviations import Deviation, DeviationState, Severity
from kpis.models.facts import Coverage, CustomerDay, Cut, Fact, KnownDays, Segment, Source
from kpis.models.nights import (
    Gap,
    NightFit,
    NightInput,
    NightlyRun,
    NightlyStep,
    NightState,
    Publication,
    Signal,
    Status,
)
from kpis.models.proposals import TargetProposal
from kpis.models.rows import CustomerOrder, FactRow, LineKind, OrderLine
from kpis.models.targets import Target, TargetDay

__all__ = [
    "Aggregation",
    "Coverage",
    "CustomerDay",
    "CustomerOrder",
    "Cut",
    "Deviation",
    "DeviationState",
    "Dimension",
    "Direction",
    "Fact",
    "FactRow",
    "Gap",
    "Indicator",
    "KnownDays",
    "LineKind",
    "Measure",
    "NightFit",
    "NightInput",
    "NightState",
    "NightlyRun",
    "NightlyStep",
    "OrderLine",
    "Publication",
    "Segment",
    "Severity",
    "Signal",
    "Source",
    "Status",
    "StepState",
    "Target",
    "TargetDay",
    "TargetProposal",
    "Unit",
]
