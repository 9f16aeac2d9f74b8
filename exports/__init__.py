"""What leaves as a file: lists as CSV and XLSX, and the signed evidence pack of a ticket."""
