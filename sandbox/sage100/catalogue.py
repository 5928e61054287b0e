"""The business objects that `NewObject` can make, and what each needs first (reference 1.1.5)."""

from sandbox.sage100.customer import Customer
from sandbox.sage100.record_object import Entry, RecordObject
from sandbox.sage100.sales_order import SalesOrder

CATALOGUE: dict[str, Entry] = {
    name.lower(): entry
    for name, entry in {
        "SO_SalesOrder_bus": Entry(SalesOrder, "SO_SalesOrderHeader", "S/O", "SO_SalesOrder_ui"),
        "SO_SalesOrderHistoryInquiry_bus": Entry(
            RecordObject, "SO_SalesOrderHistoryHeader", "S/O", "SO_SalesOrderHistoryInquiry_ui"
        ),
        "SO_Invoice_bus": Entry(RecordObject, "SO_InvoiceHeader", "S/O", "SO_Invoice_ui"),
        "AR_InvoiceHistoryInquiry_bus": Entry(
            RecordObject, "AR_InvoiceHistoryHeader", "A/R", "AR_InvoiceHistoryInquiry_ui"
        ),
        "AR_Customer_bus": Entry(Customer, "AR_Customer", "A/R", "AR_Customer_ui"),
        "AR_Customer_svc": Entry(RecordObject, "AR_Customer", "A/R", None),
        "CI_ItemCode_bus": Entry(RecordObject, "CI_Item", "C/I", "CI_ItemCode_ui"),
        "CI_ItemCode_svc": Entry(RecordObject, "CI_Item", "C/I", None),
        "IM_ItemWarehouse_svc": Entry(RecordObject, "IM_ItemWarehouse", "I/M", None),
    }.items()
}
"""By lower-case object name."""
