"""One copy of Lanshou on one machine: its servers, its processes, its log, its key, its addresses."""
