"""Roads into Sage 100 US: COM business objects (`boi`) and the HTTP agent that runs beside Sage."""
