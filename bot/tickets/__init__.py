"""What a person must do: tickets, receipt numbers, deadlines."""
