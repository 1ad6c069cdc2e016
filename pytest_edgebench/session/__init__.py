"""One pytest process: what it collects, plans, hears and writes."""
