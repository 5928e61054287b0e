"""The business objects that `NewObject` can make, and what each needs first (reference 1.1.5).

For a table whose object the reference does not name there is a reading object `<Table>_svc`. That name is inferred
from Sage's naming custom and must be checked at an installation before anything relies on it.
"""

from sandbox.sage100.customer import Customer
from sandbox.sage100.layout_tables import KEYS
from sandbox.sage100.record_object import Entry, RecordObject
from sandbox.sage100.sales_order import SalesOrder

_MODULES = {"SO": "S/O", "AR": "A/R", "CI": "C/I", "IM": "I/M", "GL": "G/L"}
"""The module of a table, by how its name begins. SY_ tables have no object here."""

_WRITING: dict[str, Entry] = {
    "SO_SalesOrder_bus": Entry(SalesOrder, "SO_SalesOrderHeader", "S/O", "SO_SalesOrder_ui"),
    "AR_Customer_bus": Entry(Customer, "AR_Customer", "A/R", "AR_Customer_ui"),
}

_READING: dict[str, tuple[str, str | None]] = {
    "SO_SalesOrderDetail_bus": ("SO_SalesOrderDetail", "SO_SalesOrder_ui"),
    "SO_SalesOrderHistoryInquiry_bus": ("SO_SalesOrderHistoryHeader", "SO_SalesOrderHistoryInquiry_ui"),
    "SO_SalesOrderHistoryInquiryDetail_bus": ("SO_SalesOrderHistoryDetail", "SO_SalesOrderHistoryInquiry_ui"),
    "SO_Invoice_bus": ("SO_InvoiceHeader", "SO_Invoice_ui"),
    "SO_Shipping_bus": ("SO_InvoiceHeader", "SO_Shipping_ui"),
    "SO_InvoiceTracking_bus": ("SO_InvoiceTracking", None),
    "SO_PackageTrackingByItem_bus": ("SO_PackageTrackingByItem", None),
    "SO_ShipToAddress_bus": ("SO_ShipToAddress", "SO_ShipToAddress_ui"),
    "AR_InvoiceHistoryInquiry_bus": ("AR_InvoiceHistoryHeader", "AR_InvoiceHistoryInquiry_ui"),
    "AR_InvoiceHistoryInquiryDetail_bus": ("AR_InvoiceHistoryDetail", "AR_InvoiceHistoryInquiry_ui"),
    "CI_ItemCode_bus": ("CI_Item", "CI_ItemCode_ui"),
    "CI_ItemCode_svc": ("CI_Item", None),
    "CI_Item_bus": ("CI_Item", "CI_ItemCode_ui"),
    "IM_ItemWarehouse_bus": ("IM_ItemWarehouse", None),
    "IM_PriceCode_bus": ("IM_PriceCode", None),
    "GL_Account_bus": ("GL_Account", "GL_Account_ui"),
}
"""Objects that only read here, with their table and task. Tracking objects take whatever task their parent has."""

_TABLE_READERS: dict[str, tuple[str, str | None]] = {
    f"{table}_svc": (table, None) for table in KEYS if table[:2] in _MODULES
}
"""AR_Customer_svc, AR_OpenInvoice_svc, CI_Item_svc, GL_Account_svc, IM_ItemWarehouse_svc, IM_PriceCode_svc and
SO_ShipToAddress_svc are in the reference; the others are inferred."""

CATALOGUE: dict[str, Entry] = {
    name.lower(): entry
    for name, entry in {
        **{
            name: Entry(RecordObject, table, _MODULES[table[:2]], task)
            for name, (table, task) in {**_TABLE_READERS, **_READING}.items()
        },
        **_WRITING,
    }.items()
}
"""By lower-case object name."""
