"""Our own Speech host: what an Azure Speech container serves, offline."""
