"""The local web page: see it hear, try sentences, edit the table, mend refusals."""
