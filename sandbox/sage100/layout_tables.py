"""The file layouts, one line per table area, as the reference's section 2 gives them.

A column is `Name:kind`, where the kind is `C7` (text up to 7), `C15>30` (15 wide before release 2023, 30 from it on),
`D` (a date as text, YYYYMMDD), `YN`, or `N16.6` (a number; one of the 16 places is the sign). Marks follow after
commas: `ro` read-only, `up` kept in capitals, `=A/B` valid values, `@Table` must exist there,
`since2018` absent before. `%Prefix` stands for a name and address block.
"""

ADDRESS_BLOCK = (
    "{0}Name:C30>50 {0}Address1:C30>40 {0}Address2:C30>40 {0}Address3:C30>40 {0}City:C20>30 {0}State:C2 "
    "{0}ZipCode:C10,@SY_ZipCode {0}CountryCode:C3"
)

STAMPS = (
    "DateCreated:D,ro TimeCreated:C8,ro UserCreatedKey:C10,ro DateUpdated:D,ro TimeUpdated:C8,ro UserUpdatedKey:C10,ro"
)

_TOTALS = "TaxableAmt:N13.2,ro NonTaxableAmt:N13.2,ro SalesTaxAmt:N12.2,ro DiscountAmt:N12.2 FreightAmt:N12.2"

_ORDER_HEADER = f"""
    OrderDate:D OrderType:C1,=S/B/M/R/Q/P OrderStatus:C1,=N/O/C/H MasterRepeatingOrderNo:C7 ShipExpireDate:D
    ARDivisionNo:C2 CustomerNo:C20,up BillToDivisionNo:C2,since2018 BillToCustomerNo:C20,up,since2018
    %BillTo ShipToCode:C4 %ShipTo ShipVia:C15,@SO_ShippingRateHeader ShipZone:C5 ShipWeight:C5
    CustomerPONo:C15>30 FOB:C15 WarehouseCode:C3,up,@IM_Warehouse ConfirmTo:C30>50 Comment:C30
    TermsCode:C2,@AR_TermsCode TaxSchedule:C9,up,@SY_SalesTaxSchedule TaxExemptNo:C15 InvalidTaxCalc:YN
    PrintSalesOrders:YN PrintPickingSheets:YN ResidentialAddress:YN LotSerialLinesExist:YN
    CheckNoForDeposit:C10 CycleCode:C2 FaxNo:C17>20 EmailAddress:C250 FreightCalculationMethod:C1,=A/P/W
    SalespersonDivisionNo:C2 SalespersonNo:C4 SplitCommissions:YN PaymentType:C5,up,@AR_PaymentType
    PaymentTypeCategory:C1,=D/P OtherPaymentTypeRefNo:C24 DepositAmt:N13.2 CancelReasonCode:C5 RMANo:C7 JobNo:C7
    DiscountRate:N8.3 Weight:N12.2 CommissionRate:N9.3 PromotedDate:D,since2023 PayBalance:C1,since2023
    {_TOTALS} {STAMPS}
"""

_LINE = """
    LineKey:C6,ro LineSeqNo:C14,ro ItemCode:C30,up,@CI_Item ItemType:C1,ro ItemCodeDesc:C30
    WarehouseCode:C3,up,@IM_Warehouse Valuation:C1,ro
    PriceLevel:C1 UnitOfMeasure:C4,up UnitOfMeasureConvFactor:N12.4 DropShip:YN PriceOverridden:YN
    PromiseDate:D AliasItemNo:C30 SOHistoryDetlSeqNo:C14,ro TaxClass:C2,up CommentText:C2048 Discount:YN
    QuantityOrdered:N16.6 QuantityShipped:N16.6 QuantityBackordered:N16.6 UnitPrice:N16.6 UnitCost:N16.6
    ExtensionAmt:N12.2 LineDiscountPercent:N9.3 LineWeight:N12.2,ro TaxAmt:N12.2 TaxRate:N11.6
"""

KEYS: dict[str, str] = {
    "SO_SalesOrderHeader": "SalesOrderNo:C7",
    "SO_SalesOrderDetail": "SalesOrderNo:C7 LineKey:C6",
    "SO_SalesOrderHistoryHeader": "SalesOrderNo:C7",
    "SO_SalesOrderHistoryDetail": "SalesOrderNo:C7 SequenceNo:C14",
    "SO_InvoiceHeader": "InvoiceNo:I",
    "SO_InvoiceDetail": "InvoiceNo:I LineKey:C6",
    "AR_InvoiceHistoryHeader": "InvoiceNo:I HeaderSeqNo:C6",
    "AR_InvoiceHistoryDetail": "InvoiceNo:I HeaderSeqNo:C6 DetailSeqNo:C6",
    "AR_Customer": "ARDivisionNo:C2 CustomerNo:C20,up",
    "CI_Item": "ItemCode:C30,up",
    "IM_ItemWarehouse": "ItemCode:C30,up WarehouseCode:C3,up",
    "IM_Warehouse": "WarehouseCode:C3,up",
    "AR_TermsCode": "TermsCode:C2",
    "AR_PaymentType": "PaymentType:C5,up",
    "SO_ShippingRateHeader": "ShippingCode:C15",
    "SY_SalesTaxSchedule": "TaxSchedule:C9,up",
    "SY_ZipCode": "ZipCode:C10",
    "SY_Company": "CompanyCode:C3,up",
    "SY_User": "UserCode:C60",
}

COLUMNS: dict[str, str] = {
    "SO_SalesOrderHeader": f"{_ORDER_HEADER} LastInvoiceOrderDate:D,ro LastInvoiceOrderNo:I,ro CurrentInvoiceNo:I,ro",
    "SO_SalesOrderDetail": _LINE,
    "SO_SalesOrderHistoryHeader": f"{_ORDER_HEADER} LastInvoiceDate:D LastInvoiceNo:I InvoicedAmt:N14.2",
    "SO_SalesOrderHistoryDetail": f"""{_LINE} OriginalLine:YN CancelledLine:YN QuantityOrderedOriginal:N16.6
        QuantityOrderedRevised:N16.6 OriginalUnitPrice:N16.6 LastUnitPrice:N16.6 LastExtensionAmt:N12.2""",
    "SO_InvoiceHeader": f"""{_ORDER_HEADER} InvoiceDate:D InvoiceType:C2,=IN/CM/DM/AD/FC/CA/XD SalesOrderNo:C7
        ShipDate:D BatchNo:C5 ShipStatus:C1,=N/L/S/D ApplyToInvoiceNo:I NumberofPackages:N4.0
        MultipleSalesOrdersApplied:YN,since2023""",
    "SO_InvoiceDetail": f"""{_LINE} OrderLineKey:C6 AppliedSalesOrderNo:C7,since2023
        AppliedCustomerPONo:C30,since2023""",
    "AR_InvoiceHistoryHeader": f"""{_ORDER_HEADER} InvoiceDate:D TransactionDate:D ModuleCode:C3 InvoiceType:C2
        SalesOrderNo:C7 SourceJournal:C2 JournalNoGLBatchNo:C6 ShippingInvoice:YN ShipDate:D ApplyToInvoiceNo:I
        TaxableSalesAmt:N13.2 NonTaxableSalesAmt:N13.2 NumberOfPackages:N4.0
        MultipleSalesOrdersApplied:YN,since2023""",
    "AR_InvoiceHistoryDetail": f"{_LINE} OrderLineKey:C6 AppliedSalesOrderNo:C7,since2023",
    "AR_Customer": f"""
        CustomerName:C30>50 AddressLine1:C30>40 AddressLine2:C30>40 AddressLine3:C30>40 City:C20>30 State:C2
        ZipCode:C10,@SY_ZipCode CountryCode:C3 TelephoneNo:C17>20 TelephoneExt:C5>6 FaxNo:C17>20 EmailAddress:C250
        URLAddress:C50 ContactCode:C10 ShipMethod:C15,@SO_ShippingRateHeader TaxSchedule:C9,up,@SY_SalesTaxSchedule
        TaxExemptNo:C15 TermsCode:C2,@AR_TermsCode SalespersonDivisionNo:C2 SalespersonNo:C4 Comment:C30 SortField:C10
        CustomerStatus:C1,=A/I/T OpenItemCustomer:YN ResidentialAddress:YN StatementCycle:C1 CustomerType:C4
        PriceLevel:C1 CreditHold:YN CreditLimit:N14.2 CustomerDiscountRate:N13.3 CurrentBalance:N14.2,ro
        AgingCategory1:N14.2,ro AgingCategory2:N14.2,ro AgingCategory3:N14.2,ro AgingCategory4:N14.2,ro
        OpenOrderAmt:N14.2,ro DateEstablished:D PrimaryShipToCode:C4 DefaultPaymentType:C5,up,@AR_PaymentType
        DefaultItemCode:C30 {STAMPS}""",
    "CI_Item": f"""
        ItemType:C1,=1/2/3/4/5 ItemCodeDesc:C30 UseInAR:YN UseInSO:YN PriceCode:C4 ProductLine:C4 ProductType:C1
        Valuation:C1 StandardUnitOfMeasure:C4,up SalesUnitOfMeasure:C4,up SalesUMConvFctr:N12.4
        DefaultWarehouseCode:C3,up TaxClass:C2,up StandardUnitPrice:N16.6 StandardUnitCost:N16.6
        SuggestedRetailPrice:N16.6 TotalQuantityOnHand:N16.6,ro AllowBackOrders:YN AllowReturns:YN
        AllowTradeDiscount:YN InactiveItem:YN Category1:C10 Category2:C10 Category3:C10 Category4:C10 ShipWeight:C10
        Volume:N11.4 CommentText:C2048 {STAMPS}""",
    "IM_ItemWarehouse": f"""
        BinLocation:C10 ReorderMethod:C1 QuantityOnHand:N16.6 QuantityOnPurchaseOrder:N16.6 QuantityOnSalesOrder:N16.6
        QuantityOnBackOrder:N16.6 QuantityOnWorkOrder:N16.6 QuantityRequiredForWO:N16.6 QuantityInShipping:N16.6
        ReorderPointQty:N16.6 AverageCost:N16.6 {STAMPS}""",
    "IM_Warehouse": "WarehouseDesc:C30",
    "AR_TermsCode": "TermsCodeDesc:C30 DiscountRate:N8.3",
    "AR_PaymentType": "PaymentDesc:C30 PaymentMethod:C1",
    "SO_ShippingRateHeader": "ShippingCodeDesc:C30",
    "SY_SalesTaxSchedule": "TaxScheduleDesc:C30 TaxRate:N11.6",
    "SY_ZipCode": "City:C30 State:C2",
    "SY_Company": "CompanyName:C50 AllowExternalAccess:YN",
    "SY_User": "UserKey:C10 Password:C60 Active:YN Locked:YN Companies:C2048 Roles:C2048",
}
