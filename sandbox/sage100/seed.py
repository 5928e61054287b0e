"""The tables that every company needs before its first order: terms, ship-vias, taxes, warehouses, accounts, etc."""

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.general_ledger import ACCOUNTS

_TABLES: dict[str, list[dict[str, object]]] = {
    "AR_TermsCode": [
        {"TermsCode": "00", "TermsCodeDesc": "No terms"},
        {"TermsCode": "01", "TermsCodeDesc": "Net 30", "DaysBeforeDue": 30},
        {
            "TermsCode": "02",
            "TermsCodeDesc": "2% 10, net 30",
            "DaysBeforeDue": 30,
            "DaysBeforeDiscountDue": 10,
            "DiscountRate": 2,
        },
        {"TermsCode": "09", "TermsCodeDesc": "Prepaid"},
    ],
    "SO_ShippingRateHeader": [
        {"ShippingCode": "UPS GROUND", "ShippingCodeDesc": "UPS Ground"},
        {"ShippingCode": "UPS BLUE", "ShippingCodeDesc": "UPS 2nd day"},
        {"ShippingCode": "FEDEX", "ShippingCodeDesc": "FedEx"},
        {"ShippingCode": "PICKUP", "ShippingCodeDesc": "Customer picks up"},
    ],
    "SY_SalesTaxSchedule": [
        {"TaxSchedule": "DEFAULT", "TaxScheduleDesc": "No sales tax", "TaxRate": 0},
        {"TaxSchedule": "WI", "TaxScheduleDesc": "Wisconsin", "TaxRate": "5.5"},
    ],
    "IM_Warehouse": [
        {"WarehouseCode": "000", "WarehouseDesc": "Central"},
        {"WarehouseCode": "001", "WarehouseDesc": "East"},
    ],
    "AR_PaymentType": [
        {"PaymentType": "CHECK", "PaymentDesc": "Check", "PaymentMethod": "C"},
        {"PaymentType": "CARD", "PaymentDesc": "Credit card", "PaymentMethod": "R"},
        {"PaymentType": "NONE", "PaymentDesc": "On account", "PaymentMethod": "N"},
    ],
    "CI_Item": [
        {"ItemCode": "/C", "ItemType": "4", "ItemCodeDesc": "Comment"},
        {"ItemCode": "/FREIGHT", "ItemType": "5", "ItemCodeDesc": "Freight", "TaxClass": "NT"},
        {"ItemCode": "/HANDLING", "ItemType": "5", "ItemCodeDesc": "Handling", "TaxClass": "NT"},
        {"ItemCode": "/FEE", "ItemType": "3", "ItemCodeDesc": "Fee", "TaxClass": "NT"},
    ],
    "GL_Account": [
        {"AccountKey": key, "Account": account, "AccountDesc": name, "MainAccountCode": account[:3], "Status": "A"}
        for key, account, name in ACCOUNTS.values()
    ],
}


def seed(admin: SageAdmin, company: str) -> None:
    """Fills one company's code tables. A second call writes the same rows again."""
    for table, rows in _TABLES.items():
        admin.add_rows(company, table, rows)
