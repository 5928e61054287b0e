"""Every fault, by name, in the order in which they are shown."""

from workers.drills.faults import broker, clock, database, kills, line, sage, storefront, strays
from workers.drills.faults.catalogue import FAULTS, Fault, Scene

__all__ = ["FAULTS", "Fault", "Scene", "broker", "clock", "database", "kills", "line", "sage", "storefront", "strays"]
