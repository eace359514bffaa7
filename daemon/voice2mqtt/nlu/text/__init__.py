"""One spelling for all that sounds the same: words, numbers, amounts, times."""
