"""Query to region: one file per selector."""
