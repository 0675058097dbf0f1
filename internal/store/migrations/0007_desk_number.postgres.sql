-- Cases are numbered by a sequence; gaps do not matter, waiting for each other would.
CREATE SEQUENCE case_number START 1001;
