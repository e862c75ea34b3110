"""What the pages of indicators, deviations, nights and targets show, before a view or a template does."""
