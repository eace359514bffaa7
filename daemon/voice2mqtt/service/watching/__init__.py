"""What somebody who watches the daemon sees of it; the page does."""
