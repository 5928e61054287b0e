"""Days. A moment has a day only in some zone: the lane's. A day without a time has it already."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.documents import Order
from bridge.erp.sage100.dictionary import ColumnType
from mappings.converters.registry import Binding, Convert, converter
from mappings.mapped import Run


@converter(ColumnType.DATE)
def local_date(binding: Binding) -> Convert[datetime]:
    """The day of a moment in the lane's zone, as YYYYMMDD."""
    zone = ZoneInfo(binding.lane.time_zone)

    return lambda value, _run: _day(value.astimezone(zone))


@converter(ColumnType.DATE)
def ship_date(binding: Binding) -> Convert[Order]:
    """The requested day of shipping (a day, so no zone moves it), else the day of the order."""
    zone = ZoneInfo(binding.lane.time_zone)

    def convert(order: Order, _run: Run) -> str:
        return _day(order.requested_ship_date or order.placed_at.astimezone(zone))

    return convert


def _day(moment: datetime) -> str:
    return f"{moment.year:04}{moment.month:02}{moment.day:02}"
