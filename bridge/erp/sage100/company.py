"""What a session needs to know of its company, and which objects it opens there."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class SageCompany(BaseModel):
    """One company of a Sage 100 installation, and our user in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(description="The dedicated Sage user of this company; never the Administrator.")
    password: SecretStr = Field(description="That user's password.")
    order_udf: str = Field("UDF_WEB_ORDER_ID", description="Text column of SO_SalesOrderHeader that takes our stamp.")
    customer_udf: str = Field("UDF_WEB_CUSTOMER_ID", description="Text column of AR_Customer that takes our stamp.")
    name_column: str = Field(
        "Comment", description="Text column of both in which the mapping names the web order, or the web account."
    )
    time_zone: str | None = Field(
        None, description="IANA zone of Sage's time stamps; the zone of the machine that runs the agent unless set."
    )
    division: str = Field("00", description="A/R division of the customers; 00 where divisions are not used.")


@dataclass(frozen=True)
class BusKind:
    """One object with the module and the task that give it its rights (reference sage100.md 1.1.5)."""

    module: str
    task: str
    name: str


SALES_ORDER = BusKind("S/O", "SO_SalesOrder_ui", "SO_SalesOrder_bus")
ORDER_HISTORY = BusKind("S/O", "SO_SalesOrderHistoryInquiry_ui", "SO_SalesOrderHistoryInquiry_bus")
INVOICE = BusKind("S/O", "SO_Invoice_ui", "SO_Invoice_bus")
INVOICE_HISTORY = BusKind("A/R", "AR_InvoiceHistoryInquiry_ui", "AR_InvoiceHistoryInquiry_bus")
CUSTOMERS = BusKind("A/R", "AR_Customer_ui", "AR_Customer_bus")
ITEM = BusKind("C/I", "CI_ItemCode_ui", "CI_ItemCode_svc")
ITEM_WAREHOUSE = BusKind("I/M", "CI_ItemCode_ui", "IM_ItemWarehouse_svc")
