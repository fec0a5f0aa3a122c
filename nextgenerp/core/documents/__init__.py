"""What quotations, proforma invoices, sales orders and invoices share: the GST engine, words, numbers, PDF."""
