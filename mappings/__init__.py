"""What becomes what: one declarative YAML file per document and pair of systems, converters, and the checks of both."""

from mappings.customers import customer_number, customer_query
from mappings.mapped import MapContext, Mapped
from mappings.mapping_set import MappingSet
from mappings.settings import LaneMapping

__all__ = ["LaneMapping", "MapContext", "Mapped", "MappingSet", "customer_number", "customer_query"]
