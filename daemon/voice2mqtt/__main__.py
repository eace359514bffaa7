"""`python -m voice2mqtt` is the same as `voice2mqtt`."""

from voice2mqtt.cli.main import main

raise SystemExit(main())
