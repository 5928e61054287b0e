"""The file layouts, one line per table area, as the reference's section 2 gives them.

A column is `Name:kind`, where the kind is `C7` (text up to 7), `C15>30` (15 wide before release 2023, 30 from it on),
`D` (a date as text, YYYYMMDD), `YN`, or `N16.6` (a number; one of the 16 places is the sign). Marks follow after
commas: `ro` read-only, `up` kept in capitals, `=A/B` valid values, `@Table` must exist there, `opt` a part of the key
that may be blank, `since2018` absent before. `%Prefix` stands for a name and address block.

Tracking, link, detail and G/L posting tables have no audit stamps (reference 2.1; for the G/L it is inferred). Where
the reference names a column without its width, the width is the one of the same column elsewhere.
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

_POSTAL_ADDRESS = """
    AddressLine1:C30>40 AddressLine2:C30>40 AddressLine3:C30>40 City:C20>30 State:C2 ZipCode:C10,@SY_ZipCode
    CountryCode:C3
"""

_PARCEL = "TrackingID:C30 Comment:C30 StarshipShipVia:C15 Weight:N12.2 FreightAmt:N12.2 FreightAmtAddedToInv:N12.2"

_PAYMENT = """PaymentType:C5,up,@AR_PaymentType TransactionAmt:N13.2 CreditCardAuthorizationNo:C16
    CreditCardTransactionID:C10"""

_BREAKS = " ".join(f"BreakQuantity{step}:N8.0 DiscountMarkup{step}:N16.6" for step in range(1, 6))

KEYS: dict[str, str] = {
    "SO_SalesOrderHeader": "SalesOrderNo:C7",
    "SO_SalesOrderDetail": "SalesOrderNo:C7 LineKey:C6",
    "SO_SalesOrderHistoryHeader": "SalesOrderNo:C7",
    "SO_SalesOrderHistoryDetail": "SalesOrderNo:C7 SequenceNo:C14",
    "SO_InvoiceHeader": "InvoiceNo:I",
    "SO_InvoiceDetail": "InvoiceNo:I LineKey:C6",
    "SO_InvoiceTracking": "InvoiceNo:I PackageNo:C4",
    "SO_PackageTrackingByItem": "InvoiceNo:I PackageNo:C4 ItemCode:C30,up",
    "SO_SalesOrderPayment": "SalesOrderNo:C7 PaymentSeqNo:C6",
    "SO_ARInvoiceHistoryLink": """SalesOrderNo:C7 SequenceNo:C14 InvoiceNo:I InvoiceHistoryHeaderSeqNo:C6
        InvoiceHistoryDetailSeqNo:C6""",
    "SO_ShipToAddress": "ARDivisionNo:C2 CustomerNo:C20,up ShipToCode:C4",
    "AR_InvoiceHistoryHeader": "InvoiceNo:I HeaderSeqNo:C6",
    "AR_InvoiceHistoryDetail": "InvoiceNo:I HeaderSeqNo:C6 DetailSeqNo:C6",
    "AR_InvoiceHistoryTracking": "InvoiceNo:I HeaderSeqNo:C6 PackageNo:C4",
    "AR_InvoiceHistoryPayment": "InvoiceNo:I HeaderSeqNo:C6 PaymentSeqNo:C6",
    "AR_OpenInvoice": "ARDivisionNo:C2 CustomerNo:C20,up InvoiceNo:I InvoiceType:C2",
    "AR_TransactionPaymentHistory": """ARDivisionNo:C2 CustomerNo:C20,up InvoiceNo:I InvoiceType:C2 TransactionDate:D
        SequenceNo:C6""",
    "AR_CashReceiptsHistory": """BankCode:C1 DepositDate:D DepositNo:C5 DepositType:C1 ARDivisionNo:C2 CustomerNo:C20,up
        CreditCardEntryNo:C6 CheckNo:C10 SequenceNo:C6""",
    "AR_Customer": "ARDivisionNo:C2 CustomerNo:C20,up",
    "AR_CustomerContact": "ARDivisionNo:C2 CustomerNo:C20,up ContactCode:C10,up",
    "CI_Item": "ItemCode:C30,up",
    "IM_PriceCode": """PriceCodeRecord:C1,=0/1/2 PriceCode:C4,up ItemCode:C30,up CustomerPriceLevel:C1,up
        ARDivisionNo:C2 CustomerNo:C20,up,opt""",
    "GL_Account": "AccountKey:C9",
    "GL_DetailPosting": "AccountKey:C9 PostingDate:D SourceJournal:C2 JournalRegisterNo:C6 SequenceNo:C14",
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
        ShipDate:D BatchNo:C5 ShipperID:C3 ShipStatus:C1,=N/L/S/D ApplyToInvoiceNo:I InvoiceDueDate:D DiscountDueDate:D
        NumberofPackages:N4.0 InvoicePrinted:YN OrderChangedInShipping:YN LinesChangedInShipping:YN
        MultipleSalesOrdersApplied:YN,since2023""",
    "SO_InvoiceDetail": f"""{_LINE} OrderLineKey:C6 ProductLine:C4 AppliedSalesOrderNo:C7,since2023
        AppliedCustomerPONo:C30,since2023""",
    "SO_InvoiceTracking": _PARCEL,
    "SO_PackageTrackingByItem": "ItemType:C1 Quantity:N16.6",
    "SO_SalesOrderPayment": f"{_PAYMENT} {STAMPS}",
    "SO_ARInvoiceHistoryLink": "InvoiceDate:D UnitOfMeasure:C4 QuantityShipped:N16.6 UnitPrice:N16.6",
    "SO_ShipToAddress": f"""%ShipTo TelephoneNo:C17>20 EmailAddress:C50 ContactCode:C10 SalespersonDivisionNo:C2
        SalespersonNo:C4 WarehouseCode:C3,up TaxSchedule:C9,up ShipVia:C15 ResidentialAddress:YN {STAMPS}""",
    "AR_InvoiceHistoryHeader": f"""{_ORDER_HEADER} InvoiceDate:D TransactionDate:D ModuleCode:C3 InvoiceType:C2
        SalesOrderNo:C7 SourceJournal:C2 JournalNoGLBatchNo:C6 ShippingInvoice:YN ShipDate:D ApplyToInvoiceNo:I
        InvoiceDueDate:D TaxableSalesAmt:N13.2 NonTaxableSalesAmt:N13.2 CostOfSalesAmt:N13.2 NumberOfPackages:N4.0
        MultipleSalesOrdersApplied:YN,since2023 UserKey:C10""",
    "AR_InvoiceHistoryDetail": f"{_LINE} AppliedSalesOrderNo:C7,since2023",
    "AR_InvoiceHistoryTracking": _PARCEL,
    "AR_InvoiceHistoryPayment": f"{_PAYMENT} SalesOrderNo:C7 {STAMPS}",
    "AR_OpenInvoice": f"""Balance:N14.2 PaymentsToday:N14.2 PostingDate:D InvoiceHistoryHeaderSeqNo:C6
        CustomerPONo:C15>30 InvoiceDueDate:D {STAMPS}""",
    "AR_TransactionPaymentHistory": f"""TransactionType:C1 PaymentDate:D PaymentType:C5 CheckNo:C10 TransactionAmt:N14.2
        {STAMPS}""",
    "AR_CashReceiptsHistory": f"""InvoiceNo:I InvoiceType:C2 PostingDate:D CashAmountApplied:N14.2
        DiscountAmountApplied:N14.2 PaymentType:C5 BatchNo:C5 {STAMPS}""",
    "AR_Customer": f"""
        CustomerName:C30>50 {_POSTAL_ADDRESS} TelephoneNo:C17>20 TelephoneExt:C5>6 FaxNo:C17>20 EmailAddress:C250
        URLAddress:C50 ContactCode:C10 ShipMethod:C15,@SO_ShippingRateHeader TaxSchedule:C9,up,@SY_SalesTaxSchedule
        TaxExemptNo:C15 TermsCode:C2,@AR_TermsCode SalespersonDivisionNo:C2 SalespersonNo:C4 Comment:C30 SortField:C10
        CustomerStatus:C1,=A/I/T InactiveReasonCode:C5 OpenItemCustomer:YN ResidentialAddress:YN StatementCycle:C1
        PrintDunningMessage:YN CustomerType:C4 PriceLevel:C1,up CreditHold:YN CreditLimit:N14.2
        CustomerDiscountRate:N13.3 CurrentBalance:N14.2,ro
        AgingCategory1:N14.2,ro AgingCategory2:N14.2,ro AgingCategory3:N14.2,ro AgingCategory4:N14.2,ro
        OpenOrderAmt:N14.2,ro BalanceForward:N14.2,ro UnpaidServiceChrg:N14.2,ro HighestStmntBalance:N14.2,ro
        LastPaymentAmt:N14.2,ro ServiceChargeRate:N13.3 DateLastActivity:D,ro DateLastPayment:D,ro
        DateLastStatement:D,ro DateEstablished:D PrimaryShipToCode:C4 DefaultPaymentType:C5,up,@AR_PaymentType
        DefaultItemCode:C30 {STAMPS}""",
    "AR_CustomerContact": f"""
        ContactName:C30>50 ContactTitle:C15 Salutation:C10 {_POSTAL_ADDRESS} TelephoneNo1:C17>20 TelephoneNo2:C17>20
        FaxNo:C17>20 EmailAddress:C50 {STAMPS}""",
    "CI_Item": f"""
        ItemType:C1,=1/2/3/4/5 ItemCodeDesc:C30 ExtendedDescriptionKey:C10,ro UseInAR:YN UseInSO:YN UseInPO:YN
        UseInBM:YN PriceCode:C4,up ProductLine:C4 ProductType:C1,=F/R/D/K Valuation:C1 StandardUnitOfMeasure:C4,up
        SalesUnitOfMeasure:C4,up PurchaseUnitOfMeasure:C4,up SalesUMConvFctr:N12.4 PurchaseUMConvFctr:N12.4
        DefaultWarehouseCode:C3,up TaxClass:C2,up PurchasesTaxClass:C2,up StandardUnitPrice:N16.6
        StandardUnitCost:N16.6 LastTotalUnitCost:N16.6 AverageUnitCost:N16.6,ro SuggestedRetailPrice:N16.6
        SalesPromotionCode:C10 SaleStartingDate:D SaleEndingDate:D SaleMethod:C1,=D/P/N SalesPromotionPrice:N16.6
        SalesPromotionDiscountPercent:N12.3 TotalQuantityOnHand:N16.6,ro AllowBackOrders:YN AllowReturns:YN
        AllowTradeDiscount:YN DropShip:YN EBMEnabled:YN InactiveItem:YN ExplodeKitItems:C1,=A/N/P Category1:C10
        Category2:C10 Category3:C10 Category4:C10 ShipWeight:C10 Volume:N11.4 ImageFile:C30 CommentText:C2048
        PrimaryAPDivisionNo:C2 PrimaryVendorNo:C7 VendorItemCode:C30 ProcurementType:C1,=B/M/S LastSoldDate:D
        LastReceiptDate:D {STAMPS}""",
    "IM_ItemWarehouse": f"""
        BinLocation:C10 ReorderMethod:C1 QuantityOnHand:N16.6 QuantityOnPurchaseOrder:N16.6 QuantityOnSalesOrder:N16.6
        QuantityOnBackOrder:N16.6 QuantityOnWorkOrder:N16.6 QuantityRequiredForWO:N16.6 QuantityInShipping:N16.6
        EconomicOrderQty:N16.6 ReorderPointQty:N16.6 MinimumOrderQty:N16.6 MaximumOnHandQty:N16.6 AverageCost:N16.6
        TotalWarehouseValue:N16.2 LastPhysicalCountDate:D {STAMPS}""",
    "IM_PriceCode": f"PriceCodeDesc:C25 PricingMethod:C1,=C/D/M/O/P {_BREAKS} {STAMPS}",
    "GL_Account": f"Account:C32 AccountDesc:C50 MainAccountCode:C15 Status:C1,=A/I/D {STAMPS}",
    "GL_DetailPosting": """SourceModule:C3 DocumentNo:C20 DocSequenceNo:C6 DocumentType:C2 DebitAmount:N16.2
        CreditAmount:N16.2 PostingComment:C30 BatchNo:C5 LineDate:D""",
    "IM_Warehouse": "WarehouseDesc:C30",
    "AR_TermsCode": "TermsCodeDesc:C30 DaysBeforeDue:N4.0 DaysBeforeDiscountDue:N4.0 DiscountRate:N8.3",
    "AR_PaymentType": "PaymentDesc:C30 PaymentMethod:C1",
    "SO_ShippingRateHeader": "ShippingCodeDesc:C30",
    "SY_SalesTaxSchedule": "TaxScheduleDesc:C30 TaxRate:N11.6",
    "SY_ZipCode": "City:C30 State:C2",
    "SY_Company": "CompanyName:C50 AllowExternalAccess:YN",
    "SY_User": "UserKey:C10 Password:C60 Active:YN Locked:YN Companies:C2048 Roles:C2048",
}
