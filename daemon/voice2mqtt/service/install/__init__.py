"""Installing and removing the service."""
