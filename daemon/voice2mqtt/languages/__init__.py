"""What CLDR does not know about a language, one data file a language."""
