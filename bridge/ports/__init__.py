"""The ports: what the fleet needs of an ERP, a storefront, a seat counter, an event stream and a clock."""
