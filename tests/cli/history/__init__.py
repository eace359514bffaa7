"""`voice2mqtt history`, `review` and `train`."""
