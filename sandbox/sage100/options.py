"""What one simulated installation is set to. What nobody knows about Sage ([U] in the reference) is an option here."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Version = Literal["4.40", "2018", "2023", "2025", "2026"]
Reaction = Literal["accept", "warn", "refuse"]
"""What Sage does about a doubtful value: takes it (1), takes it with a warning (-1), or refuses it (0)."""


class Texts(BaseModel):
    """The `sLastErrorMsg` texts whose wording no source gives (reference 4.2); all may be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    no_seat: str = "All licensed users are in use."
    logon: str = "The logon or password is incorrect."
    company: str = "Logon failure: no access to this company."
    maintenance: str = "A system backup is in progress. Try again later."
    period_end: str = "Period end is in progress: date or period not allowed."
    locked: str = "The record is locked, it is in use by another user."
    over_limit: str = "The customer is over the credit limit."
    credit_hold: str = "The customer is on credit hold."
    inactive_item: str = "The item is inactive."
    no_lines: str = "The order has no lines."
    no_right: str = "The user has no permission for this task."


class Options(BaseModel):
    """One installation's settings, kept in its store; `SageAdmin.set_option` changes one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: str = Field("C:\\Sage\\MAS90\\Home", description="The only path that `Init` takes.")
    version: Version = Field("2023", description="Which widths and columns apply (reference 2.1).")
    expanded_invoice_no: bool = Field(False, description="Invoice numbers 20 wide; has effect from 2025 on.")
    seats: int = Field(5, ge=0, description="Concurrent sessions of the installation.")
    killed_session_keeps_seat: bool = Field(True, description="Rows of dead processes count until ended by hand.")
    idle_logoff_s: float = Field(0, ge=0, description="Seconds without a call after which a session ends; 0 is never.")
    time_zone: str = Field("America/New_York", description="The zone of Sage's time stamps, which they don't carry.")
    code_page: str = Field("cp1252", description="The single-byte code page of all text.")
    unmappable_text: Literal["replace", "refuse"] = Field("replace", description="Text outside the code page.")
    trailing_separator: bool = Field(False, description="Whether a joined result ends with its separator.")
    windows_logon_user: str = Field("", description="The user that `nLogon` finds without a password; empty is none.")
    no_context_error: Literal[90, 200] = Field(200, description="`NewObject` without date, module, program or right.")
    type_mismatch: Literal["raise", "refuse"] = Field("refuse", description="Text for a number: error 26, or 0.")
    add_line_return: Literal[1, 2] = Field(2, description="What a good `nAddLine` returns.")
    unwritten_line: Literal["lost", "written"] = Field("lost", description="What becomes of a line without `nWrite`.")
    allow_order_without_lines: bool = Field(False, description="Whether a header may be written without a line.")
    automatic_customer_no: bool = Field(True, description="Whether `nGetNextCustomerNo` is allowed.")
    bill_to_reporting: bool = Field(False, description="A/R option Bill To Customer Reporting.")
    check_zip: bool = Field(False, description="Whether a zip code must be in SY_ZipCode.")
    over_limit: Reaction = Field("accept", description="An order over the customer's credit limit.")
    credit_hold: Literal["accept", "warn", "refuse", "hold"] = Field(
        "accept", description="An order of a customer on credit hold; `hold` writes it with OrderStatus H and warns."
    )
    inactive_item: Reaction = Field("refuse", description="An order line with an inactive item.")
    keep_order_history: bool = Field(True, description="S/O option to retain sales order history.")
    carry_udfs: bool = Field(True, description="Whether an order's UDFs go along into history and invoices.")
    tax_after_discount: bool = Field(True, description="Whether the order discount lowers the taxed amount.")
    commitments_stamped: bool = Field(
        False, description="Whether writing an order moves DateUpdated of the stock and customer rows that it commits."
    )
    price_cost: Literal["standard", "average", "last"] = Field("standard", description="The cost of methods C and M.")
    gl_posting: Literal["detail", "summary"] = Field(
        "detail", description="In summary a register has a line per account, without DocumentNo."
    )
    default_warehouse: str = Field("000", description="The warehouse of a new order.")
    default_tax_schedule: str = Field("DEFAULT", description="The schedule of a customer that has none.")
    required: dict[str, tuple[str, ...]] = Field(
        default_factory=lambda: {
            "SO_SalesOrderHeader": ("CustomerNo", "OrderDate", "WarehouseCode", "TermsCode", "TaxSchedule"),
            "AR_Customer": ("CustomerName", "TermsCode"),
        },
        description="Columns by table that may not be blank at the write.",
    )
    udfs: dict[str, dict[str, int]] = Field(
        default_factory=lambda: {
            "SO_SalesOrderHeader": {"UDF_WEB_ORDER_ID": 30},
            "AR_Customer": {"UDF_WEB_CUSTOMER_ID": 30},
        },
        description="Custom text columns by table, with their widths.",
    )
    maintenance: bool = Field(False, description="A backup runs: log-ons and writes are refused.")
    period_end: bool = Field(False, description="A period is being closed: dates and writes are refused.")
    write_delay_ms: int = Field(0, ge=0, description="Service time of each header write.")
    texts: Texts = Texts()
